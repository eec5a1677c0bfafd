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
func inline[K comparable](t *table) bool {
	var key K
	return unsafe.Sizeof(key) <= slotSize && t.kinds.key <= pointer
}

// isText reports whether keys are strings.
func isText[K comparable](t *table) bool {
	var key K
	return unsafe.Sizeof(key) == unsafe.Sizeof("") && t.kinds.key == text
}

// hashOf returns the hash of key and, of a key that is in its slot itself, its
// bits. It panics if the dynamic type of key cannot be hashed.
func hashOf[K comparable](t *table, key *K) (bits, hash uint64) {
	if inline[K](t) {
		bits = bitsOf(key)
		return bits, hashWord(bits, t.seed)
	}
	return 0, hashLong(t, key)
}

// hashLong hashes a key that is not in its slot itself.
func hashLong[K comparable](t *table, key *K) uint64 {
	if isText[K](t) {
		return hashString(*(*string)(unsafe.Pointer(key)), t.seed)
	}
	return maphash.Comparable(process, *key) ^ t.seed
}

// encodeKey returns key as it lies in a slot.
func encodeKey[K comparable](t *table, key *K, hash uint64) raw {
	switch t.kinds.key {
	case boxed:
		return raw{pointer: box(boxedKey[K]{hash, *key})}
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
	case word:
		return fromBits[K](k.word)
	case text:
		s := k.text()
		return *(*K)(unsafe.Pointer(&s))
	}
	return dereferenceKey[K](k.pointer, of)
}

// dereferenceKey is decodeKey for pointers and boxes.
func dereferenceKey[K comparable](p unsafe.Pointer, of kind) K {
	if of == pointer {
		return *(*K)(unsafe.Pointer(&p))
	}
	return (*boxedKey[K])(p).key
}

// text returns a string.
func (r raw) text() string {
	if r.word == long {
		return *(*string)(r.pointer)
	}
	return unsafe.String((*byte)(r.pointer), int(r.word))
}

// isText reports whether r is s. Strings of 8 to 16 bytes are equal if both ends
// are; so no call is needed for these.
func (r raw) isText(s string) bool {
	n := uint64(len(s))
	if n < 8 || n > 16 {
		return r.text() == s
	}
	p, q := r.pointer, unsafe.Pointer(unsafe.StringData(s))
	return r.word == n && *(*[8]byte)(p) == *(*[8]byte)(q) &&
		*(*[8]byte)(unsafe.Add(p, n-8)) == *(*[8]byte)(unsafe.Add(q, n-8))
}

// is reports whether k is key, which is not in its slot itself.
func is[K comparable](t *table, k raw, key *K) bool {
	if isText[K](t) {
		return k.isText(*(*string)(unsafe.Pointer(key)))
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
func (t *table) loadKey(b *bucket, i uintptr) raw {
	k := load(b.key(i), t.kinds.key)
	if t.kinds.key == text {
		k.word = atomic.LoadUint64(b.lengths()) >> (8 * i) & 0xff
	}
	return k
}

// fill writes a slot.
func (t *table) fill(b *bucket, i uintptr, key, value raw) {
	store(b.key(i), t.kinds.key, key)
	if t.kinds.key == text {
		all := b.lengths()
		atomic.StoreUint64(all, *all&^tagAt(0xff, i)|tagAt(key.word, i))
	}
	store(b.value(i), t.kinds.value, value)
}

func (b *bucket) lengths() *uint64 { return (*uint64)(unsafe.Add(unsafe.Pointer(b), lengthsAt)) }

// rehash returns the hash of a key that lies in a slot.
func (t *table) rehash(k raw) uint64 {
	switch t.kinds.key {
	case boxed:
		return *(*uint64)(k.pointer) // boxedKey.hash
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
	if k == word {
		return raw{word: bitsOf(&x)}
	}
	return reference(x, k)
}

// reference is encode for what is not a word.
func reference[T any](x T, k kind) raw {
	if k == pointer {
		return raw{pointer: *(*unsafe.Pointer)(unsafe.Pointer(&x))}
	}
	return raw{pointer: box(x)}
}

func box[T any](x T) unsafe.Pointer { return unsafe.Pointer(&x) }

// decode returns what lies in a slot; a box must not be nil.
func decode[T any](r raw, k kind) (x T) {
	if k == word {
		return fromBits[T](r.word)
	}
	return dereference[T](r.pointer, k)
}

// dereference is decode for what is not a word.
func dereference[T any](p unsafe.Pointer, k kind) T {
	if k == pointer {
		return *(*T)(unsafe.Pointer(&p))
	}
	return *(*T)(p)
}
