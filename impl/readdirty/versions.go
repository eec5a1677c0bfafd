package readdirty

// The exported types differ in the methods they have, and in the rules that
// their deletions follow.

// Go114 is the map of Go 1.9 to 1.14. Its Delete removes a key that is only in
// dirty, and does not count a miss. The zero value is an empty map, ready for
// use. A Go114 must not be copied after first use.
type Go114 core

// Load returns the value of key. If the map has no such key, it returns nil and
// false.
func (m *Go114) Load(key any) (value any, ok bool) {
	return (*core)(m).load(key)
}

// Store sets the value of key.
//
// It linearizes when the word of the key's entry is swapped, or, for a key in
// neither map, when its new entry is added to dirty.
func (m *Go114) Store(key, value any) {
	(*core)(m).swap(key, value)
}

// LoadOrStore returns the value of key and true if the map has the key.
// Otherwise it stores value and returns value and false.
//
// It linearizes when it reads a value in the word of the key's entry, or changes
// the word from nil, or, for a key in neither map, when its new entry is added to
// dirty.
func (m *Go114) LoadOrStore(key, value any) (actual any, loaded bool) {
	return (*core)(m).loadOrStore(key, value)
}

// Delete deletes key, if the map has it.
//
// It linearizes, for a key in read, when its entry's word becomes nil or is seen to
// have no value; for a key only in dirty, at its removal; and for a key in neither
// map, at the load of read or, if that is amended, at the lookup in
// dirty.
func (m *Go114) Delete(key any) {
	(*core)(m).delete(key, delete114Rule)
}

// Range calls f for each key that has a value, in no particular order, until f
// returns false. It visits no key twice. Each visit is a Load of its key, at a
// separate instant. f may call any method. A nil f panics unless the map is
// empty.
func (m *Go114) Range(f func(key, value any) bool) {
	(*core)(m).traverse(f)
}

// Go1150 is the map of Go 1.15.0 and 1.15.1. Its deletions do not remove a key that
// is only in dirty: it stays there until a promotion, which may never happen
// (golang/go#40999). The zero value is an empty map, ready for use. A Go1150
// must not be copied after first use.
type Go1150 core

// Load returns the value of key. If the map has no such key, it returns nil and
// false.
func (m *Go1150) Load(key any) (value any, ok bool) {
	return (*core)(m).load(key)
}

// Store sets the value of key.
//
// It linearizes when the word of the key's entry is swapped, or, for a key in
// neither map, when its new entry is added to dirty.
func (m *Go1150) Store(key, value any) {
	(*core)(m).swap(key, value)
}

// LoadOrStore returns the value of key and true if the map has the key.
// Otherwise it stores value and returns value and false.
//
// It linearizes when it reads a value in the word of the key's entry, or changes
// the word from nil, or, for a key in neither map, when its new entry is added to
// dirty.
func (m *Go1150) LoadOrStore(key, value any) (actual any, loaded bool) {
	return (*core)(m).loadOrStore(key, value)
}

// LoadAndDelete deletes key and returns the previous value. If the map has no
// such key, it returns nil and false.
//
// It linearizes when the word of the key's entry becomes nil or is seen to have no
// value, whichever map the entry is in; and for a key in neither map, at the load
// of read or, if that is amended, at the lookup in dirty.
func (m *Go1150) LoadAndDelete(key any) (value any, loaded bool) {
	return (*core)(m).delete(key, delete1150Rule)
}

// Delete is LoadAndDelete without the result, and linearizes in the same way.
func (m *Go1150) Delete(key any) {
	m.LoadAndDelete(key)
}

// Range calls f for each key that has a value, in no particular order, until f
// returns false. It visits no key twice. Each visit is a Load of its key, at a
// separate instant. f may call any method. A nil f panics unless the map is
// empty.
func (m *Go1150) Range(f func(key, value any) bool) {
	(*core)(m).traverse(f)
}

// Go1152 is the map of Go 1.15.2 to 1.19. Its deletions remove a key that is
// only in dirty, and count a miss. The zero value is an empty map, ready for
// use. A Go1152 must not be copied after first use.
type Go1152 core

// Load returns the value of key. If the map has no such key, it returns nil and
// false.
func (m *Go1152) Load(key any) (value any, ok bool) {
	return (*core)(m).load(key)
}

// Store sets the value of key.
//
// It linearizes when the word of the key's entry is swapped, or, for a key in
// neither map, when its new entry is added to dirty.
func (m *Go1152) Store(key, value any) {
	(*core)(m).swap(key, value)
}

// LoadOrStore returns the value of key and true if the map has the key.
// Otherwise it stores value and returns value and false.
//
// It linearizes when it reads a value in the word of the key's entry, or changes
// the word from nil, or, for a key in neither map, when its new entry is added to
// dirty.
func (m *Go1152) LoadOrStore(key, value any) (actual any, loaded bool) {
	return (*core)(m).loadOrStore(key, value)
}

// LoadAndDelete deletes key and returns the previous value. If the map has no
// such key, it returns nil and false.
//
// It linearizes, for a key in read, when its entry's word becomes nil or is seen to
// have no value; for a key only in dirty, at its removal; and for a key in neither
// map, at the load of read or, if that is amended, at the lookup in
// dirty.
func (m *Go1152) LoadAndDelete(key any) (value any, loaded bool) {
	return (*core)(m).delete(key, delete1152Rule)
}

// Delete is LoadAndDelete without the result, and linearizes in the same way.
func (m *Go1152) Delete(key any) {
	m.LoadAndDelete(key)
}

// Range calls f for each key that has a value, in no particular order, until f
// returns false. It visits no key twice. Each visit is a Load of its key, at a
// separate instant. f may call any method. A nil f panics unless the map is
// empty.
func (m *Go1152) Range(f func(key, value any) bool) {
	(*core)(m).traverse(f)
}

// Go123 is the map of Go 1.23 and, except for Clear, that of Go 1.20 to 1.22. Its
// LoadAndDelete and Delete are those of Go 1.15.2. Its CompareAndDelete does not
// remove a key that is only in dirty, like the deletions of Go 1.15.0. The zero
// value is an empty map, ready for use. A Go123 must not be copied after first use.
type Go123 core

// Load returns the value of key. If the map has no such key, it returns nil and
// false.
func (m *Go123) Load(key any) (value any, ok bool) {
	return (*core)(m).load(key)
}

// Store sets the value of key.
//
// It linearizes when the word of the key's entry is swapped, or, for a key in
// neither map, when its new entry is added to dirty.
func (m *Go123) Store(key, value any) {
	(*core)(m).swap(key, value)
}

// LoadOrStore returns the value of key and true if the map has the key.
// Otherwise it stores value and returns value and false.
//
// It linearizes when it reads a value in the word of the key's entry, or changes
// the word from nil, or, for a key in neither map, when its new entry is added to
// dirty.
func (m *Go123) LoadOrStore(key, value any) (actual any, loaded bool) {
	return (*core)(m).loadOrStore(key, value)
}

// LoadAndDelete deletes key and returns the previous value. If the map has no
// such key, it returns nil and false.
//
// It linearizes, for a key in read, when its entry's word becomes nil or is seen to
// have no value; for a key only in dirty, at its removal; and for a key in neither
// map, at the load of read or, if that is amended, at the lookup in
// dirty.
func (m *Go123) LoadAndDelete(key any) (value any, loaded bool) {
	return (*core)(m).delete(key, delete1152Rule)
}

// Delete is LoadAndDelete without the result, and linearizes in the same way.
func (m *Go123) Delete(key any) {
	m.LoadAndDelete(key)
}

// Swap sets the value of key and returns the previous value. If the map had no
// such key, it returns nil and false.
//
// It linearizes as Store does.
func (m *Go123) Swap(key, value any) (previous any, loaded bool) {
	return (*core)(m).swap(key, value)
}

// CompareAndSwap sets the value of key to new if the map has the key with a
// value equal to old, and reports whether it did. If the comparison panics, so
// does CompareAndSwap, without effect.
//
// It linearizes when the word of the key's entry is changed. If it fails, it
// linearizes when the word is read, or as LoadAndDelete does for an absent key.
func (m *Go123) CompareAndSwap(key, old, new any) (swapped bool) {
	return (*core)(m).compareAndSwap(key, old, new)
}

// CompareAndDelete deletes key if the map has it with a value equal to old,
// and reports whether it did. If the comparison panics, so does
// CompareAndDelete, without effect.
//
// It linearizes when the word of the key's entry becomes nil, whichever map the
// entry is in. If it fails, it linearizes when the word is read, or as
// LoadAndDelete does for an absent key.
func (m *Go123) CompareAndDelete(key, old any) (deleted bool) {
	return (*core)(m).compareAndDelete(key, old)
}

// Clear deletes every key.
//
// It linearizes when the empty index is stored in read. On an empty map, it
// linearizes at the load of read.
func (m *Go123) Clear() {
	(*core)(m).clear()
}

// Range calls f for each key that has a value, in no particular order, until f
// returns false. It visits no key twice. Each visit is a Load of its key, at a
// separate instant. f may call any method. A nil f panics unless the map is
// empty.
func (m *Go123) Range(f func(key, value any) bool) {
	(*core)(m).traverse(f)
}
