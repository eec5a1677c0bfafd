package check

import (
	"cmp"
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// A judge is one history sorted by clause and key, and the findings so far.
// Operations are referred to by their index in ops.
type judge struct {
	ops     []history.Operation // sorted by call
	promise model.Promise
	budget  searchBudget

	uncut     bool
	walkAbove int

	keys       []int // of all operations and visits, ascending; without NaN and Unhashable
	byKey      map[int]*keyHistory
	clears     []int
	traversals []int        // that hand out keys, which excludes Values
	nanStores  []int        // that may add an entry under a NaN key
	lens       []int        // that T6 judges
	excused    map[int]bool // operations whose own result is a violation; see excuse

	keyOpCount, lenCount int
	clients              map[int]struct{}
	findings             map[model.Clause]*finding
}

// A keyHistory is what a history says about one key.
type keyHistory struct {
	ops    []int // single-key operations
	visits []visitRef
}

// A visitRef names one visit of one traversal, by index.
type visitRef struct{ traversal, visit int }

func newJudge(ops []history.Operation, o Options) *judge {
	j := &judge{
		ops: ops, promise: o.Promise, budget: newBudget(o),
		uncut: o.limits.uncut, walkAbove: cmp.Or(o.limits.walkAbove, walkAbove),
		byKey: map[int]*keyHistory{}, clients: map[int]struct{}{}, excused: map[int]bool{},
		findings: map[model.Clause]*finding{},
	}
	for i := range ops {
		j.classify(i)
	}
	for k := range j.byKey {
		j.keys = append(j.keys, k)
	}
	slices.Sort(j.keys)
	return j
}

// classify files operation i under the clauses that are going to look at it.
func (j *judge) classify(i int) {
	o := &j.ops[i]
	j.clients[o.Client] = struct{}{}
	switch m := o.Op.Method; {
	case m.OnKey() && o.Op.Key == model.NaN:
		if o.Op.Method.Inserts() {
			j.nanStores = append(j.nanStores, i)
		}
	case m.OnKey() && o.Op.Key == model.Unhashable: // has no effect
	case m.OnKey():
		j.keyOpCount++
		p := j.historyOf(o.Op.Key)
		p.ops = append(p.ops, i)
	case m == model.Clear:
		j.clears = append(j.clears, i)
	case m == model.Len:
		j.lenCount++
	case m.VisitsKeys():
		j.traversals = append(j.traversals, i)
		for n, v := range requestedVisits(o) {
			if v.Key != model.NaN {
				p := j.historyOf(v.Key)
				p.visits = append(p.visits, visitRef{i, n})
			}
		}
	}
}

func (j *judge) historyOf(key int) *keyHistory {
	p, ok := j.byKey[key]
	if !ok {
		p = &keyHistory{}
		j.byKey[key] = p
	}
	return p
}

// requestedVisits returns the visits that traversal o's function asked for. The
// clauses leave open what is visited after the function returned false.
func requestedVisits(o *history.Operation) []history.Visit {
	return o.Visits[:o.Op.Func.Asked(len(o.Visits))]
}

// stoppedByFunc reports whether traversal o's function ended it.
func stoppedByFunc(o *history.Operation) bool {
	_, stopped := o.Op.Func.End(len(o.Visits))
	return stopped
}

// excuse makes the search treat operation i as pending. Its result is reported
// as a violation of its own, and must not also condemn the other operations.
func (j *judge) excuse(i int) { j.excused[i] = true }

func (j *judge) pending(i int) bool { return j.ops[i].Pending() || j.excused[i] }

// judgeAlone finds operations that are wrong regardless of all others.
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
			j.recordAlone(blamePanic(o), o, model.Failure{Kind: model.WrongResult, Got: &o.Result})
			j.excuse(i)
		}
	}
}

// mayPanic reports whether some state makes o, which has an ordinary key or
// none, panic as it did.
func mayPanic(o *history.Operation) bool {
	return o.Result.Panic == model.PanicCompare && o.Op.MayPanic()
}

// blamePanic returns the clause broken by a panic that no state explains.
func blamePanic(o *history.Operation) model.Clause {
	if o.Op.Method.OnKey() && o.Result.Panic != model.PanicCompare {
		return model.S1
	}
	return model.Blame(model.Cell{}, o.Op, o.Result, model.Result{})
}

// judgeStateless judges an operation on a NaN or unhashable key. Its result is
// the same in every state.
func (j *judge) judgeStateless(i int) {
	o := &j.ops[i]
	if _, want := model.StepKey(model.Cell{}, o.Op); o.Result != want {
		clause := model.Blame(model.Cell{}, o.Op, o.Result, want)
		j.recordAlone(clause, o, wrongResult(o.Result, want))
	}
}

// judgeEnd checks that a traversal ended as its function made it end (clause T4).
func (j *judge) judgeEnd(i int) {
	o := &j.ops[i]
	if !o.Op.Func.MayEnd(len(o.Visits), o.Result.Panic) {
		want, _ := o.Op.Func.End(len(o.Visits))
		j.recordAlone(model.T4, o, wrongResult(o.Result, model.Result{Panic: want}))
	}
}

// judgeVisits finds a key that a traversal visits twice, and an entry under a
// NaN key that it visits more often than it was stored (clause T1). Nothing else
// can be asked of NaN keys, which are indistinguishable.
func (j *judge) judgeVisits(i int) {
	o := &j.ops[i]
	if !o.Op.Method.VisitsKeys() {
		return
	}
	var seen map[int]bool
	for n, v := range requestedVisits(o) {
		switch {
		case v.Key == model.NaN:
			j.judgeNaNVisit(i, n)
		case seen[v.Key]:
			j.recordMisvisit(o, model.VisitedTwice, v.Visit)
		default:
			if seen == nil {
				seen = map[int]bool{}
			}
			seen[v.Key] = true
		}
	}
}

// judgeNaNVisit compares how often traversal i has visited the entry of visit n
// by then with how many stores of that entry had been called.
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
		j.recordMisvisit(o, model.VisitedTooOften, visit.Visit)
	}
}

// recordMisvisit records that traversal o may not make visit v in any state.
func (j *judge) recordMisvisit(o *history.Operation, kind model.MisvisitKind, v model.Visit) {
	j.recordAlone(model.T1, o, model.Failure{Kind: model.WrongTraversal, Misvisit: &model.Misvisit{Kind: kind, Key: v.Key, Value: v.Value}})
}
