// Package check says whether a history is one that a map may have.
//
//	check.go        options, entry points, the verdicts
//	judge.go        a history taken apart by key; what needs no search
//	entry.go        an operation as a search sees it, and its step
//	key.go          one key at a time: clauses S1 and T1, and T5 where Clear is not atomic
//	whole.go        all keys at once: clause T5 where Clear is atomic, and T6
//	cut.go          where a history may be searched in parts
//	search.go       porcupine, and the budget that all searches share
//	frontier.go     long runs: a search that remembers only the present
//	explanation.go  a violation as a value
//	window.go       the part of a long run that explains a violation
//	explain.go      a violation in one line, and in forty
//	visualize.go    a history as a page to look at
//
// # What is searched for
//
// An order of the operations in which each takes effect at one instant between
// its call and its return, and in which package model's step gives the result
// that was seen. Linearizability is local (Herlihy and Wing 1990): a history
// has such an order exactly if each key's part has one. So keys are searched
// apart, and only what speaks of several keys at once, an atomic Clear and
// Len, makes a search of the whole map necessary.
//
// A traversal is one Load of each key, each at its own instant (clause T1). A
// visit of k with v is a Load of k that returned v between the traversal's call
// and the visit; a key that a traversal left out, having run to its end, is a
// Load that found nothing between its call and its return.
//
// # Pending operations
//
// A call without a return may take effect at any later time with any result,
// or never. It enters the search as an operation that returns after all others
// and whose result matches whatever the step gives. That covers "never": an
// operation ordered after all others changes a state that nobody reads. And it
// covers "with any result": the step is a function, so the state in which the
// operation takes effect determines its effect, and its result, which nobody
// saw, excludes nothing.
//
// # What is taken for granted
//
// The map is empty before the first event. Every call on it is in the history.
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
	// Timeout is for all searches together; 0 is DefaultTimeout.
	Timeout time.Duration

	limits limits
}

// DefaultTimeout bounds the searches of one history.
const DefaultTimeout = 10 * time.Second

// maxCarried is how many operations the history has at most that a violation
// carries. As text, a longer one takes more memory than its judgement.
const maxCarried = 100_000

// limits are what tests vary.
type limits struct {
	uncut     bool // search each key, and the whole map, in one part
	bytes     int  // of memory a search; 0 is searchBytes
	walkAbove int  // entries that porcupine gets at most; 0 is walkAbove, negative none

	now func() time.Time // nil is time.Now
}

// judged are the clauses that every history gets a verdict on. S6, S7 and T4
// get one where a single operation breaks them, whatever the others did.
var judged = []model.Clause{model.S1, model.T1, model.T5, model.T6}

// History judges h: one verdict on each of S1, T1, T5 and T6, and one on S6, S7
// or T4 if it is violated, in the order of the document. A malformed history is
// invalid. A search that passes its budget makes its clauses unknown, unless
// another search finds a violation. A violation carries its history, unless
// that has more than 100,000 operations.
//
// The time is linear in the length of h, and exponential in how many operations
// on a key are in progress at once at worst. Beside h, the memory is that of the
// operations, and of one key's at a time.
func History(h history.History, o Options) []model.Verdict {
	if err := h.Validate(); err != nil {
		return invalid(err)
	}
	return Operations(h.Operations(), o)
}

// Operations is [History] for operations that are in memory anyway, in any
// order. It relies on what [history.History.Validate] establishes, except that
// each operation's events have an order.
func Operations(ops []history.Operation, o Options) []model.Verdict {
	for i := range ops {
		if err := checkStamps(&ops[i]); err != nil {
			return invalid(err)
		}
	}
	byCall := func(a, b history.Operation) int { return cmp.Compare(a.Call, b.Call) }
	if !slices.IsSortedFunc(ops, byCall) {
		ops = slices.SortedFunc(slices.Values(ops), byCall)
	}
	return judgeAll(ops, o).verdicts()
}

// judgeAll judges ops, which are in the order of their calls.
func judgeAll(ops []history.Operation, o Options) *judge {
	j := newJudge(ops, o)
	j.judgeAlone()
	j.judgeKeys()
	j.judgeWhole()
	return j
}

// checkStamps refuses an operation that returns before it is called.
func checkStamps(o *history.Operation) error {
	last := o.Call
	for _, v := range o.Visits {
		if v.At <= last {
			return fmt.Errorf("operation %d visits at %d, after %d: stamps must grow", o.ID, v.At, last)
		}
		last = v.At
	}
	if o.Call < 0 || !o.Pending() && o.Return <= last {
		return fmt.Errorf("operation %d is called at %d and returns at %d, after %d: stamps must grow from 0", o.ID, o.Call, o.Return, last)
	}
	return nil
}

func invalid(err error) []model.Verdict {
	verdicts := make([]model.Verdict, len(judged))
	for i, c := range judged {
		verdicts[i] = model.Verdict{Clause: c, Status: model.Invalid, Reason: err.Error()}
	}
	return verdicts
}

// A finding is what was found about one clause. The first violation stays.
type finding struct {
	failure *model.Failure // the first violation
	unknown string         // why nothing is known
	skipped string         // why nothing was judged
}

func (j *judge) finding(c model.Clause) *finding {
	f, ok := j.findings[c]
	if !ok {
		f = &finding{}
		j.findings[c] = f
	}
	return f
}

func (j *judge) violate(c model.Clause, failure *model.Failure) {
	if f := j.finding(c); f.failure == nil {
		f.failure = failure
	}
}

// violateAlone records that o breaks c whatever the others did: no state explains
// it. failure says what is wrong with it.
func (j *judge) violateAlone(c model.Clause, o *history.Operation, failure model.Failure) {
	failure.Call = &o.Op
	failure.Operation = &model.Placed{ID: o.ID, Client: o.Client, Called: o.Call, Ended: o.Return, Op: o.Op, Result: o.Result, Want: failure.Want}
	j.violate(c, &failure)
}

// wrongResult is the failure of an operation that ended as none may.
func wrongResult(got, want model.Result) model.Failure {
	return model.Failure{Kind: model.WrongResult, Got: &got, Want: &want}
}

func (j *judge) unknown(c model.Clause, why string) {
	if f := j.finding(c); f.unknown == "" {
		f.unknown = why
	}
}

func (j *judge) skip(c model.Clause, why string) {
	if f := j.finding(c); f.skipped == "" {
		f.skipped = why
	}
}

func (j *judge) violated(c model.Clause) bool {
	return j.findings[c] != nil && j.findings[c].failure != nil
}

// verdicts puts the findings together. A clause about which nothing was found
// holds.
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
				text = j.lines()
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

// scope says what a verdict on c speaks of.
func (j *judge) scope(c model.Clause) string {
	keys := count(len(j.keys), "key")
	clients := count(len(j.clients), "client")
	switch c {
	case model.T1, model.T4:
		return fmt.Sprintf("%s over %s by %s", count(len(j.traversals), "traversal"), keys, clients)
	case model.T5:
		return fmt.Sprintf("%s among %s on %s by %s", count(len(j.clears), "Clear"), count(len(j.ops), "operation"), keys, clients)
	case model.T6:
		return fmt.Sprintf("%d of %s among %s on %s by %s", len(j.lens), count(j.allLens, "Len"), count(len(j.ops), "operation"), keys, clients)
	case model.S1:
		return fmt.Sprintf("%s on %s by %s", count(j.onKeys, "operation"), keys, clients)
	}
	return fmt.Sprintf("%s by %s", count(len(j.ops), "operation"), clients)
}

// depth says how far a verdict on c looked that found nothing.
func (j *judge) depth(c model.Clause) string {
	switch {
	case c == model.T5 && j.promise.Clear != model.Strong:
		return "Clear as one Delete a key, every linearization of each key considered"
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

// lines returns the history as JSON lines, or why it cannot.
func (j *judge) lines() []byte {
	var b bytes.Buffer
	if err := history.Of(j.ops).Write(&b); err != nil {
		return fmt.Appendf(nil, "%v\n", err)
	}
	return b.Bytes()
}
