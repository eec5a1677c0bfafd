// Package flatmap is added to copies of the map that are explored: what is in no
// alphabet of explorations, behind methods that are.
package flatmap

import "unsafe"

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
