// Package rounds has a map that goes round for ever once two threads have met,
// and looks at a variable each time.
package rounds

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
		for m.value.Load() >= 0 {
		}
	}
	m.value.Store(int64(value))
	m.busy.Store(false)
}
