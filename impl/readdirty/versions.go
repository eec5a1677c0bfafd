package readdirty

// The exported types differ in which methods they have, and in the rule that
// their deletions follow.

// Go114 is the map of Go 1.9 to 1.14. Its Delete removes a key that is only in
// dirty, and counts no miss for it. The zero value is an empty map, ready for
// use; it must not be copied after first use.
type Go114 core

// Load returns the value of key. If the map has no such key it returns nil and
// false.
func (m *Go114) Load(key any) (value any, ok bool) {
	return (*core)(m).load(key)
}

// Store sets the value of key.
//
// Linearizes when the word of the key's entry is swapped, or, for a key in
// neither map, when its new entry enters dirty.
func (m *Go114) Store(key, value any) {
	(*core)(m).swap(key, value)
}

// LoadOrStore returns the value of key and true if the map has the key;
// otherwise it stores value and returns it with false.
//
// Linearizes when the word of the key's entry is read with a value in it or
// changed from nil, or, for a key in neither map, when its new entry enters
// dirty.
func (m *Go114) LoadOrStore(key, value any) (actual any, loaded bool) {
	return (*core)(m).loadOrStore(key, value)
}

// Delete deletes key, if the map has it.
//
// Linearizes for a key in read when its entry's word becomes nil or is seen to
// have no value, for a key in dirty only at its removal from dirty; for a key
// in neither map at the load of read, or, if that is amended, at the lookup in
// dirty.
func (m *Go114) Delete(key any) {
	(*core)(m).delete(key, delete114Rule)
}

// Range calls f for each key that has a value, in no particular order, until f
// returns false. No key is visited twice; each visit is a Load of its key, at an
// instant of its own. f may call any method. A nil f panics unless the map is
// empty.
func (m *Go114) Range(f func(key, value any) bool) {
	(*core)(m).traverse(f)
}

// Go1150 is the map of Go 1.15.0 and 1.15.1. Its deletions leave a key that is
// only in dirty there, for as long as it takes to promote dirty, which may be
// for ever (golang/go#40999). The zero value is an empty map, ready for use; it
// must not be copied after first use.
type Go1150 core

// Load returns the value of key. If the map has no such key it returns nil and
// false.
func (m *Go1150) Load(key any) (value any, ok bool) {
	return (*core)(m).load(key)
}

// Store sets the value of key.
//
// Linearizes when the word of the key's entry is swapped, or, for a key in
// neither map, when its new entry enters dirty.
func (m *Go1150) Store(key, value any) {
	(*core)(m).swap(key, value)
}

// LoadOrStore returns the value of key and true if the map has the key;
// otherwise it stores value and returns it with false.
//
// Linearizes when the word of the key's entry is read with a value in it or
// changed from nil, or, for a key in neither map, when its new entry enters
// dirty.
func (m *Go1150) LoadOrStore(key, value any) (actual any, loaded bool) {
	return (*core)(m).loadOrStore(key, value)
}

// LoadAndDelete deletes key and returns the value it had. If the map has no
// such key it returns nil and false.
//
// Linearizes when the word of the key's entry becomes nil or is seen to have no
// value, wherever the entry is; for a key in neither map at the load of read,
// or, if that is amended, at the lookup in dirty.
func (m *Go1150) LoadAndDelete(key any) (value any, loaded bool) {
	return (*core)(m).delete(key, delete1150Rule)
}

// Delete is LoadAndDelete without the result, and linearizes with it.
func (m *Go1150) Delete(key any) {
	m.LoadAndDelete(key)
}

// Range calls f for each key that has a value, in no particular order, until f
// returns false. No key is visited twice; each visit is a Load of its key, at an
// instant of its own. f may call any method. A nil f panics unless the map is
// empty.
func (m *Go1150) Range(f func(key, value any) bool) {
	(*core)(m).traverse(f)
}

// Go1152 is the map of Go 1.15.2 to 1.19. Its deletions remove a key that is
// only in dirty, then count a miss. The zero value is an empty map, ready for
// use; it must not be copied after first use.
type Go1152 core

// Load returns the value of key. If the map has no such key it returns nil and
// false.
func (m *Go1152) Load(key any) (value any, ok bool) {
	return (*core)(m).load(key)
}

// Store sets the value of key.
//
// Linearizes when the word of the key's entry is swapped, or, for a key in
// neither map, when its new entry enters dirty.
func (m *Go1152) Store(key, value any) {
	(*core)(m).swap(key, value)
}

// LoadOrStore returns the value of key and true if the map has the key;
// otherwise it stores value and returns it with false.
//
// Linearizes when the word of the key's entry is read with a value in it or
// changed from nil, or, for a key in neither map, when its new entry enters
// dirty.
func (m *Go1152) LoadOrStore(key, value any) (actual any, loaded bool) {
	return (*core)(m).loadOrStore(key, value)
}

// LoadAndDelete deletes key and returns the value it had. If the map has no
// such key it returns nil and false.
//
// Linearizes for a key in read when its entry's word becomes nil or is seen to
// have no value, for a key in dirty only at its removal from dirty; for a key
// in neither map at the load of read, or, if that is amended, at the lookup in
// dirty.
func (m *Go1152) LoadAndDelete(key any) (value any, loaded bool) {
	return (*core)(m).delete(key, delete1152Rule)
}

// Delete is LoadAndDelete without the result, and linearizes with it.
func (m *Go1152) Delete(key any) {
	m.LoadAndDelete(key)
}

// Range calls f for each key that has a value, in no particular order, until f
// returns false. No key is visited twice; each visit is a Load of its key, at an
// instant of its own. f may call any method. A nil f panics unless the map is
// empty.
func (m *Go1152) Range(f func(key, value any) bool) {
	(*core)(m).traverse(f)
}

// Go123 is the map of Go 1.23, and but for Clear that of Go 1.20 to 1.22. Its
// LoadAndDelete and Delete are those of Go 1.15.2; its CompareAndDelete leaves a
// key that is only in dirty there, as the deletions of Go 1.15.0 did. The zero
// value is an empty map, ready for use; it must not be copied after first use.
type Go123 core

// Load returns the value of key. If the map has no such key it returns nil and
// false.
func (m *Go123) Load(key any) (value any, ok bool) {
	return (*core)(m).load(key)
}

// Store sets the value of key.
//
// Linearizes when the word of the key's entry is swapped, or, for a key in
// neither map, when its new entry enters dirty.
func (m *Go123) Store(key, value any) {
	(*core)(m).swap(key, value)
}

// LoadOrStore returns the value of key and true if the map has the key;
// otherwise it stores value and returns it with false.
//
// Linearizes when the word of the key's entry is read with a value in it or
// changed from nil, or, for a key in neither map, when its new entry enters
// dirty.
func (m *Go123) LoadOrStore(key, value any) (actual any, loaded bool) {
	return (*core)(m).loadOrStore(key, value)
}

// LoadAndDelete deletes key and returns the value it had. If the map has no
// such key it returns nil and false.
//
// Linearizes for a key in read when its entry's word becomes nil or is seen to
// have no value, for a key in dirty only at its removal from dirty; for a key
// in neither map at the load of read, or, if that is amended, at the lookup in
// dirty.
func (m *Go123) LoadAndDelete(key any) (value any, loaded bool) {
	return (*core)(m).delete(key, delete1152Rule)
}

// Delete is LoadAndDelete without the result, and linearizes with it.
func (m *Go123) Delete(key any) {
	m.LoadAndDelete(key)
}

// Swap sets the value of key and returns the value it had. If the map had no
// such key it returns nil and false.
//
// Linearizes as Store does.
func (m *Go123) Swap(key, value any) (previous any, loaded bool) {
	return (*core)(m).swap(key, value)
}

// CompareAndSwap sets the value of key to new if the map has the key with a
// value equal to old, and reports whether it did. It panics, without effect,
// if the comparison does.
//
// Linearizes when the word of the key's entry is changed; if it fails, when the
// word is read, or as LoadAndDelete does without a key.
func (m *Go123) CompareAndSwap(key, old, new any) (swapped bool) {
	return (*core)(m).compareAndSwap(key, old, new)
}

// CompareAndDelete deletes key if the map has it with a value equal to old,
// and reports whether it did. It panics, without effect, if the comparison
// does.
//
// Linearizes when the word of the key's entry becomes nil, wherever the entry
// is; if it fails, when the word is read, or as LoadAndDelete does without a
// key.
func (m *Go123) CompareAndDelete(key, old any) (deleted bool) {
	return (*core)(m).compareAndDelete(key, old)
}

// Clear deletes every key.
//
// Linearizes when the empty index is stored in read; on an empty map at the
// load of read.
func (m *Go123) Clear() {
	(*core)(m).clear()
}

// Range calls f for each key that has a value, in no particular order, until f
// returns false. No key is visited twice; each visit is a Load of its key, at an
// instant of its own. f may call any method. A nil f panics unless the map is
// empty.
func (m *Go123) Range(f func(key, value any) bool) {
	(*core)(m).traverse(f)
}
