package flatmap

import (
	"hash/maphash"
	"sync/atomic"
	"unsafe"
)

// raw is a key or value as it lies in its slot: a word or a pointer, or both for
// strings.
type raw struct {
	word    uint64
	pointer unsafe.Pointer
}

// long is the length of a string that is boxed, in place of its own.
const long = 0xff

// inline reports whether keys are in their slots themselves. For most types K
// the compiler knows.
func (t *table[K, V]) inline() bool {
	var key K
	return unsafe.Sizeof(key) <= slotSize && t.kinds.key <= pointer
}

// strings reports whether keys are strings.
func (t *table[K, V]) strings() bool {
	var key K
	return unsafe.Sizeof(key) == unsafe.Sizeof("") && t.kinds.key == text
}

// hash returns the hash of key and, of a key that is in its slot itself, its
// bits. It panics if the dynamic type of key cannot be hashed.
func (t *table[K, V]) hash(key *K) (bits, hash uint64) {
	if t.inline() {
		bits = bitsOf(key)
		return bits, hashWord(bits, t.seed)
	}
	return 0, t.hashLong(key)
}

// hashLong hashes a key that is not in its slot itself.
func (t *table[K, V]) hashLong(key *K) uint64 {
	if t.strings() {
		return hashString(*(*string)(unsafe.Pointer(key)), t.seed)
	}
	return maphash.Comparable(process, *key) ^ t.seed
}

// encodeKey returns key as it lies in a slot.
func (t *table[K, V]) encodeKey(key *K, hash uint64) raw {
	switch t.kinds.key {
	case boxed:
		return raw{pointer: box(boxedKey[K]{*key, hash})}
	case text:
		s := *(*string)(unsafe.Pointer(key))
		if len(s) == 0 || len(s) >= long {
			return raw{word: long, pointer: box(s)}
		}
		return raw{word: uint64(len(s)), pointer: unsafe.Pointer(unsafe.StringData(s))}
	}
	return encode(*key, t.kinds.key)
}

// decodeKey returns the key that lies in a slot.
func decodeKey[K comparable](k raw, of kind) (key K) {
	switch of {
	case boxed:
		return (*boxedKey[K])(k.pointer).key
	case text:
		s := k.text()
		return *(*K)(unsafe.Pointer(&s))
	}
	return decode[K](k, of)
}

// text returns a string.
func (r raw) text() string {
	if r.word == long {
		return *(*string)(r.pointer)
	}
	return unsafe.String((*byte)(r.pointer), int(r.word))
}

// is reports whether k is key, whose bits these are if it is in its slot itself.
func (t *table[K, V]) is(k raw, key *K, bits uint64) bool {
	if t.inline() {
		return k.bits(t.kinds.key) == bits
	}
	if t.strings() {
		return k.text() == *(*string)(unsafe.Pointer(key))
	}
	return (*boxedKey[K])(k.pointer).key == *key
}

// bits returns the content of a slot as a number.
func (r raw) bits(k kind) uint64 {
	if k == word {
		return r.word
	}
	return uint64(uintptr(r.pointer))
}

// loadKey returns the key in slot i. It may be put together from two, unless the
// caller has the lock or finds guard unchanged afterwards.
func (t *table[K, V]) loadKey(b *bucket, i uintptr) raw {
	k := load(b.key(i), t.kinds.key)
	if t.strings() {
		k.word = atomic.LoadUint64(b.lengths()) >> (8 * i) & 0xff
	}
	return k
}

// storeKey sets the key in slot i.
func (t *table[K, V]) storeKey(b *bucket, i uintptr, k raw) {
	store(b.key(i), t.kinds.key, k)
	if t.strings() {
		all := b.lengths()
		atomic.StoreUint64(all, *all&^tagAt(0xff, i)|tagAt(k.word, i))
	}
}

func (b *bucket) lengths() *uint64 { return (*uint64)(unsafe.Add(unsafe.Pointer(b), lengthsAt)) }

// hashOf returns the hash of a key that lies in a slot.
func (t *table[K, V]) hashOf(k raw) uint64 {
	switch t.kinds.key {
	case boxed:
		return (*boxedKey[K])(k.pointer).hash
	case text:
		return hashString(k.text(), t.seed)
	}
	return hashWord(k.bits(t.kinds.key), t.seed)
}

// pointerIn returns where in a slot a pointer lies.
func pointerIn(slot unsafe.Pointer) *unsafe.Pointer {
	return (*unsafe.Pointer)(unsafe.Add(slot, slotSize-unsafe.Sizeof(uintptr(0))))
}

// loadBits returns what is in a slot, as a number.
func loadBits(slot unsafe.Pointer, k kind) uint64 {
	if k == word || unsafe.Sizeof(uintptr(0)) == slotSize {
		return atomic.LoadUint64((*uint64)(slot))
	}
	return uint64(uintptr(atomic.LoadPointer(pointerIn(slot))))
}

// load returns what is in a slot.
func load(slot unsafe.Pointer, k kind) (r raw) {
	if k == word {
		return raw{word: atomic.LoadUint64((*uint64)(slot))}
	}
	return raw{pointer: atomic.LoadPointer(pointerIn(slot))}
}

// store sets a slot.
func store(slot unsafe.Pointer, k kind, r raw) {
	if k == word {
		atomic.StoreUint64((*uint64)(slot), r.word)
		return
	}
	atomic.StorePointer(pointerIn(slot), r.pointer)
}

// encode returns x as it lies in a slot.
func encode[T any](x T, k kind) raw {
	switch k {
	case word:
		return raw{word: bitsOf(&x)}
	case pointer:
		return raw{pointer: *(*unsafe.Pointer)(unsafe.Pointer(&x))}
	}
	return raw{pointer: box(x)}
}

func box[T any](x T) unsafe.Pointer { return unsafe.Pointer(&x) }

// decode returns what lies in a slot; a box must not be nil.
func decode[T any](r raw, k kind) (x T) {
	switch k {
	case word:
		return fromBits[T](r.word)
	case pointer:
		return *(*T)(unsafe.Pointer(&r.pointer))
	}
	return *(*T)(r.pointer)
}
