package worker

import (
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// A tally counts what was explored and keeps the first violation of each clause.
type tally struct {
	wire.Report
	found map[model.Clause]*wire.Found
	of    int // programs in the shard
}

// bound notes why something was not explored.
func (t *tally) bound(why string) { addUnique(&t.Bounds, why) }

// note notes what is left out on purpose.
func (t *tally) note(format string, args ...any) { addUnique(&t.Notes, fmt.Sprintf(format, args...)) }

func addUnique[T comparable](list *[]T, x T) {
	if !slices.Contains(*list, x) {
		*list = append(*list, x)
	}
}

// count adds the executions of one program.
func (t *tally) count(r search.Result, stalled bool) {
	t.Executions += r.Executions
	t.CutShort += r.CutShort
	t.Limited += r.Limited
	t.Steps += r.Steps
	if stalled {
		t.Stalled += r.Executions
	}
	for _, b := range r.Coverage.Bounds {
		if b != search.FirstFailure && b != search.Halted { // these are noted where they are decided
			t.bound(string(b))
		}
	}
}

// unended notes an execution that had to be ended, the first for each bound.
func (t *tally) unended(bound string, describe func() wire.Unended) {
	if !slices.ContainsFunc(t.Unended, func(u wire.Unended) bool { return u.Bound == bound }) {
		u := describe()
		u.Bound = bound
		t.Unended = append(t.Unended, u)
	}
}
