package worker

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
)

// defaultPatience is how long a call of the map may go on without a step.
const defaultPatience = 20 * time.Second

// A watchdog notices when the map's code takes no step for too long. A loop around
// plain memory cannot be left in any other way.
type watchdog struct {
	at    atomic.Pointer[spot] // where the map's code runs; nil if it does not
	beats atomic.Int64         // changes when something goes on
}

// A spot is where the map's own code runs.
type spot struct {
	doing string // what, if no program runs
	task  *task
	drive *drive
	stall *search.Stall
	ended *ended // the execution whose map is read at rest
}

// enter notes where the map's own code runs from now on, and returns what ends
// that.
func (d *watchdog) enter(p *spot) (leave func()) {
	before := d.at.Swap(p)
	d.beats.Add(1)
	return func() { d.at.Store(before); d.beats.Add(1) }
}

// inside reports whether the map's own code may run.
func (d *watchdog) inside() bool { return d.at.Load() != nil }

// looks is how often the watchdog looks before it loses patience. It does not
// trust the clock alone, because a process may be stopped for a while.
const looks = 8

// watch calls endless when no step is taken for too long, until done is closed. It
// holds speaking meanwhile: a worker that speaks is not stuck in the map.
func (d *watchdog) watch(done <-chan struct{}, patience time.Duration, speaking sync.Locker, endless func(*spot)) {
	type state struct {
		at    *spot
		beats int64
		pulse int
	}
	look := func() state { return state{d.at.Load(), d.beats.Load(), sched.Pulse()} }
	last, same := look(), 0
	for {
		select {
		case <-done:
			return
		case <-time.After(patience / looks):
		}
		now := look()
		if now.at == nil || now != last {
			last, same = now, 0
			continue
		}
		if same++; same < looks {
			continue
		}
		speaking.Lock()
		if look() == now {
			endless(now.at)
		}
		speaking.Unlock()
		last, same = look(), 0
	}
}
