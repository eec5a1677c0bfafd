// Package check decides whether a map may have a recorded history. It returns
// one verdict per clause of the specification, with an explanation of each
// violation.
//
// # Method
//
// A history is linearizable if its operations can be ordered so that each takes
// effect at one instant between its call and its return, and package model's
// step yields the result that was observed. Linearizability is local (Herlihy
// and Wing 1990): a history is linearizable exactly if its restriction to each
// key is. So each key is searched separately. Only an atomic Clear and Len
// concern several keys at once and need a search of the whole map.
//
// A traversal is one Load of each key, each at its own instant (clause T1). A
// visit of k with v is a Load of k that returned v between the traversal's call
// and the visit. A key that a completed traversal did not visit is a Load that
// found nothing between the traversal's call and its return.
//
// Porcupine searches short histories. Long ones are searched by a walk through
// their calls and returns that remembers only the present.
//
// Package interval answers the same question for all executions of a class at
// once. The two packages share no way of deciding, so that each can be tested
// against the other.
//
// # Pending operations
//
// A call without a return may take effect at any later time with any result, or
// never. It enters the search as an operation that returns after all others and
// accepts whatever result the step yields. That covers "never": ordered last,
// it changes a state that nobody reads. It also covers "any result": the step
// is a function, so the state alone determines the effect, and an unobserved
// result rules nothing out.
//
// # Assumptions
//
// The map is empty before the first event, and the history contains every call
// on it.
package check

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/model"
)

// Options says what to judge, and for how long.
type Options struct {
	// Promise decides how Clear (T5) and Len (T6) are judged.
	Promise model.Promise
	// Timeout bounds all searches together; 0 means DefaultTimeout.
	Timeout time.Duration

	limits searchLimits
}

// DefaultTimeout bounds the searches of one history unless Options say
// otherwise.
const DefaultTimeout = 10 * time.Second

// maxCarried is the largest number of operations in a history that a violation
// carries. The text of a longer one would take more memory than judging it.
const maxCarried = 100_000

// searchLimits are what tests vary.
type searchLimits struct {
	uncut     bool // search each key, and the whole map, without cutting
	bytes     int  // of memory per search; 0 means searchBytes
	walkAbove int  // the longest segment that porcupine searches; 0 means walkAbove, negative none

	now func() time.Time // nil means time.Now
}

// judged lists the clauses that every history gets a verdict on. S6, S7 and T4
// get one only if a single operation breaks them regardless of the others.
var judged = []model.Clause{model.S1, model.T1, model.T5, model.T6}

// History judges h. It returns one verdict on each of S1, T1, T5 and T6, and
// one on each of S6, S7 and T4 that is violated, in the specification's order.
// A malformed history is invalid. A search that exceeds its budget makes its
// clauses unknown, unless another search finds a violation. A violation carries
// its history, unless that has more than 100,000 operations.
//
// The time is linear in the length of h and, in the worst case, exponential in
// the number of operations on one key that are in progress at once. The memory
// used in addition to h is that of its operations, plus a search's for one key
// at a time.
func History(h history.History, o Options) []model.Verdict {
	if err := h.Validate(); err != nil {
		return invalidVerdicts(err)
	}
	return Operations(h.Operations(), o)
}

// Operations is [History] for operations that are already in memory, in any
// order. It relies on what [history.History.Validate] establishes, except that
// it checks the order of each operation's own events.
func Operations(ops []history.Operation, o Options) []model.Verdict {
	for i := range ops {
		if err := validateStamps(&ops[i]); err != nil {
			return invalidVerdicts(err)
		}
	}
	byCall := func(a, b history.Operation) int { return cmp.Compare(a.Call, b.Call) }
	if !slices.IsSortedFunc(ops, byCall) {
		ops = slices.SortedFunc(slices.Values(ops), byCall)
	}
	return judgeAll(ops, o).verdicts()
}

// judgeAll judges ops, which must be sorted by call.
func judgeAll(ops []history.Operation, o Options) *judge {
	j := newJudge(ops, o)
	j.judgeAlone()
	j.judgeKeys()
	j.judgeWhole()
	return j
}

// validateStamps returns an error if o's events are out of order.
func validateStamps(o *history.Operation) error {
	last := o.Call
	for _, v := range o.Visits {
		if v.At <= last {
			return fmt.Errorf("operation %d visits at stamp %d, after stamp %d: stamps must increase", o.ID, v.At, last)
		}
		last = v.At
	}
	if o.Call < 0 || !o.Pending() && o.Return <= last {
		return fmt.Errorf("operation %d is called at stamp %d and returns at stamp %d, after stamp %d: stamps must increase from 0", o.ID, o.Call, o.Return, last)
	}
	return nil
}

func invalidVerdicts(err error) []model.Verdict {
	verdicts := make([]model.Verdict, len(judged))
	for i, c := range judged {
		verdicts[i] = model.Verdict{Clause: c, Status: model.Invalid, Reason: err.Error()}
	}
	return verdicts
}

// A finding is what is known about one clause. Later violations of the clause
// do not replace the first.
type finding struct {
	failure *model.Failure // the first violation
	unknown string         // why nothing is known
	skipped string         // why nothing was judged
}

func (j *judge) findingOf(c model.Clause) *finding {
	f, ok := j.findings[c]
	if !ok {
		f = &finding{}
		j.findings[c] = f
	}
	return f
}

func (j *judge) recordViolation(c model.Clause, failure *model.Failure) {
	if f := j.findingOf(c); f.failure == nil {
		f.failure = failure
	}
}

// recordAlone records that o breaks c regardless of the other operations: no state
// explains it. failure says what is wrong with it.
func (j *judge) recordAlone(c model.Clause, o *history.Operation, failure model.Failure) {
	failure.Call = &o.Op
	failure.Operation = &model.Placed{ID: o.ID, Client: o.Client, Called: o.Call, Ended: o.Return, Op: o.Op, Result: o.Result, Want: failure.Want}
	j.recordViolation(c, &failure)
}

// wrongResult returns the failure of an operation that returned got in a state
// where it had to return want.
func wrongResult(got, want model.Result) model.Failure {
	return model.Failure{Kind: model.WrongResult, Got: &got, Want: &want}
}

func (j *judge) recordUnknown(c model.Clause, why string) {
	if f := j.findingOf(c); f.unknown == "" {
		f.unknown = why
	}
}

func (j *judge) recordSkip(c model.Clause, why string) {
	if f := j.findingOf(c); f.skipped == "" {
		f.skipped = why
	}
}

func (j *judge) violated(c model.Clause) bool {
	return j.findings[c] != nil && j.findings[c].failure != nil
}

// verdicts turns the findings into verdicts. A clause without a finding holds.
func (j *judge) verdicts() []model.Verdict {
	list := make([]model.Verdict, 0, len(judged)+1)
	var text []byte
	for c, f := range j.findings {
		if f.failure != nil && !slices.Contains(judged, c) {
			list = append(list, model.Verdict{Clause: c})
		}
	}
	for _, c := range judged {
		list = append(list, model.Verdict{Clause: c})
	}
	for i := range list {
		v := &list[i]
		f := j.findings[v.Clause]
		switch {
		case f == nil:
			v.Status = model.OK
			v.Coverage = model.Complete("%s, %s", j.scope(v.Clause), j.depth(v.Clause))
		case f.failure != nil:
			if text == nil && len(j.ops) <= maxCarried {
				text = j.historyText()
			}
			f.failure.History = text
			v.Status, v.Failure = model.Violation, f.failure
			v.Coverage = model.Bounded("%s", j.scope(v.Clause))
		case f.unknown != "":
			v.Status, v.Reason = model.Unknown, f.unknown
			v.Coverage = model.Bounded("%s", j.scope(v.Clause))
		default:
			*v = model.Skip(v.Clause, f.skipped)
		}
	}
	slices.SortFunc(list, func(a, b model.Verdict) int { return cmp.Compare(a.Clause.Order(), b.Clause.Order()) })
	return list
}

// scope returns what a verdict on c covers.
func (j *judge) scope(c model.Clause) string {
	keys := count(len(j.keys), "key")
	clients := count(len(j.clients), "client")
	switch c {
	case model.T1, model.T4:
		return fmt.Sprintf("%s over %s by %s", count(len(j.traversals), "traversal"), keys, clients)
	case model.T5:
		return fmt.Sprintf("%s among %s on %s by %s", count(len(j.clears), "Clear"), count(len(j.ops), "operation"), keys, clients)
	case model.T6:
		return fmt.Sprintf("%d of %s among %s on %s by %s", len(j.lens), count(j.lenCount, "Len"), count(len(j.ops), "operation"), keys, clients)
	case model.S1:
		return fmt.Sprintf("%s on %s by %s", count(j.keyOpCount, "operation"), keys, clients)
	}
	return fmt.Sprintf("%s by %s", count(len(j.ops), "operation"), clients)
}

// depth returns how thoroughly a clause without a violation was searched.
func (j *judge) depth(c model.Clause) string {
	switch {
	case c == model.T5 && j.promise.Clear != model.Strong:
		return "Clear as one Delete per key, every linearization of each key considered"
	case c == model.T5, c == model.T6:
		return "every linearization of the whole map considered"
	}
	return "every linearization of each key considered"
}

// count counts operations and the like; several Lens are several Len calls.
func count(n int, what string) string {
	if n != 1 && (what == "Len" || what == "Clear") {
		what += " call"
	}
	return english.Count(n, what)
}

// historyText returns the history as JSON lines, or the error of encoding it.
func (j *judge) historyText() []byte {
	var b bytes.Buffer
	if err := history.Of(j.ops).Write(&b); err != nil {
		return fmt.Appendf(nil, "%v\n", err)
	}
	return b.Bytes()
}
