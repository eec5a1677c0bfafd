package worker

import (
	"fmt"
	"iter"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// A task is a program to explore in a setting.
type task struct {
	program  history.Program
	setting  *setting
	rank     wire.Rank
	releases bool // it removes or replaces something, and that is to be judged
	// answers are the results of the initial operations, read when the map is made
	// for the first time. Certificates assume that it is made the same way every
	// time.
	answers []model.Result
}

func (t *task) String() string {
	return fmt.Sprintf("program %s on the map %q under the hashes %s", programText(t.program), t.setting.Initial, t.setting.Policy)
}

// contents returns the initial operations that decide what the map holds, with
// their answers, once it has been made. Traversals among them decide nothing.
func (t *task) contents() (init []interval.Initial) {
	if len(t.answers) != len(t.program.Init) {
		panic("worker: the map has not been made yet")
	}
	for i, r := range t.answers {
		if o := t.program.Init[i]; !o.Method.Traverses() {
			init = append(init, interval.Initial{Op: o, Result: r})
		}
	}
	return init
}

// witness is t with a schedule.
func (t *task) witness(steps string, stall *search.Stall) model.Witness {
	s := &model.Schedule{Hashes: t.setting.Policy, Initial: t.setting.Initial, Steps: steps}
	if stall != nil {
		s.Stall = &model.Stall{Thread: stall.Thread, After: stall.After}
	}
	return model.Witness{Look: model.LookSchedule, Init: t.program.Init, Threads: t.program.Threads, Schedule: s}
}

// programText is a program in one line.
func programText(p history.Program) string {
	b, err := p.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// tasks yields the programs of a shard: by their number of operations, then by
// setting, then in the order of package program. So the first program that fails
// is a smallest one, and no program is longer than one in a later setting.
func tasks(settings []*setting, shard, shards int) iter.Seq[*task] {
	type queue struct { // of the programs of one setting
		next  func() (int, history.Program, bool)
		index int
		head  history.Program
		more  bool
	}
	return func(yield func(*task) bool) {
		var queues []queue
		for _, s := range settings {
			next, stop := iter.Pull2(s.set.Shard(shard, shards))
			defer stop()
			q := queue{next: next}
			q.index, q.head, q.more = next()
			queues = append(queues, q)
		}
		for size, more := 1, true; more; size++ {
			more = false
			for i := range queues {
				q := &queues[i]
				for q.more && operations(q.head) <= size {
					t := &task{program: q.head, setting: settings[i], rank: wire.Rank{Operations: size, Setting: i, Index: q.index}}
					if !yield(t) {
						return
					}
					q.index, q.head, q.more = q.next()
				}
				more = more || q.more
			}
		}
	}
}

// operations counts the operations of the threads as package program orders them:
// without those in callbacks.
func operations(p history.Program) int {
	n := 0
	for _, t := range p.Threads {
		n += len(t)
	}
	return n
}

// removes reports whether p may leave something that the map has to release: a
// removed or replaced key or value, or an argument that was not stored.
func removes(p history.Program) bool {
	for _, t := range p.Threads {
		for _, o := range t {
			if o.Method.Writes() || o.Func != nil {
				return true
			}
		}
	}
	return false
}
