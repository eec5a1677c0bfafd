package sched

// A watchdog calls these functions from a goroutine of its own. They read
// without synchronization, as synchronizing would slow down every step. What they
// return is exact once the execution makes no more progress.

// Pulse returns a number that changes whenever a step is taken.
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

// Taken returns the threads that have taken the steps of the current execution,
// and the thread whose turn it is. Outside an execution, and while a function
// runs alone, turn is -1. The caller must have seen the same Pulse for long
// enough to know that the execution makes no progress.
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
