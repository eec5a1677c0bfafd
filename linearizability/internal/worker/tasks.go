package worker

import (
	"iter"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/model"
)

// task is a program to explore in a setting.
type task struct {
	program  history.Program
	setting  *setting
	rank     job.Rank
	releases bool // it removes or replaces something
	// answers are the results of the initial operations, read when the map is made
	// for the first time. That it is made alike every time is taken for granted, as
	// certificates say.
	answers []model.Result
}

// contents returns the initial operations that decide what the map holds, with
// their answers, once it has been made. What a traversal among them hands out is not
// kept.
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

// tasks lists the programs of a job's shard: by their number of operations,
// then by setting, then as package program does. So whatever is found first is
// smallest, and a program is never longer than one in a later setting.
type tasks struct {
	w       *worker
	size    int // operations of the programs that are listed now
	setting int
	queues  []queue
}

// queue is the programs of one setting.
type queue struct {
	next  func() (int, history.Program, bool)
	stop  func()
	index int
	head  history.Program
	more  bool
}

func newTasks(w *worker) (t *tasks, stop func()) {
	t = &tasks{w: w, size: 1}
	for _, s := range w.settings {
		next, end := iter.Pull2(s.set.Shard(w.job.Shard, w.job.Shards))
		q := queue{next: next, stop: end}
		q.index, q.head, q.more = next()
		t.queues = append(t.queues, q)
	}
	return t, func() {
		for _, q := range t.queues {
			q.stop()
		}
	}
}

// next returns the next task, or nil.
func (t *tasks) next() *task {
	for {
		any := false
		for ; t.setting < len(t.queues); t.setting++ {
			q := &t.queues[t.setting]
			any = any || q.more
			if q.more && operations(q.head) <= t.size {
				return t.take(q)
			}
		}
		t.setting = 0
		if !any {
			return nil
		}
		if !t.left() {
			t.size++
		}
	}
}

// left reports whether a program of the present size is left.
func (t *tasks) left() bool {
	for i := range t.queues {
		if t.queues[i].more && operations(t.queues[i].head) <= t.size {
			return true
		}
	}
	return false
}

func (t *tasks) take(q *queue) *task {
	s := t.w.settings[t.setting]
	k := &task{program: q.head, setting: s, rank: job.Rank{Operations: t.size, Setting: t.setting, Index: q.index}}
	k.releases = t.w.watches() && removes(q.head)
	q.index, q.head, q.more = q.next()
	return k
}

// operations counts the operations of the threads, those in callbacks left out,
// as package program orders.
func operations(p history.Program) int {
	n := 0
	for _, t := range p.Threads {
		n += len(t)
	}
	return n
}

// removes reports whether something may be left after p that a map owes to
// release: a removed or replaced key or value, or an argument that was not
// stored.
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
