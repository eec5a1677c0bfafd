package broken

import (
	"runtime"
	"unsafe"
	"weak"
)

// A probe makes keys and values, and counts those that are alive.
type probe struct{ made []weak.Pointer[[4]int] }

func (p *probe) make() any {
	x := new([4]int)
	p.made = append(p.made, weak.Make(x))
	return x
}

// alive returns how many of those made are alive while m is.
func (p *probe) alive(m surface) (n int) {
	runtime.GC()
	for _, w := range p.made {
		if w.Value() != nil {
			n++
		}
	}
	runtime.KeepAlive(m)
	return n
}

// churnedInRange stores and deletes 1,000 keys while a Range is in progress. It
// returns how many of them are alive before and after the Range returns.
func churnedInRange(m surface) (during, after int) {
	var p probe
	m.Store("resident", 1)
	m.Range(func(_, _ any) bool {
		elsewhere(func() {
			for range 1000 {
				key := p.make()
				m.Store(key, key)
				m.Delete(key)
			}
		})
		during = p.alive(m)
		return false
	})
	return during, p.alive(m)
}

// instancesAlive overwrites a key with an equal one, and returns how many of the two
// are alive.
func instancesAlive(m surface) (n int) {
	var made [2]weak.Pointer[byte]
	elsewhere(func() {
		for i := range made {
			key := ownString("key")
			made[i] = weak.Make(unsafe.StringData(key))
			m.Store(key, i)
		}
	})
	runtime.GC()
	for _, w := range made {
		if w.Value() != nil {
			n++
		}
	}
	runtime.KeepAlive(m)
	return n
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
