package worker

import (
	"fmt"
	"math/rand/v2"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync"
	"github.com/mapspec/mapspec/linearizability/internal/shim/sync/atomic"
	"github.com/mapspec/mapspec/model"
)

// manner is how an operation of a drawn map goes about changing a key, or
// reading. The first of each list is right in every company; some others are
// right in some.
type manner uint8

const (
	atomically manner = iota // compare and swap until it works
	locked                   // read and write under the lock
	rechecked                // read, then lock, and start again if it has changed
	blind                    // swap what is there, if that can be known without reading
	torn                     // read and write without a lock
	outside                  // read before the lock
	early                    // unlock before the write
	absent                   // under the lock, remove what is there, and then write
	once                     // a compare-and-swap that is not repeated
	panicking                // under the lock, panic if the key is absent
	forgetting               // do not unlock if the key is absent
	misreading               // under the lock, read twice, and return what was read first
	waiting_                 // until the key is present
	deaf_                    // without looking: the key is absent
	trying                   // under the lock if it can be had, else the key is absent
	mirrored                 // read the copy
	twice                    // read twice
	counted                  // Len reads a counter
	backwards                // the second key first
	partly                   // the last key is left out
	within                   // callbacks are called under the lock
	manners
)

var (
	changes    = []manner{atomically, locked, rechecked, blind, torn, outside, early, absent, once, panicking, forgetting, misreading}
	loads      = []manner{atomically, locked, twice, mirrored, trying, waiting_, deaf_}
	clears     = []manner{atomically, locked, backwards, partly}
	lens       = []manner{atomically, locked, counted, partly}
	traversals = []manner{atomically, locked, within, mirrored, backwards, twice, partly}
)

// locking is what a drawn map locks with.
type locking uint8

const (
	byMutex locking = iota
	byWriters
	bySpinning
	byKey // each key has a lock; whoever needs all takes them in the order of keys
	lockings
)

// plan is a drawn map, right or wrong.
type plan struct {
	locking locking
	manner  [model.Len + 1]manner
	// The copy of a cell and the counter are written before what they stand
	// for, or after it.
	copyFirst, countFirst bool
}

func (p plan) String() string {
	return fmt.Sprintf("locking %d, copy first %v, count first %v, manners %v", p.locking, p.copyFirst, p.countFirst, p.manner)
}

// choices are the manners that a method can have.
func choices(m model.Method) []manner {
	switch {
	case m == model.Load:
		return loads
	case m == model.Clear:
		return clears
	case m == model.Len:
		return lens
	case m.Traverses():
		return traversals
	}
	return changes
}

// drawPlan draws a right map, and changes how up to six methods go about it.
func drawPlan(r *rand.Rand) plan {
	p := plan{locking: locking(r.IntN(int(lockings))), copyFirst: r.IntN(2) == 0, countFirst: r.IntN(2) == 0}
	base := manner(r.IntN(2)) // atomically or locked
	for m := range p.manner {
		p.manner[m] = base
	}
	for range r.IntN(7) {
		m := model.Method(r.IntN(len(p.manner)))
		all := choices(m)
		p.manner[m] = all[r.IntN(len(all))]
	}
	return p
}

// wrong is a map of two keys that follows a plan. A cell is 0 if its key is
// absent, else the value and 1. Everything is accessed atomically, so however
// wrong it is, it has no data race.
type wrong struct {
	plan
	cells, copies [2]atomic.Int64
	count         atomic.Int64
	mutex         [2]sync.Mutex
	writers       sync.RWMutex
	spin          atomic.Int32
}

func (m *wrong) lock(k int) {
	switch m.locking {
	case byMutex:
		m.mutex[0].Lock()
	case byWriters:
		m.writers.Lock()
	case bySpinning:
		for !m.spin.CompareAndSwap(0, 1) {
			sched.Yield()
		}
	case byKey:
		m.mutex[k].Lock()
	}
}

func (m *wrong) unlock(k int) {
	switch m.locking {
	case byMutex:
		m.mutex[0].Unlock()
	case byWriters:
		m.writers.Unlock()
	case bySpinning:
		m.spin.Store(0)
	case byKey:
		m.mutex[k].Unlock()
	}
}

// share and unshare lock for reading.
func (m *wrong) share(k int) {
	if m.locking == byWriters {
		m.writers.RLock()
	} else {
		m.lock(k)
	}
}

func (m *wrong) unshare(k int) {
	if m.locking == byWriters {
		m.writers.RUnlock()
	} else {
		m.unlock(k)
	}
}

func (m *wrong) tryLock(k int) bool {
	switch m.locking {
	case byWriters:
		return m.writers.TryLock()
	case bySpinning:
		return m.spin.CompareAndSwap(0, 1)
	}
	if m.locking == byMutex {
		k = 0
	}
	return m.mutex[k].TryLock()
}

// lockAll locks everything, in order of keys or backwards.
func (m *wrong) lockAll(first int) {
	m.lock(first)
	if m.locking == byKey {
		m.lock(1 - first)
	}
}

func (m *wrong) unlockAll() {
	m.unlock(0)
	if m.locking == byKey {
		m.unlock(1)
	}
}

// uses reports whether some method is carried out in this manner.
func (m *wrong) uses(x manner) bool {
	for _, y := range m.manner {
		if x == y {
			return true
		}
	}
	return false
}

// write makes a cell new by swap, which reports whether it did; and the copy and
// the counter, where somebody reads them.
func (m *wrong) write(k int, old, new int64, swap func() bool) bool {
	mirrors, counts := m.uses(mirrored), m.uses(counted) && (old == 0) != (new == 0)
	d := int64(1)
	if new == 0 {
		d = -1
	}
	if mirrors && m.copyFirst {
		m.copies[k].Store(new)
	}
	if counts && m.countFirst {
		m.count.Add(d)
	}
	if !swap() {
		return false
	}
	if mirrors && !m.copyFirst {
		m.copies[k].Store(new)
	}
	if counts && !m.countFirst {
		m.count.Add(d)
	}
	return true
}

func (m *wrong) put(k int, old, new int64) {
	m.write(k, old, new, func() bool { m.cells[k].Store(new); return true })
}

func (m *wrong) swap(k int, old, new int64) bool {
	return m.write(k, old, new, func() bool { return m.cells[k].CompareAndSwap(old, new) })
}
