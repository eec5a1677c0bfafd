package sched

// What a watchdog may look at, from a goroutine of its own: it reads without
// synchronisation, which would cost every step. What it reads is exact once
// nothing goes on.

// Pulse changes whenever a step is taken.
//
//go:norace
func Pulse() int {
	t := running
	switch {
	case t == nil:
		return -1
	case t.alone:
		return int(t.steps)
	}
	return len(t.s.trace)
}

// Taken returns who has taken the steps of the execution in progress, and whose
// turn it is: -1 if that is nobody or whoever runs alone. It must not be called
// unless Pulse has been the same for so long that nothing goes on.
//
//go:norace
func Taken() (threads []uint8, turn int) {
	t := running
	if t == nil || t.alone {
		return nil, -1
	}
	for i := range t.s.trace {
		threads = append(threads, t.s.trace[i].Thread)
	}
	return threads, int(t.id)
}
