package main

import (
	"hash/maphash"
	"sync"
	"unsafe"

	"github.com/alphadose/haxmap"
	"github.com/bytedance/gopkg/collection/skipmap"
	"github.com/maypok86/otter/v2"
	cmap "github.com/orcaman/concurrent-map/v2"
	"github.com/puzpuzpuz/xsync/v4"
)

// A table has the operations that are measured. The timed loops are generated for each
// adapter (drivers.go), so that no call in them goes through this interface. A generic
// loop would call through a dictionary, which costs up to a quarter of a Load from a small
// map.
type table[K, V comparable] interface {
	Load(K) (V, bool)
	Store(K, V)
	Delete(K)
	// LoadOrStore returns the value that is in the map afterwards, and whether it was
	// there before.
	LoadOrStore(K, V) (V, bool)
	// Range calls f for every entry until f returns false. f must not call methods of
	// the map, which would deadlock some peers.
	Range(f func(K, V) bool)
}

// A swapper also has CompareAndSwap.
type swapper[K, V comparable] interface {
	CompareAndSwap(key K, old, new V) bool
}

type syncMap[K, V comparable] struct{ m *sync.Map }

func newSyncMap[K, V comparable]() table[K, V] { return syncMap[K, V]{new(sync.Map)} }

func (s syncMap[K, V]) Load(k K) (v V, ok bool) {
	x, ok := s.m.Load(k)
	if ok {
		v = x.(V)
	}
	return v, ok
}

func (s syncMap[K, V]) Store(k K, v V) { s.m.Store(k, v) }
func (s syncMap[K, V]) Delete(k K)     { s.m.Delete(k) }

func (s syncMap[K, V]) LoadOrStore(k K, v V) (V, bool) {
	x, loaded := s.m.LoadOrStore(k, v)
	return x.(V), loaded
}

func (s syncMap[K, V]) CompareAndSwap(k K, old, new V) bool { return s.m.CompareAndSwap(k, old, new) }

func (s syncMap[K, V]) Range(f func(K, V) bool) {
	s.m.Range(func(k, v any) bool { return f(k.(K), v.(V)) })
}

type xsyncMap[K, V comparable] struct{ m *xsync.Map[K, V] }

func newXsyncMap[K, V comparable]() table[K, V] { return xsyncMap[K, V]{xsync.NewMap[K, V]()} }

func (s xsyncMap[K, V]) Load(k K) (V, bool)             { return s.m.Load(k) }
func (s xsyncMap[K, V]) Store(k K, v V)                 { s.m.Store(k, v) }
func (s xsyncMap[K, V]) Delete(k K)                     { s.m.Delete(k) }
func (s xsyncMap[K, V]) LoadOrStore(k K, v V) (V, bool) { return s.m.LoadOrStore(k, v) }

// Range uses RangeRelaxed, the faster of two methods. It may visit a key twice, which Range
// may not; the peer gets the benefit of the doubt.
func (s xsyncMap[K, V]) Range(f func(K, V) bool) { s.m.RangeRelaxed(f) }

func (s xsyncMap[K, V]) CompareAndSwap(k K, old, new V) (swapped bool) {
	s.m.Compute(k, func(v V, loaded bool) (V, xsync.ComputeOp) {
		if loaded && v == old {
			swapped = true
			return new, xsync.UpdateOp
		}
		return v, xsync.CancelOp
	})
	return swapped
}

type haxKey interface{ int | string }

type haxMap[K haxKey, V comparable] struct{ m *haxmap.Map[K, V] }

func newHaxMap[K haxKey, V comparable]() table[K, V] { return haxMap[K, V]{haxmap.New[K, V]()} }

func (s haxMap[K, V]) Load(k K) (V, bool)                  { return s.m.Get(k) }
func (s haxMap[K, V]) Store(k K, v V)                      { s.m.Set(k, v) }
func (s haxMap[K, V]) Delete(k K)                          { s.m.Del(k) }
func (s haxMap[K, V]) LoadOrStore(k K, v V) (V, bool)      { return s.m.GetOrSet(k, v) }
func (s haxMap[K, V]) CompareAndSwap(k K, old, new V) bool { return s.m.CompareAndSwap(k, old, new) }
func (s haxMap[K, V]) Range(f func(K, V) bool)             { s.m.ForEach(f) }

type orcamanMap[K, V comparable] struct{ m cmap.ConcurrentMap[K, V] }

func newOrcamanStrings[V comparable]() table[string, V] { return orcamanMap[string, V]{cmap.New[V]()} }

func newOrcamanMap[K, V comparable](hash func(K) uint64) table[K, V] {
	return orcamanMap[K, V]{cmap.NewWithCustomShardingFunction[K, V](func(k K) uint32 { return uint32(hash(k) >> 32) })}
}

func (s orcamanMap[K, V]) Load(k K) (V, bool) { return s.m.Get(k) }
func (s orcamanMap[K, V]) Store(k K, v V)     { s.m.Set(k, v) }
func (s orcamanMap[K, V]) Delete(k K)         { s.m.Remove(k) }

// LoadOrStore first reads under the shard's read lock, because SetIfAbsent and Upsert always
// take the write lock. There is no CompareAndSwap, because Upsert would insert an absent
// key.
func (s orcamanMap[K, V]) LoadOrStore(k K, v V) (actual V, loaded bool) {
	if v, ok := s.m.Get(k); ok {
		return v, true
	}
	s.m.Upsert(k, v, func(exists bool, present, new V) V {
		actual, loaded = new, exists
		if exists {
			actual = present
		}
		return actual
	})
	return actual, loaded
}

func (s orcamanMap[K, V]) Range(f func(K, V) bool) {
	more := true
	s.m.IterCb(func(k K, v V) { more = more && f(k, v) })
}

type skipInts[V comparable] struct{ m *skipmap.IntMap }

func newSkipInts[V comparable]() table[int, V] { return skipInts[V]{skipmap.NewInt()} }

func (s skipInts[V]) Load(k int) (v V, ok bool) {
	x, ok := s.m.Load(k)
	if ok {
		v = x.(V)
	}
	return v, ok
}

func (s skipInts[V]) Store(k int, v V) { s.m.Store(k, v) }
func (s skipInts[V]) Delete(k int)     { s.m.Delete(k) }

func (s skipInts[V]) LoadOrStore(k int, v V) (V, bool) {
	x, loaded := s.m.LoadOrStore(k, v)
	return x.(V), loaded
}

func (s skipInts[V]) Range(f func(int, V) bool) {
	s.m.Range(func(k int, v any) bool { return f(k, v.(V)) })
}

type skipStrings[V comparable] struct{ m *skipmap.StringMap }

func newSkipStrings[V comparable]() table[string, V] { return skipStrings[V]{skipmap.NewString()} }

func (s skipStrings[V]) Load(k string) (v V, ok bool) {
	x, ok := s.m.Load(k)
	if ok {
		v = x.(V)
	}
	return v, ok
}

func (s skipStrings[V]) Store(k string, v V) { s.m.Store(k, v) }
func (s skipStrings[V]) Delete(k string)     { s.m.Delete(k) }

func (s skipStrings[V]) LoadOrStore(k string, v V) (V, bool) {
	x, loaded := s.m.LoadOrStore(k, v)
	return x.(V), loaded
}

func (s skipStrings[V]) Range(f func(string, V) bool) {
	s.m.Range(func(k string, v any) bool { return f(k, v.(V)) })
}

// An otterCache has no size limit and no expiry, so it is a map.
type otterCache[K, V comparable] struct{ m *otter.Cache[K, V] }

func newOtterCache[K, V comparable]() table[K, V] {
	return otterCache[K, V]{otter.Must(&otter.Options[K, V]{})}
}

func (s otterCache[K, V]) Load(k K) (V, bool) { return s.m.GetIfPresent(k) }
func (s otterCache[K, V]) Store(k K, v V)     { s.m.Set(k, v) }
func (s otterCache[K, V]) Delete(k K)         { s.m.Invalidate(k) }

// LoadOrStore uses SetIfAbsent, whose second result is true if it stored.
func (s otterCache[K, V]) LoadOrStore(k K, v V) (V, bool) {
	actual, stored := s.m.SetIfAbsent(k, v)
	return actual, !stored
}

func (s otterCache[K, V]) CompareAndSwap(k K, old, new V) (swapped bool) {
	s.m.Compute(k, func(v V, found bool) (V, otter.ComputeOp) {
		if found && v == old {
			swapped = true
			return new, otter.WriteOp
		}
		return v, otter.CancelOp
	})
	return swapped
}

func (s otterCache[K, V]) Range(f func(K, V) bool) { s.m.All()(f) }

// A guarded is a Go map with a sync.RWMutex.
type guarded[K, V comparable] struct {
	mu sync.RWMutex
	m  map[K]V
	_  [cacheLine - unsafe.Sizeof(sync.RWMutex{}) - unsafe.Sizeof(uintptr(0))]byte
}

const cacheLine = 64

func (g *guarded[K, V]) load(k K) (v V, ok bool) {
	g.mu.RLock()
	v, ok = g.m[k]
	g.mu.RUnlock()
	return v, ok
}

func (g *guarded[K, V]) store(k K, v V) {
	g.mu.Lock()
	g.m[k] = v
	g.mu.Unlock()
}

func (g *guarded[K, V]) delete(k K) {
	g.mu.Lock()
	delete(g.m, k)
	g.mu.Unlock()
}

func (g *guarded[K, V]) loadOrStore(k K, v V) (V, bool) {
	if present, ok := g.load(k); ok {
		return present, true
	}
	g.mu.Lock()
	present, ok := g.m[k]
	if !ok {
		g.m[k] = v
		present = v
	}
	g.mu.Unlock()
	return present, ok
}

func (g *guarded[K, V]) compareAndSwap(k K, old, new V) bool {
	g.mu.Lock()
	v, ok := g.m[k]
	swapped := ok && v == old
	if swapped {
		g.m[k] = new
	}
	g.mu.Unlock()
	return swapped
}

// each calls f for every entry and reports whether f never returned false.
func (g *guarded[K, V]) each(f func(K, V) bool) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	for k, v := range g.m {
		if !f(k, v) {
			return false
		}
	}
	return true
}

type rwMutexMap[K, V comparable] struct{ g *guarded[K, V] }

func newRWMutexMap[K, V comparable]() table[K, V] {
	return rwMutexMap[K, V]{&guarded[K, V]{m: map[K]V{}}}
}

func (s rwMutexMap[K, V]) Load(k K) (V, bool)             { return s.g.load(k) }
func (s rwMutexMap[K, V]) Store(k K, v V)                 { s.g.store(k, v) }
func (s rwMutexMap[K, V]) Delete(k K)                     { s.g.delete(k) }
func (s rwMutexMap[K, V]) LoadOrStore(k K, v V) (V, bool) { return s.g.loadOrStore(k, v) }
func (s rwMutexMap[K, V]) CompareAndSwap(k K, old, new V) bool {
	return s.g.compareAndSwap(k, old, new)
}
func (s rwMutexMap[K, V]) Range(f func(K, V) bool) { s.g.each(f) }

const shardCount = 64

type shardedMap[K, V comparable] struct {
	shards *[shardCount]guarded[K, V]
	hash   func(K) uint64
}

func newShardedMap[K, V comparable](hash func(K) uint64) table[K, V] {
	s := shardedMap[K, V]{new([shardCount]guarded[K, V]), hash}
	for i := range s.shards {
		s.shards[i].m = map[K]V{}
	}
	return s
}

func (s shardedMap[K, V]) shard(k K) *guarded[K, V] {
	return &s.shards[s.hash(k)>>32%shardCount]
}

func (s shardedMap[K, V]) Load(k K) (V, bool)             { return s.shard(k).load(k) }
func (s shardedMap[K, V]) Store(k K, v V)                 { s.shard(k).store(k, v) }
func (s shardedMap[K, V]) Delete(k K)                     { s.shard(k).delete(k) }
func (s shardedMap[K, V]) LoadOrStore(k K, v V) (V, bool) { return s.shard(k).loadOrStore(k, v) }
func (s shardedMap[K, V]) CompareAndSwap(k K, old, new V) bool {
	return s.shard(k).compareAndSwap(k, old, new)
}

func (s shardedMap[K, V]) Range(f func(K, V) bool) {
	for i := range s.shards {
		if !s.shards[i].each(f) {
			return
		}
	}
}

// shardSeed and the functions below hash keys to shards as a user would. For words, a
// multiplication suffices.
var shardSeed = maphash.MakeSeed()

func hashInt(k int) uint64       { return uint64(k) * 0x9E3779B97F4A7C15 }
func hashPointer(k *cell) uint64 { return maphash.Comparable(shardSeed, k) }
func hashString(k string) uint64 { return maphash.String(shardSeed, k) }

// A builtinMap is for one goroutine only.
type builtinMap[K, V comparable] struct{ m map[K]V }

func newBuiltinMap[K, V comparable]() table[K, V] { return builtinMap[K, V]{map[K]V{}} }

func (s builtinMap[K, V]) Load(k K) (v V, ok bool) { v, ok = s.m[k]; return v, ok }
func (s builtinMap[K, V]) Store(k K, v V)          { s.m[k] = v }
func (s builtinMap[K, V]) Delete(k K)              { delete(s.m, k) }

func (s builtinMap[K, V]) LoadOrStore(k K, v V) (V, bool) {
	if present, ok := s.m[k]; ok {
		return present, true
	}
	s.m[k] = v
	return v, false
}

func (s builtinMap[K, V]) CompareAndSwap(k K, old, new V) bool {
	v, ok := s.m[k]
	if ok && v == old {
		s.m[k] = new
		return true
	}
	return false
}

func (s builtinMap[K, V]) Range(f func(K, V) bool) {
	for k, v := range s.m {
		if !f(k, v) {
			return
		}
	}
}
