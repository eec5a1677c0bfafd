package model

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Status is a checker's answer for one clause.
type Status string

const (
	OK        Status = "ok"        // the clause holds as far as the coverage says
	Violation Status = "violation" // the map breaks the clause
	Unknown   Status = "unknown"   // a budget ended, or a check of the checker failed
	Skipped   Status = "skipped"   // not judged, for the reason given
	Invalid   Status = "invalid"   // the history is malformed
)

// Coverage says what a verdict is based on. The zero value means nothing.
type Coverage struct {
	Complete bool   // all of What was examined, instead of a sample
	What     string // such as programs, rounds or sequences
}

// Complete returns the coverage of a check that examined everything it names.
func Complete(format string, args ...any) Coverage {
	return Coverage{Complete: true, What: fmt.Sprintf(format, args...)}
}

// Bounded returns the coverage of a check that examined a sample.
func Bounded(format string, args ...any) Coverage {
	return Coverage{What: fmt.Sprintf(format, args...)}
}

func (c Coverage) String() string {
	switch {
	case c.What == "":
		return ""
	case c.Complete:
		return "complete: " + c.What
	}
	return "bounded: " + c.What
}

// MarshalJSON writes c as its string.
func (c Coverage) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Coverage) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if what, ok := strings.CutPrefix(s, "complete: "); ok {
		*c = Coverage{Complete: true, What: what}
		return nil
	}
	what, ok := strings.CutPrefix(s, "bounded: ")
	if !ok && s != "" {
		return fmt.Errorf("coverage %q: want \"complete: …\" or \"bounded: …\"", s)
	}
	*c = Coverage{What: what}
	return nil
}

// A Verdict is what a checker found about one clause.
type Verdict struct {
	Clause   Clause
	Status   Status
	Coverage Coverage
	// Reason says why the clause was not judged or nothing was decided. If the clause
	// holds, it says what was seen.
	Reason string
	// Level refines a release verdict: "prompt", "bounded" or "unbounded".
	Level string
	// Failure is what the map did. Every violation has one.
	Failure *Failure
	// Witness is the program that shows the failure, if it can be run again.
	Witness *Witness
	// Report, if it is not nil, is what Lines returns.
	Report []string
	// Hung says that calls never returned, so that a watchdog ended the program and
	// left goroutines behind. It does not depend on the status.
	Hung bool
}

// Evidence says in one line what was seen, or why the clause was not judged.
func (v Verdict) Evidence() string {
	if v.Failure != nil {
		return v.Failure.Sentence()
	}
	return v.Reason
}

// Path returns the path from the map to the first allocation that it retains, or "".
func (v Verdict) Path() string {
	if v.Failure == nil || len(v.Failure.Retained) == 0 {
		return ""
	}
	return v.Failure.Retained[0].Path
}

// Lines describes a violation step by step.
func (v Verdict) Lines() []string {
	if v.Failure == nil || v.Report != nil {
		return v.Report
	}
	return v.Failure.Lines(v.Witness)
}

// Violates returns the verdict that f breaks clause c, as program w shows.
func (f *Failure) Violates(c Clause, w *Witness) Verdict {
	return Verdict{Clause: c, Status: Violation, Failure: f, Witness: w, Hung: f.Kind == Hangs}
}

// verdictLine is a Verdict as JSON. The evidence and path of a violation are for
// people. They are written, but not read back.
type verdictLine struct {
	Clause   Clause   `json:"clause"`
	Status   Status   `json:"verdict"`
	Coverage Coverage `json:"coverage"`
	Evidence string   `json:"evidence,omitempty"`
	Path     string   `json:"path,omitempty"`
	Level    string   `json:"level,omitempty"`
	Failure  *Failure `json:"failure,omitempty"`
	Witness  *Witness `json:"witness,omitempty"`
	Hung     bool     `json:"hung,omitempty"`
}

// MarshalJSON writes v. It adds the evidence and path of a violation for people.
func (v Verdict) MarshalJSON() ([]byte, error) {
	return json.Marshal(verdictLine{v.Clause, v.Status, v.Coverage, v.Evidence(), v.Path(), v.Level, v.Failure, v.Witness, v.Hung})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Verdict) UnmarshalJSON(b []byte) error {
	var l verdictLine
	if err := json.Unmarshal(b, &l); err != nil {
		return err
	}
	*v = Verdict{Clause: l.Clause, Status: l.Status, Coverage: l.Coverage, Level: l.Level, Failure: l.Failure, Witness: l.Witness, Hung: l.Hung}
	if l.Failure == nil {
		v.Reason = l.Evidence
	}
	return nil
}

func (v Verdict) String() string {
	s := fmt.Sprintf("%s %s", v.Clause, v.Status)
	if c := v.Coverage.String(); c != "" {
		s += " (" + c + ")"
	}
	if e := v.Evidence(); e != "" {
		s += ": " + e
	}
	return s
}

// Skip returns the verdict on a clause that was not judged, with the reason.
func Skip(c Clause, reason string) Verdict {
	return Verdict{Clause: c, Status: Skipped, Reason: reason}
}

// severity orders statuses by how much they matter to a reader.
var severity = map[Status]int{Skipped: 0, OK: 1, Unknown: 2, Invalid: 3, Violation: 4}

// Merge joins the verdicts of several checkers into one verdict per clause, in the
// order of the specification. The most severe verdict on a clause stays: violation,
// then invalid, unknown, ok and skipped. Of equally severe verdicts the first stays,
// and their coverages are joined. A complete and a bounded coverage join to a bounded
// one.
func Merge(lists ...[]Verdict) []Verdict {
	byClause := map[Clause]Verdict{}
	for _, v := range slices.Concat(lists...) {
		old, seen := byClause[v.Clause]
		switch {
		case !seen || severity[v.Status] > severity[old.Status]:
			byClause[v.Clause] = v
		case v.Status == old.Status:
			old.Coverage = joinCoverage(old.Coverage, v.Coverage)
			byClause[v.Clause] = old
		}
	}
	merged := make([]Verdict, 0, len(byClause))
	for _, v := range byClause {
		merged = append(merged, v)
	}
	slices.SortFunc(merged, func(a, b Verdict) int {
		return cmp.Or(cmp.Compare(a.Clause.Order(), b.Clause.Order()), cmp.Compare(a.Clause, b.Clause))
	})
	return merged
}

func joinCoverage(a, b Coverage) Coverage {
	switch {
	case a.What == "":
		return b
	case b.What == "":
		return a
	case a.What != b.What:
		b.What = a.What + "; " + b.What
	}
	return Coverage{Complete: a.Complete && b.Complete, What: b.What}
}

// Find returns the verdict on c. If there is none, it returns one that says so.
func Find(verdicts []Verdict, c Clause) Verdict {
	for _, v := range verdicts {
		if v.Clause == c {
			return v
		}
	}
	return Skip(c, "not judged")
}
