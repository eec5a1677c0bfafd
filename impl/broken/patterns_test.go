package broken

import (
	"math"
	"runtime"
	"slices"
)

// demonstrations holds the programs that the doc comments describe, by map name.
var demonstrations = map[string]demonstration{
	"S1-lost-swap": raced(func(m surface) bool {
		var first, second any
		m.Store("k", 0)
		together(func() { first, _ = m.Swap("k", 1) }, func() { second, _ = m.Swap("k", 2) })
		return first == second
	}),
	"S1-two-deleters": raced(func(m surface) bool {
		var first, second bool
		m.Store("k", 0)
		together(func() { _, first = m.LoadAndDelete("k") }, func() { _, second = m.LoadAndDelete("k") })
		return first && second
	}),
	"S1-two-storers": raced(func(m surface) bool {
		var first, second bool
		together(func() { _, first = m.LoadOrStore("k", 1) }, func() { _, second = m.LoadOrStore("k", 2) })
		return !first && !second
	}),
	"S1-compare-then-swap": raced(func(m surface) bool {
		var first, second bool
		m.Store("k", 0)
		together(func() { first = m.CompareAndSwap("k", 0, 1) }, func() { second = m.CompareAndSwap("k", 0, 2) })
		return first && second
	}),
	"S1-compare-then-delete": raced(func(m surface) bool {
		var first, second bool
		m.Store("k", 0)
		together(func() { first = m.CompareAndDelete("k", 0) }, func() { second = m.CompareAndDelete("k", 0) })
		return first && second
	}),
	"S1-gap-in-store": raced(func(m surface) bool {
		var ok bool
		m.Store("k", 1)
		together(func() { m.Store("k", 2) }, func() { _, ok = m.Load("k") })
		return !ok
	}),
	"S1-length-as-version": raced(func(m surface) bool {
		var first, second bool
		m.Store("b", 0)
		together(
			func() { _, first = m.LoadOrStore("a", 1) },
			func() { m.Delete("b"); _, second = m.LoadOrStore("a", 2) })
		return !first && !second
	}),
	"S1-store-to-dead-entry": raced(func(m surface) bool {
		var deleted any
		m.Store("k", 0)
		together(func() { m.Store("k", 1) }, func() { deleted, _ = m.LoadAndDelete("k") })
		_, ok := m.Load("k")
		return deleted == 0 && !ok
	}),
	"S1-reused-entry": raced(func(m surface) bool {
		var value any
		var ok bool
		m.Store("a", 0)
		together(func() { value, ok = m.Load("a") }, func() { m.Delete("a"); m.Store("bb", 1) })
		return ok && value != 0
	}),
	"S1-stale-load": raced(func(m surface) bool {
		m.Store("k", 1)
		together(func() { m.Load("k") }, func() { m.Store("k", 2) })
		value, _ := m.Load("k")
		return value != 2
	}),

	"S2-folded-by-length": once(func(m surface) bool {
		m.Store("a", 1)
		m.Store("b", 2)
		value, _ := m.Load("a")
		return value != 1
	}),
	"S2-evicts-neighbour": once(func(m surface) bool {
		m.Store("conn-1", 1)
		m.Store("conn-11", 2)
		_, ok := m.Load("conn-1")
		return !ok
	}),

	"S3-nil-is-absent": once(func(m surface) bool {
		m.Store("k", nil)
		_, ok := m.Load("k")
		return !ok
	}),
	"S3-value-with-false": once(func(m surface) bool {
		m.Store("a", 1)
		value, ok := m.Load("bb")
		return !ok && value != nil
	}),

	"S4-overwrites-loaded": once(func(m surface) bool {
		m.Store("k", 1)
		actual, loaded := m.LoadOrStore("k", 2)
		value, _ := m.Load("k")
		return actual == 1 && loaded && value == 2
	}),
	"S4-swap-returns-new": once(func(m surface) bool {
		m.Store("k", 1)
		previous, loaded := m.Swap("k", 2)
		return previous == 2 && loaded
	}),
	"S4-deleted-says-false": once(func(m surface) bool {
		m.Store("k", 1)
		value, loaded := m.LoadAndDelete("k")
		return value == 1 && !loaded
	}),

	"S5-failed-swap-deletes": once(func(m surface) bool {
		m.Store("k", 1)
		swapped := m.CompareAndSwap("k", 2, 3)
		_, ok := m.Load("k")
		return !swapped && !ok
	}),
	"S5-failed-swap-stores": once(func(m surface) bool {
		m.Store("k", 1)
		swapped := m.CompareAndSwap("k", 2, 3)
		value, _ := m.Load("k")
		return !swapped && value == 3
	}),
	"S5-absent-nil-deletes": once(func(m surface) bool { return m.CompareAndDelete("k", nil) }),
	"S5-absent-nil-swaps":   once(func(m surface) bool { return m.CompareAndSwap("k", nil, 1) && m.Len() == 1 }),

	"S6-removes-first": once(func(m surface) bool {
		m.Store("k", []int{1})
		panicked := panics(func() { m.CompareAndDelete("k", []int{1}) })
		_, ok := m.Load("k")
		return panicked && !ok
	}),
	"S6-deep-equal": once(func(m surface) bool {
		m.Store("k", []int{1})
		var swapped bool
		panics(func() { swapped = m.CompareAndSwap("k", []int{1}, 2) })
		return swapped
	}),
	"S6-swallows-panic": once(func(m surface) bool {
		m.Store("k", []int{1})
		return !panics(func() { m.CompareAndSwap("k", []int{1}, 2) })
	}),
	"S6-compares-boxes": once(func(m surface) bool {
		m.Store("k", ownString("value"))
		return !m.CompareAndSwap("k", ownString("value"), 2)
	}),

	"S7-nan-found": once(func(m surface) bool {
		m.Store(math.NaN(), 1)
		_, ok := m.Load(math.NaN())
		return ok
	}),
	"S7-nan-overwritten": once(func(m surface) bool {
		m.Store(math.NaN(), 1)
		m.Store(math.NaN(), 2)
		return m.Len() != 2
	}),
	"S7-swallows-unhashable": once(func(m surface) bool {
		return !panics(func() { m.Store([]int{1}, 1) })
	}),
	"S7-panic-has-effect": once(func(m surface) bool {
		return panics(func() { m.Store([]int{1}, 1) }) && m.Len() != 0
	}),
	"S7-clear-keeps-nan": once(func(m surface) bool {
		m.Store(math.NaN(), 1)
		m.Clear()
		return m.Len() != 0
	}),

	"S8-keeps-both":    once(func(m surface) bool { return instancesAlive(m) == 2 }),
	"S8-keeps-neither": once(func(m surface) bool { return instancesAlive(m) == 0 }),

	"S9-needs-new": func(fresh func() surface, _ int) bool {
		return panics(func() { zero(fresh).Load("k") })
	},
	"S9-nil-table": func(fresh func() surface, _ int) bool {
		m := zero(fresh)
		return panics(func() { m.Store("k", 1) })
	},

	"T1-visits-twice": once(func(m surface) bool {
		visits := 0
		m.Store("k", 1)
		m.Range(func(key, _ any) bool {
			visits++
			m.Delete(key)
			m.Store(key, 2)
			return true
		})
		return visits > 1
	}),
	"T1-misses-resident": once(func(m surface) bool {
		visits := 0
		m.Store("a", 1)
		m.Store("bb", 2)
		m.Range(func(key, _ any) bool {
			visits++
			if key == "a" {
				m.Delete(key)
			}
			return true
		})
		return visits == 1
	}),
	"T1-foreign-value": once(func(m surface) bool {
		var second any = 2
		m.Store("a", 1)
		m.Store("bb", 2)
		m.Range(func(key, value any) bool {
			if key == "bb" {
				second = value
			}
			m.Delete("bb")
			return true
		})
		return second != 2
	}),

	"T2-all-once": once(func(m surface) bool {
		m.Store("k", 1)
		all := m.All()
		visits := 0
		for range 2 {
			for range all {
				visits++
			}
		}
		return visits != 2
	}),
	"T2-keys-at-call": once(func(m surface) bool {
		keys := m.Keys()
		m.Store("k", 1)
		return len(slices.Collect(keys)) != 1
	}),
	"T2-values-skip-nil": once(func(m surface) bool {
		m.Store("k", nil)
		return len(slices.Collect(m.Values())) != 1
	}),

	"T3-lock-held": once(func(m surface) bool {
		m.Store("k", 1)
		return hangs(func() { m.Range(func(key, _ any) bool { m.Load(key); return true }) })
	}),
	"T3-read-lock-held": once(func(m surface) bool {
		m.Store("k", 1)
		return hangs(func() { m.Range(func(key, _ any) bool { m.Store(key, 2); return true }) })
	}),

	"T4-swallows-panic": once(func(m surface) bool {
		m.Store("k", 1)
		return !panics(func() { m.Range(func(_, _ any) bool { panic("callback") }) })
	}),
	"T4-swallows-goexit": once(func(m surface) bool {
		returned := false
		m.Store("k", 1)
		elsewhere(func() {
			m.Range(func(_, _ any) bool { runtime.Goexit(); return true })
			returned = true
		})
		return returned
	}),
	"T4-keeps-lock": once(func(m surface) bool {
		m.Store("k", 1)
		return hangs(func() {
			panics(func() { m.Range(func(_, _ any) bool { panic("callback") }) })
			m.Load("k")
		})
	}),
	"T4-nil-ignored": once(func(m surface) bool {
		m.Store("k", 1)
		return !panics(func() { m.Range(nil) })
	}),

	"T5-clear-in-halves": raced(func(m surface) bool {
		var first, second bool
		m.Store("a", 1)
		m.Store("bb", 2)
		together(m.Clear, func() { _, first = m.Load("a"); _, second = m.Load("bb") })
		return !first && second
	}),
	"T5-shrinking-loop": once(func(m surface) bool {
		m.Store("a", 1)
		m.Store("bb", 2)
		m.Clear()
		return m.Len() != 0
	}),

	"T6-uncounted-delete": once(func(m surface) bool {
		m.Store("k", 1)
		m.CompareAndDelete("k", 1)
		return m.Len() != 0
	}),
	"T6-counts-overwrites": once(func(m surface) bool {
		m.Store("k", 1)
		m.Store("k", 2)
		return m.Len() != 1
	}),
	"T6-counts-late": raced(func(m surface) bool {
		var first, second int
		use := func(length *int) func() {
			return func() { m.Store("k", 1); m.Delete("k"); *length = m.Len() }
		}
		together(use(&first), use(&second))
		return min(first, second) < 0 || max(first, second) > 1 || m.Len() != 0
	}),

	"R1-keeps-keys": once(func(m surface) bool {
		var p probe
		m.Store("resident", 1)
		elsewhere(func() {
			for range 100 {
				key := p.make()
				m.Store(key, 1)
				m.Delete(key)
			}
		})
		return p.alive(m) > 0
	}),
	"R1-keeps-compared-key": once(func(m surface) bool {
		var p probe
		elsewhere(func() {
			key := p.make()
			m.Store(key, 1)
			m.CompareAndDelete(key, 1)
		})
		return p.alive(m) > 0
	}),
	"R1-keeps-last-value": once(func(m surface) bool {
		var p probe
		elsewhere(func() { m.Store("k", p.make()); m.Delete("k") })
		return p.alive(m) > 0
	}),
	"R1-keeps-overwritten": once(func(m surface) bool {
		var p probe
		elsewhere(func() {
			m.Store("k", p.make())
			m.Store("k", p.make())
			m.Store("k", 1)
		})
		return p.alive(m) > 0
	}),
	"R1-clear-truncates": once(func(m surface) bool {
		var p probe
		elsewhere(func() { m.Store(p.make(), 1); m.Clear() })
		return p.alive(m) > 0
	}),

	"R2-logs-removals": once(func(m surface) bool {
		during, _ := churnedInRange(m)
		return during > 10
	}),
	"R2-keeps-log": once(func(m surface) bool {
		_, after := churnedInRange(m)
		return after > 10
	}),

	"R3-tombstone-per-delete": once(func(m surface) bool {
		var p probe
		elsewhere(func() {
			for range 1000 {
				key := p.make()
				m.Store(key, key)
				m.Delete(key)
			}
		})
		return p.alive(m) > 10
	}),
	"R3-value-per-overwrite": once(func(m surface) bool {
		var p probe
		elsewhere(func() {
			for range 1000 {
				m.Store("k", p.make())
			}
		})
		return p.alive(m) > 10
	}),

	"R4-never-shrinks": once(func(m surface) bool {
		const keys = 10_000
		before := heap()
		for i := range keys {
			m.Store(i, i)
		}
		for i := range keys {
			m.Delete(i)
		}
		for range keys { // further writes give a table the chance to shrink
			m.Store("k", 1)
			m.Delete("k")
		}
		after := heap()
		runtime.KeepAlive(m)
		return after > before+32*keys
	}),

	"P1-load-locks": once(func(m surface) bool {
		m.Store("k", 1)
		m.Load("k")
		defer stopStore(m)()
		return hangs(func() { m.Load("k") })
	}),
	"P1-miss-locks": once(func(m surface) bool {
		m.Store("k", 1)
		m.Load("k")
		defer stopStore(m)()
		return hangs(func() { m.Load("absent") })
	}),
	"P1-load-spins": once(func(m surface) bool {
		m.Store("k", 1)
		m.Load("k")
		defer stopStore(m)()
		return spins(func() { m.Load("k") })
	}),

	"P2-lock-order": raced(func(m surface) bool {
		return hangs(func() { m.Swap("k", 1) }, m.Clear)
	}),
	"P2-lost-wakeup": raced(func(m surface) bool {
		return hangs(func() { m.Store("k", 1) }, func() { m.Store("k", 2) })
	}),
	"P2-clear-keeps-lock": once(func(m surface) bool {
		return hangs(func() { m.Clear(); m.Clear() })
	}),

	"P3-compare-panic": once(func(m surface) bool {
		m.Store("k", []int{1})
		return hangs(func() {
			panics(func() { m.CompareAndDelete("k", []int{1}) })
			m.Load("k")
		})
	}),
	"P3-hash-panic": once(func(m surface) bool {
		return hangs(func() {
			panics(func() { m.Store([]int{1}, 1) })
			m.Load("k")
		})
	}),
}
