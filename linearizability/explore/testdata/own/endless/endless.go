// Package endless has a map that does not return once two threads have met.
package endless

import "sync/atomic"

type Map struct {
	busy  atomic.Bool
	value atomic.Int64
}

func (m *Map) Load(string) (int, bool) {
	v := int(m.value.Load())
	return v, v != 0
}

func (m *Map) Store(_ string, value int) {
	if !m.busy.CompareAndSwap(false, true) {
		for n := 1; n > 0; {
			n |= 1
		}
	}
	m.value.Store(int64(value))
	m.busy.Store(false)
}
