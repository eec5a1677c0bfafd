package broken

// The maps in this file break R1 to R4. Their results are right. Each comment
// says what bounds the memory that the map retains, since that determines the
// clause it breaks.

// graves holds deleted keys that a map retains. It holds at most as many as the
// map had live keys at any deletion.
type graves struct {
	keys []any
	peak int
}

// bury adds the key of e, deleted when the map had live keys.
func (g *graves) bury(e *entry, live int) {
	g.peak = max(g.peak, live)
	if len(g.keys) >= g.peak {
		g.keys = nil
	}
	g.keys = append(g.keys, e.key)
}

// R1KeepsKeys breaks R1: LoadAndDelete and Delete release the value but retain
// the key, until there are more graves than there were ever live keys.
//
// Modelled on sync.Map in Go 1.15.0 (go#40999), but bounded, which satisfies R3.
// Shown by Store, Delete and a garbage collection.
type R1KeepsKeys struct {
	core
	deleted graves
}

// LoadAndDelete retains the key.
func (m *R1KeepsKeys) LoadAndDelete(key any) (value any, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(key)
	if e == nil {
		return nil, false
	}
	m.deleted.bury(e, len(m.entries))
	m.unlink(key)
	return e.value, true
}

// Delete retains the key.
func (m *R1KeepsKeys) Delete(key any) { m.LoadAndDelete(key) }

// R1KeepsComparedKey breaks R1: CompareAndDelete retains the key like
// R1KeepsKeys, and the other deletions do not.
//
// Modelled on sync.Map in Go 1.23, whose CompareAndDelete left the key in dirty.
// Shown by Store, CompareAndDelete and a garbage collection.
type R1KeepsComparedKey struct {
	core
	deleted graves
}

// CompareAndDelete retains the key.
func (m *R1KeepsComparedKey) CompareAndDelete(key, old any) (deleted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.has(key, old) {
		return false
	}
	m.deleted.bury(m.find(key), len(m.entries))
	m.unlink(key)
	return true
}

// R1KeepsLastValue breaks R1: Delete and LoadAndDelete save the entry, with the
// value in it, for the next Store of a new key. The map saves only one entry.
//
// Modelled on haxmap v1.4.0, which retains values, and on free lists that do not
// clear their elements. Shown by Store, Delete and a garbage collection.
type R1KeepsLastValue struct {
	core
	free *entry
}

// LoadAndDelete saves the entry.
func (m *R1KeepsLastValue) LoadAndDelete(key any) (value any, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(key)
	if e == nil {
		return nil, false
	}
	m.unlink(key)
	e.key = nil
	m.free = e
	return e.value, true
}

// Delete saves the entry.
func (m *R1KeepsLastValue) Delete(key any) { m.LoadAndDelete(key) }

// Store uses the saved entry.
func (m *R1KeepsLastValue) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.free == nil || m.find(key) != nil {
		m.put(key, value)
		return
	}
	e := m.free
	m.free = nil
	e.key, e.value = key, value
	m.link(e)
}

// R1KeepsOverwritten breaks R1: Store, Swap and CompareAndSwap retain the value
// that they overwrote last, until the key is deleted.
//
// Modelled on maps that keep the previous version of each entry. Shown by two
// Stores of one key and a garbage collection.
type R1KeepsOverwritten struct{ core }

// Store retains the overwritten value.
func (m *R1KeepsOverwritten) Store(key, value any) { m.Swap(key, value) }

// Swap retains the overwritten value.
func (m *R1KeepsOverwritten) Swap(key, value any) (previous any, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(key)
	if e == nil {
		m.put(key, value)
		return nil, false
	}
	e.extra = e.value
	m.put(key, value)
	return e.extra, true
}

// CompareAndSwap retains the overwritten value.
func (m *R1KeepsOverwritten) CompareAndSwap(key, old, new any) (swapped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.has(key, old) {
		return false
	}
	e := m.find(key)
	e.extra = e.value
	m.put(key, new)
	return true
}

// R1ClearTruncates breaks R1: Clear collects the keys in a slice that it reuses,
// and truncates the slice without zeroing it.
//
// Modelled on s = s[:0] where s holds pointers. Shown by Store, Clear and a
// garbage collection.
type R1ClearTruncates struct {
	core
	scratch []any
}

// Clear deletes key by key, and then what cannot be found.
func (m *R1ClearTruncates) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.pairs() {
		m.scratch = append(m.scratch, p.key)
	}
	for _, key := range m.scratch {
		m.unlink(key)
	}
	m.scratch = m.scratch[:0]
	m.empty()
}

// R2LogsRemovals breaks R2: while a Range is in progress, Delete and
// LoadAndDelete log the keys and values that they remove. The map drops the log
// when no Range is in progress any more.
//
// Modelled on skipmap v0.1.4, where a suspended Range pins every deleted value.
// Shown by Range(f) where f stores and deletes 1,000 keys and collects garbage.
type R2LogsRemovals struct {
	core
	ranging int     // the number of Ranges in progress; guarded by mu
	removed []entry // since the first of them began; guarded by mu
}

// LoadAndDelete logs what it removes.
func (m *R2LogsRemovals) LoadAndDelete(key any) (value any, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(key)
	if e == nil {
		return nil, false
	}
	m.unlink(key)
	if m.ranging > 0 {
		m.removed = append(m.removed, *e)
	}
	return e.value, true
}

// Delete logs what it removes.
func (m *R2LogsRemovals) Delete(key any) { m.LoadAndDelete(key) }

// Range keeps the log while it is in progress.
func (m *R2LogsRemovals) Range(f func(key, value any) bool) {
	defer m.end()
	for _, p := range m.begin() {
		if !f(p.key, p.value) {
			return
		}
	}
}

func (m *R2LogsRemovals) begin() []entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ranging++
	return m.pairs()
}

func (m *R2LogsRemovals) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ranging--; m.ranging == 0 {
		m.removed = nil
	}
}

// R2KeepsLog breaks R2, and so R1, which it does not promise: the log of
// R2LogsRemovals stays when Range returns, until the next Range begins.
//
// Modelled on sync.Map in Go 1.23, which retains 10,000 keys even after Range has
// returned. Shown by Range(f) where f stores and deletes 1,000 keys, followed by a
// garbage collection.
type R2KeepsLog struct{ R2LogsRemovals }

// Range keeps the log when it returns.
func (m *R2KeepsLog) Range(f func(key, value any) bool) {
	defer m.keep()
	for _, p := range m.dropAndBegin() {
		if !f(p.key, p.value) {
			return
		}
	}
}

func (m *R2KeepsLog) dropAndBegin() []entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ranging++; m.ranging == 1 {
		m.removed = nil
	}
	return m.pairs()
}

func (m *R2KeepsLog) keep() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ranging--
}

// R3TombstonePerDelete breaks R3, and so R2, and R1, which it does not promise:
// Delete and LoadAndDelete retain the key for ever.
//
// Modelled on sync.Map in Go 1.15.0 (go#40999). Shown by a loop of Store and
// Delete with fresh keys.
type R3TombstonePerDelete struct {
	core
	tombstones []any
}

// LoadAndDelete adds a tombstone.
func (m *R3TombstonePerDelete) LoadAndDelete(key any) (value any, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(key)
	if e == nil {
		return nil, false
	}
	m.unlink(key)
	m.tombstones = append(m.tombstones, e.key)
	return e.value, true
}

// Delete adds a tombstone.
func (m *R3TombstonePerDelete) Delete(key any) { m.LoadAndDelete(key) }

// R3ValuePerOverwrite breaks R3, and so R2, and R1, which it does not promise:
// Store and Swap retain every value that they overwrite until the key is deleted.
//
// Modelled on version chains that are never cut. Shown by Stores of a single key.
type R3ValuePerOverwrite struct{ core }

// version is an overwritten value.
type version struct {
	value any
	older any
}

// Store retains the overwritten value.
func (m *R3ValuePerOverwrite) Store(key, value any) { m.Swap(key, value) }

// Swap retains the overwritten value.
func (m *R3ValuePerOverwrite) Swap(key, value any) (previous any, loaded bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e != nil {
		e.extra = &version{e.value, e.extra}
		previous, loaded = e.value, true
	}
	m.put(key, value)
	return previous, loaded
}

// R4NeverShrinks breaks R4, which it promises: its buckets, one per key, grow with
// the number of keys and never shrink, although keys and values are released.
//
// Modelled on Go's built-in map, which keeps 37.8 MB after a million entries were
// deleted. Shown by many Stores, their deletion, and the size of the heap.
type R4NeverShrinks struct {
	core
	buckets []bucket
}

// bucket has the size of a bucket of a table.
type bucket [64]byte

// Store grows the buckets.
func (m *R4NeverShrinks) Store(key, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(key, value)
	for len(m.buckets) < len(m.entries) {
		m.buckets = append(m.buckets, bucket{})
	}
}
