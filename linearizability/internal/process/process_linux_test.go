package process

import "testing"

func TestAStoppedChildIsEnded(t *testing.T) {
	c := newClock()
	c.always(t, lookEvery)
	r, _ := run(t, t.Context(), "stops", Command{after: c.after}, nil)
	ended(t, r, Stopped, "signal: killed")
}

func TestAMemoryLimitEndsAChild(t *testing.T) {
	c := newClock()
	c.always(t, lookEvery)
	r, _ := run(t, t.Context(), "takes memory", Command{Memory: 128 << 20, after: c.after}, nil)
	ended(t, r, MemoryLimit, "signal: killed")
}

// Looking at a child that keeps within its limits changes nothing.
func TestAChildWithinItsLimitsRunsOn(t *testing.T) {
	c := newClock()
	c.always(t, lookEvery)
	r, _ := run(t, t.Context(), "floods", Command{Memory: 1 << 30, after: c.after}, nil)
	ended(t, r, Exited, "exit status 0")
}
