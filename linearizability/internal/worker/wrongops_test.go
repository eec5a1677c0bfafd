package worker

import (
	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/model"
)

// change makes cell k what to says of what is there, and returns what was.
// constant says that to looks at nothing.
func (m *wrong) change(x manner, k int, constant bool, to func(old int64) int64) int64 {
	switch x {
	case blind:
		if constant {
			return m.cells[k].Swap(to(0))
		}
		fallthrough
	case atomically, rechecked, once:
		return m.changeOptimistically(x, k, to)
	case torn, outside:
		old := m.cells[k].Load()
		if x == outside {
			m.lock(k)
			defer m.unlock(k)
		}
		m.put(k, old, to(old))
		return old
	}
	return m.changeLocked(x, k, to)
}

func (m *wrong) changeOptimistically(x manner, k int, to func(old int64) int64) int64 {
	for {
		old := m.cells[k].Load()
		new := to(old)
		if x == rechecked {
			m.lock(k)
			if m.cells[k].Load() != old {
				m.unlock(k)
				continue
			}
			m.put(k, old, new)
			m.unlock(k)
			return old
		}
		if old == new || m.swap(k, old, new) || x == once {
			return old
		}
	}
}

func (m *wrong) changeLocked(x manner, k int, to func(old int64) int64) int64 {
	m.lock(k)
	old := m.cells[k].Load()
	new := to(old)
	switch {
	case x == early:
		m.unlock(k)
		m.put(k, old, new)
		return old
	case x == panicking && old == 0:
		panic("the key is absent")
	case x == absent:
		m.put(k, old, 0)
		m.put(k, 0, new)
	case x == misreading:
		again := m.cells[k].Load()
		m.put(k, again, to(again))
	default:
		m.put(k, old, new)
	}
	if x != forgetting || old != 0 {
		m.unlock(k)
	}
	return old
}

func (m *wrong) read(x manner, k int) int64 {
	switch x {
	case locked:
		m.share(k)
		defer m.unshare(k)
	case mirrored:
		return m.copies[k].Load()
	case twice:
		m.cells[k].Load()
	case trying:
		if !m.tryLock(k) {
			return 0
		}
		defer m.unlock(k)
	case waiting_:
		for {
			if c := m.cells[k].Load(); c != 0 {
				return c
			}
			sched.Yield()
		}
	case deaf_:
		return 0
	}
	return m.cells[k].Load()
}

func value(c int64) (int, bool) {
	if c == 0 {
		return 0, false
	}
	return int(c - 1), true
}

func cell(v int) int64 { return int64(v) + 1 }

func to(c int64) func(int64) int64 { return func(int64) int64 { return c } }

func (m *wrong) Load(k int) (int, bool) { return value(m.read(m.manner[model.Load], k)) }

func (m *wrong) Store(k, v int) { m.change(m.manner[model.Store], k, true, to(cell(v))) }

func (m *wrong) Delete(k int) { m.change(m.manner[model.Delete], k, true, to(0)) }

func (m *wrong) LoadAndDelete(k int) (int, bool) {
	return value(m.change(m.manner[model.LoadAndDelete], k, true, to(0)))
}

func (m *wrong) Swap(k, v int) (int, bool) {
	return value(m.change(m.manner[model.Swap], k, true, to(cell(v))))
}

func (m *wrong) LoadOrStore(k, v int) (int, bool) {
	old := m.change(m.manner[model.LoadOrStore], k, false, func(c int64) int64 {
		if c == 0 {
			return cell(v)
		}
		return c
	})
	if old == 0 {
		return v, false
	}
	return value(old)
}

func (m *wrong) CompareAndSwap(k, old, new int) bool {
	return m.replace(m.manner[model.CompareAndSwap], k, cell(old), cell(new))
}

func (m *wrong) CompareAndDelete(k, old int) bool {
	return m.replace(m.manner[model.CompareAndDelete], k, cell(old), 0)
}

func (m *wrong) replace(x manner, k int, old, new int64) bool {
	return old == m.change(x, k, false, func(c int64) int64 {
		if c == old {
			return new
		}
		return c
	})
}

func (m *wrong) Clear() {
	x := m.manner[model.Clear]
	first, keys := 0, len(m.cells)
	if x == backwards {
		first = 1
	}
	if x == partly {
		keys--
	}
	if x != atomically {
		m.lockAll(first)
		defer m.unlockAll()
	}
	for i := range keys {
		k := (i + first) % 2
		if x == atomically {
			m.changeOptimistically(x, k, to(0))
		} else {
			m.put(k, m.cells[k].Load(), 0)
		}
	}
}

func (m *wrong) Len() int {
	x := m.manner[model.Len]
	keys := len(m.cells)
	switch x {
	case counted:
		return int(m.count.Load())
	case partly:
		keys--
	case locked:
		m.lockAll(0)
		defer m.unlockAll()
	}
	n := 0
	for k := range keys {
		if m.cells[k].Load() != 0 {
			n++
		}
	}
	return n
}

func (m *wrong) Range(f func(k, v int) bool) {
	x := m.manner[model.Range]
	keys := []int{0, 1}
	switch x {
	case twice:
		keys = append(keys, 0)
	case backwards:
		keys = []int{1, 0}
	case partly:
		keys = keys[:1]
	}
	var seen [2]int64
	if x == locked || x == within {
		m.lockAll(0)
		for k := range seen {
			seen[k] = m.cells[k].Load()
		}
		if x == locked {
			m.unlockAll()
		}
	}
	for _, k := range keys {
		if x == mirrored {
			seen[k] = m.copies[k].Load()
		} else if x != locked && x != within {
			seen[k] = m.cells[k].Load()
		}
		if v, ok := value(seen[k]); ok && !f(k, v) {
			break
		}
	}
	if x == within {
		m.unlockAll() // not after a panic of f
	}
}
