package sync

import (
	real "sync"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// guard is held during a step outside of executions. It is one for all types,
// so that their sizes are those of the real ones.
var guard real.Mutex

// begin declares a step of the given kind on the location at p, which ends at
// end. In between, the caller may touch what belongs to p, and must not lock,
// nor call code that it does not know.
//
// Callers are marked norace: their accesses are ordered by the guard or by the
// scheduler, neither of which the race detector may know, or it would take
// threads as synchronised that are not.
func begin(k sched.Kind, p unsafe.Pointer) {
	if sched.Running() {
		sched.Before(k, p, stepSize)
		return
	}
	raceOff()
	guard.Lock()
	raceOn()
}

func end() {
	if sched.Running() {
		return
	}
	raceOff()
	guard.Unlock()
	raceOn()
}

// stepSize is how much of a type stands for it.
const stepSize = 4
