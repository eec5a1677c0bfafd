package check

import (
	"cmp"
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// A judge is one history taken apart, and what was found about it so far.
// Operations are named by their index in ops.
type judge struct {
	ops     []history.Operation // in the order of their calls
	promise model.Promise
	budget  budget

	uncut     bool
	walkAbove int

	keys       []int // that occur in any operation or visit, ascending; neither NaN nor unhashable
	parts      map[int]*part
	clears     []int
	traversals []int        // that hand out keys: not Values
	nanStores  []int        // that add an entry under a NaN key
	lens       []int        // that T6 judges
	free       map[int]bool // operations whose result makes no sense: see excuse

	onKeys, allLens int
	clients         map[int]struct{}
	findings        map[model.Clause]*finding
}

// A part is what a history has about one key.
type part struct {
	ops    []int // single-key operations
	visits []visited
}

// visited is one visit of a traversal.
type visited struct{ traversal, visit int }

func newJudge(ops []history.Operation, o Options) *judge {
	j := &judge{
		ops: ops, promise: o.Promise, budget: newBudget(o),
		uncut: o.limits.uncut, walkAbove: cmp.Or(o.limits.walkAbove, walkAbove),
		parts: map[int]*part{}, clients: map[int]struct{}{}, free: map[int]bool{},
		findings: map[model.Clause]*finding{},
	}
	for i := range ops {
		j.place(i)
	}
	for k := range j.parts {
		j.keys = append(j.keys, k)
	}
	slices.Sort(j.keys)
	return j
}

// place puts operation i where its clauses will look for it.
func (j *judge) place(i int) {
	o := &j.ops[i]
	j.clients[o.Client] = struct{}{}
	switch m := o.Op.Method; {
	case m.OnKey() && o.Op.Key == model.NaN:
		if o.Op.Method.Inserts() {
			j.nanStores = append(j.nanStores, i)
		}
	case m.OnKey() && o.Op.Key == model.Unhashable: // without effect
	case m.OnKey():
		j.onKeys++
		p := j.part(o.Op.Key)
		p.ops = append(p.ops, i)
	case m == model.Clear:
		j.clears = append(j.clears, i)
	case m == model.Len:
		j.allLens++
	case m.Traverses() && m != model.Values:
		j.traversals = append(j.traversals, i)
		for n, v := range asked(o) {
			if v.Key != model.NaN {
				p := j.part(v.Key)
				p.visits = append(p.visits, visited{i, n})
			}
		}
	}
}

func (j *judge) part(key int) *part {
	p, ok := j.parts[key]
	if !ok {
		p = &part{}
		j.parts[key] = p
	}
	return p
}

// asked returns the visits that traversal o's function asked for. What comes
// after it said stop is unconstrained.
func asked(o *history.Operation) []history.Visit {
	return o.Visits[:o.Op.Func.Asked(len(o.Visits))]
}

// stopped reports whether traversal o's function ended it.
func stopped(o *history.Operation) bool {
	_, stopped := o.Op.Func.End(len(o.Visits))
	return stopped
}

// excuse makes operation i one that may have done anything it can do, from its
// call on: its own result is a violation, reported as such, and the others are
// judged as if it were pending.
func (j *judge) excuse(i int) { j.free[i] = true }

func (j *judge) pending(i int) bool { return j.ops[i].Pending() || j.free[i] }

// judgeAlone finds what is wrong with an operation whatever the others did.
func (j *judge) judgeAlone() {
	for i := range j.ops {
		o := &j.ops[i]
		if o.Op.Method.Traverses() {
			j.judgeVisits(i)
		}
		if o.Pending() {
			continue
		}
		switch m := o.Op.Method; {
		case m.OnKey() && (o.Op.Key == model.NaN || o.Op.Key == model.Unhashable):
			j.judgeStateless(i)
		case m.Traverses():
			j.judgeEnd(i)
		case o.Result.Panic != "" && !mayPanic(o):
			j.violateAlone(blamePanic(o), o, model.Failure{Kind: model.WrongResult, Got: &o.Result})
			j.excuse(i)
		}
	}
}

// mayPanic reports whether o, which has an ordinary key or none, panicked as
// it would in some state.
func mayPanic(o *history.Operation) bool {
	return o.Result.Panic == model.PanicCompare && o.Op.Method.Compares() && o.Op.Old == model.Uncomparable
}

// blamePanic names the clause that a panic which no state explains breaks.
func blamePanic(o *history.Operation) model.Clause {
	if o.Op.Method.OnKey() && o.Result.Panic != model.PanicCompare {
		return model.S1
	}
	return model.Blame(model.Cell{}, o.Op, o.Result, model.Result{})
}

// judgeStateless judges an operation on a NaN or unhashable key, which is the
// same in every state.
func (j *judge) judgeStateless(i int) {
	o := &j.ops[i]
	if _, want := model.StepKey(model.Cell{}, o.Op); o.Result != want {
		clause := model.Blame(model.Cell{}, o.Op, o.Result, want)
		j.violateAlone(clause, o, wrongResult(o.Result, want))
	}
}

// judgeEnd judges how a traversal ended: as its function made it (clause T4).
func (j *judge) judgeEnd(i int) {
	o := &j.ops[i]
	if !o.Op.Func.MayEnd(len(o.Visits), o.Result.Panic) {
		want, _ := o.Op.Func.End(len(o.Visits))
		j.violateAlone(model.T4, o, wrongResult(o.Result, model.Result{Panic: want}))
	}
}

// judgeVisits finds a key that a traversal visits twice, and an entry under a
// NaN key that it visits more often than it was stored (clause T1). NaN keys
// cannot be told apart, so that is all that is asked of them.
func (j *judge) judgeVisits(i int) {
	o := &j.ops[i]
	if o.Op.Method == model.Values {
		return
	}
	var seen map[int]bool
	for n, v := range asked(o) {
		switch {
		case v.Key == model.NaN:
			j.judgeNaNVisit(i, n)
		case seen[v.Key]:
			j.misvisited(o, model.VisitedTwice, v.Visit)
		default:
			if seen == nil {
				seen = map[int]bool{}
			}
			seen[v.Key] = true
		}
	}
}

// judgeNaNVisit counts the visits up to visit n of its value under NaN, and
// the stores of it that were called by then.
func (j *judge) judgeNaNVisit(i, n int) {
	o := &j.ops[i]
	visit := o.Visits[n]
	visits, stores := 0, 0
	for _, v := range o.Visits[:n+1] {
		if v.Visit == visit.Visit {
			visits++
		}
	}
	for _, s := range j.nanStores {
		store := &j.ops[s]
		if store.Call < visit.At && (visit.Value == model.Unseen || store.Op.Value == visit.Value) {
			stores++
		}
	}
	if visits > stores {
		j.misvisited(o, model.VisitedTooOften, visit.Visit)
	}
}

// misvisited records that traversal o may not make visit v in any state.
func (j *judge) misvisited(o *history.Operation, kind model.MisvisitKind, v model.Visit) {
	j.violateAlone(model.T1, o, model.Failure{Kind: model.WrongTraversal, Misvisit: &model.Misvisit{Kind: kind, Key: v.Key, Value: v.Value}})
}
