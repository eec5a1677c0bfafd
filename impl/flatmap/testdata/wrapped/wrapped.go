// Package flatmap is added to copies of the map that are explored: what is in no
// alphabet of explorations, behind methods that are.
package flatmap

import (
	"runtime"
	"unsafe"
	"weak"
)

// Computed writes by Compute.
type Computed[K comparable, V comparable] struct{ m Map[K, V] }

func (c *Computed[K, V]) Load(k K) (V, bool)      { return c.m.Load(k) }
func (c *Computed[K, V]) Range(f func(K, V) bool) { c.m.Range(f) }

// compute sets k to what f returns, and returns what it had.
func (c *Computed[K, V]) compute(k K, f func(old V, has bool) (V, bool)) (was V, had bool) {
	c.m.Compute(k, func(old V, has bool) (V, bool) {
		was, had = old, has
		return f(old, has)
	})
	return was, had
}

func (c *Computed[K, V]) Store(k K, v V) { c.compute(k, func(V, bool) (V, bool) { return v, true }) }
func (c *Computed[K, V]) Swap(k K, v V) (V, bool) {
	return c.compute(k, func(V, bool) (V, bool) { return v, true })
}
func (c *Computed[K, V]) LoadAndDelete(k K) (V, bool) {
	return c.compute(k, func(old V, _ bool) (V, bool) { return old, false })
}
func (c *Computed[K, V]) Delete(k K) { c.LoadAndDelete(k) }
func (c *Computed[K, V]) LoadOrStore(k K, v V) (V, bool) {
	loaded := false
	actual, _ := c.m.Compute(k, func(old V, has bool) (V, bool) {
		if loaded = has; has {
			return old, true
		}
		return v, true
	})
	return actual, loaded
}
func (c *Computed[K, V]) CompareAndSwap(k K, old, v V) bool {
	swapped := false
	c.m.Compute(k, func(now V, has bool) (V, bool) {
		if swapped = has && now == old; swapped {
			return v, true
		}
		return now, has
	})
	return swapped
}

// Grown makes room before a LoadOrStore.
type Grown[K comparable, V any] struct{ Map[K, V] }

func (g *Grown[K, V]) LoadOrStore(k K, v V) (V, bool) {
	g.Grow(20)
	return g.Map.LoadOrStore(k, v)
}

// Pointed has pointers as keys, which stand for numbers. Where they point to is the
// same in every process, and their last digits are those of the numbers, as hash
// policies are for numbers.
type Pointed[V comparable] struct{ m Map[*byte, V] }

var places [1 << 12]byte

func place(k int) *byte { return &places[k%len(places)] }

func (p *Pointed[V]) Load(k int) (V, bool)             { return p.m.Load(place(k)) }
func (p *Pointed[V]) Store(k int, v V)                 { p.m.Store(place(k), v) }
func (p *Pointed[V]) Swap(k int, v V) (V, bool)        { return p.m.Swap(place(k), v) }
func (p *Pointed[V]) Delete(k int)                     { p.m.Delete(place(k)) }
func (p *Pointed[V]) LoadAndDelete(k int) (V, bool)    { return p.m.LoadAndDelete(place(k)) }
func (p *Pointed[V]) LoadOrStore(k int, v V) (V, bool) { return p.m.LoadOrStore(place(k), v) }
func (p *Pointed[V]) CompareAndSwap(k int, old, v V) bool {
	return p.m.CompareAndSwap(place(k), old, v)
}
func (p *Pointed[V]) CompareAndDelete(k int, old V) bool {
	return p.m.CompareAndDelete(place(k), old)
}
func (p *Pointed[V]) Range(f func(int, V) bool) {
	p.m.Range(func(k *byte, v V) bool {
		return f(int(uintptr(unsafe.Pointer(k))-uintptr(unsafe.Pointer(&places))), v)
	})
}

// The keys of its own that Busy has, and no program.
const (
	ownKey  = 1 << 20
	ownKeys = slots - 1
)

// Busy deletes more than it is told to: keys of its own, whose values are the same
// numbers, so many that a traversal beside it takes the lock. They fill the only
// bucket together with one key of others. The last one to go is in the first slot,
// which another one has next.
type Busy struct{ m Map[int, int] }

func (b *Busy) Load(k int) (int, bool) { return b.m.Load(k) }

func (b *Busy) Store(k, v int) {
	for i := range ownKeys {
		b.m.Store(ownKey+i, ownKey+i)
	}
	b.m.Store(k, v)
}

func (b *Busy) Delete(k int) {
	b.m.Delete(k)
	for i := range ownKeys {
		b.m.Delete(ownKey + ownKeys - 1 - i)
	}
	b.m.Store(ownKey+ownKeys, ownKey+ownKeys)
}

func (b *Busy) Range(f func(int, int) bool) {
	b.m.Range(func(k, v int) bool {
		switch {
		case k < ownKey:
			return f(k, v)
		case k != v:
			panic("a traversal has the value of another key")
		}
		return true
	})
}

// Stubborn writes by a Compute whose function changes the key for so long that it is
// looked for, and once more by the same goroutine.
type Stubborn struct{ m Map[int, int] }

func (s *Stubborn) Load(k int) (int, bool) { return s.m.Load(k) }

func (s *Stubborn) Store(k, v int) {
	attempts := 0
	s.m.Compute(k, func(int, bool) (int, bool) {
		if attempts++; attempts <= patience {
			s.m.Store(k, attempts)
		}
		return v, true
	})
	s.m.Store(k, v)
}

// Paused looks first, in each Range, at what another one holds that has paused.
type Paused struct{ Map[int, int] }

func (p *Paused) Range(f func(int, int) bool) {
	if n := heldByAPause(); n > 0 {
		panic("a paused traversal holds what it has left")
	}
	p.Map.Range(f)
}

// heldByAPause returns how many values are in memory of a class of keys that a
// traversal has left, when they are deleted. It wants a hash that ends as the key
// does. The first five of eight buckets are full, which is what a traversal copies
// at once. What comes then is copied class by class, as the map grows meanwhile: six
// keys, and then one.
func heldByAPause() (held int) {
	const class, last = 5, 6
	var m Map[int, *[64]byte]
	m.Grow(8 * 3)
	var left []weak.Pointer[[64]byte]
	for i := range class*slots + slots {
		v := new([64]byte)
		m.Store(i%slots*16+i/slots, v)
		if i/slots == class {
			left = append(left, weak.Make(v))
		}
	}
	m.Store(last, new([64]byte))
	m.Range(func(k int, _ *[64]byte) bool {
		switch k {
		case 0:
			m.Grow(16 * 3)
		case last:
			for i := range slots {
				m.Delete(i*16 + class)
			}
			runtime.GC()
			for _, w := range left {
				if w.Value() != nil {
					held++
				}
			}
		}
		return true
	})
	return held
}
