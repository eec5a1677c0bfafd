package sync

import (
	real "sync"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// guard is held during a step outside executions. All values share it, so that
// they can have the size of the real types.
var guard real.Mutex

// beginStep declares a step of the given kind on the location at p. The step lasts
// until endStep. Until then the caller may access what belongs to p. It must not
// lock anything or call code of the map.
//
// Callers are marked norace. Their accesses are ordered by guard or by the
// scheduler. The race detector must know neither, as it would otherwise take the
// map's threads for synchronized.
func beginStep(k sched.Kind, p unsafe.Pointer) {
	if sched.Running() {
		sched.Before(k, p, stepSize)
		return
	}
	raceOff()
	guard.Lock()
	raceOn()
}

func endStep() {
	if sched.Running() {
		return
	}
	raceOff()
	guard.Unlock()
	raceOn()
}

// stepSize is how many bytes represent a value of one of the types.
const stepSize = 4
