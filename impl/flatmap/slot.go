package flatmap

import (
	"hash/maphash"
	"sync/atomic"
	"unsafe"
)

// raw is the representation of a key or value: a word or a pointer, or both for a
// string.
type raw struct {
	word    uint64
	pointer unsafe.Pointer
}

// long is stored in place of the length of a string that is boxed.
const long = 0xff

// inline reports whether keys are stored in their slots. For most types K the
// compiler evaluates it.
func inline[K comparable](t *table) bool {
	var key K
	return unsafe.Sizeof(key) <= slotSize && t.kinds.key <= pointer
}

// isText reports whether keys are strings.
func isText[K comparable](t *table) bool {
	var key K
	return unsafe.Sizeof(key) == unsafe.Sizeof("") && t.kinds.key == text
}

// hashOf returns the hash of key, and its bits if it is stored in its slot. It panics
// if the dynamic type of key cannot be hashed.
func hashOf[K comparable](t *table, key *K) (bits, hash uint64) {
	if inline[K](t) {
		bits = bitsOf(key)
		return bits, hashWord(bits, t.seed)
	}
	return 0, hashLong(t, key)
}

// hashLong hashes a key that is not stored in its slot.
func hashLong[K comparable](t *table, key *K) uint64 {
	if isText[K](t) {
		return hashString(*(*string)(unsafe.Pointer(key)), t.seed)
	}
	return maphash.Comparable(process, *key) ^ t.seed
}

// encodeKey returns the representation of key.
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

// decodeKey returns the key represented by k.
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

// dereferenceKey is decodeKey for pointers and boxed keys.
func dereferenceKey[K comparable](p unsafe.Pointer, of kind) K {
	if of == pointer {
		return *(*K)(unsafe.Pointer(&p))
	}
	return (*boxedKey[K])(p).key
}

// text returns the string represented by r.
func (r raw) text() string {
	if r.word == long {
		return *(*string)(r.pointer)
	}
	return unsafe.String((*byte)(r.pointer), int(r.word))
}

// isText reports whether r represents s. Strings of 8 to 16 bytes are equal if their
// first and last 8 bytes are, so comparing them takes no call.
func (r raw) isText(s string) bool {
	n := uint64(len(s))
	if n < 8 || n > 16 {
		return r.text() == s
	}
	p, q := r.pointer, unsafe.Pointer(unsafe.StringData(s))
	return r.word == n && *(*[8]byte)(p) == *(*[8]byte)(q) &&
		*(*[8]byte)(unsafe.Add(p, n-8)) == *(*[8]byte)(unsafe.Add(q, n-8))
}

// is reports whether k represents key, which is not stored in its slot.
func is[K comparable](t *table, k raw, key *K) bool {
	if isText[K](t) {
		return k.isText(*(*string)(unsafe.Pointer(key)))
	}
	return (*boxedKey[K])(k.pointer).key == *key
}

// bits returns the content of a slot as an integer.
func (r raw) bits(k kind) uint64 {
	if k == word {
		return r.word
	}
	return uint64(uintptr(r.pointer))
}

// loadKey returns the key in slot i. It may mix two keys, unless the caller holds the
// lock or finds guard unchanged afterwards.
func (t *table) loadKey(b *bucket, i uintptr) raw {
	k := load(b.key(i), t.kinds.key)
	if t.kinds.key == text {
		k.word = atomic.LoadUint64(b.lengths()) >> (8 * i) & 0xff
	}
	return k
}

// fill writes the key and the value of slot i.
func (t *table) fill(b *bucket, i uintptr, key, value raw) {
	store(b.key(i), t.kinds.key, key)
	if t.kinds.key == text {
		all := b.lengths()
		atomic.StoreUint64(all, *all&^tagAt(0xff, i)|tagAt(key.word, i))
	}
	store(b.value(i), t.kinds.value, value)
}

func (b *bucket) lengths() *uint64 { return (*uint64)(unsafe.Add(unsafe.Pointer(b), lengthsAt)) }

// rehash returns the hash of the key represented by k.
func (t *table) rehash(k raw) uint64 {
	switch t.kinds.key {
	case boxed:
		return *(*uint64)(k.pointer) // boxedKey.hash
	case text:
		return hashString(k.text(), t.seed)
	}
	return hashWord(k.bits(t.kinds.key), t.seed)
}

// pointerIn returns the address of the pointer in a slot.
func pointerIn(slot unsafe.Pointer) *unsafe.Pointer {
	return (*unsafe.Pointer)(unsafe.Add(slot, slotSize-unsafe.Sizeof(uintptr(0))))
}

// loadBits returns the content of a slot as an integer.
func loadBits(slot unsafe.Pointer, k kind) uint64 {
	if k == word || unsafe.Sizeof(uintptr(0)) == slotSize {
		return atomic.LoadUint64((*uint64)(slot))
	}
	return uint64(uintptr(atomic.LoadPointer(pointerIn(slot))))
}

// load returns the content of a slot.
func load(slot unsafe.Pointer, k kind) (r raw) {
	if k == word {
		return raw{word: atomic.LoadUint64((*uint64)(slot))}
	}
	return raw{pointer: atomic.LoadPointer(pointerIn(slot))}
}

// store sets the content of a slot.
func store(slot unsafe.Pointer, k kind, r raw) {
	if k == word {
		atomic.StoreUint64((*uint64)(slot), r.word)
		return
	}
	atomic.StorePointer(pointerIn(slot), r.pointer)
}

// encode returns the representation of x.
func encode[T any](x T, k kind) raw {
	if k == word {
		return raw{word: bitsOf(&x)}
	}
	return reference(x, k)
}

// reference is encode for kinds other than word.
func reference[T any](x T, k kind) raw {
	if k == pointer {
		return raw{pointer: *(*unsafe.Pointer)(unsafe.Pointer(&x))}
	}
	return raw{pointer: box(x)}
}

func box[T any](x T) unsafe.Pointer { return unsafe.Pointer(&x) }

// decode returns the key or value represented by r. A box must not be nil.
func decode[T any](r raw, k kind) (x T) {
	if k == word {
		return fromBits[T](r.word)
	}
	return dereference[T](r.pointer, k)
}

// dereference is decode for kinds other than word.
func dereference[T any](p unsafe.Pointer, k kind) T {
	if k == pointer {
		return *(*T)(unsafe.Pointer(&p))
	}
	return *(*T)(p)
}
