package flatmap

import (
	"hash/maphash"
	"math/bits"
	"reflect"
	"unsafe"
)

// A kind is the representation of a key or a value in its slot of eight bytes.
type kind uint8

const (
	// word: the key or value itself, without pointers.
	word kind = iota
	// pointer: the key or value itself, which is a single pointer.
	pointer
	// boxed: a pointer to an immutable copy.
	boxed
	// text: a pointer to the bytes of a string, whose length is elsewhere in the bucket.
	// A string that is empty or too long is boxed. Only keys have this kind.
	text
)

// kinds are the representations of the keys and values of one type of map.
type kinds struct {
	key, value kind
	// plain reports whether two values are equal exactly if their slots are.
	plain bool
}

// references reports whether slots have pointers, to be set to nil when slots are freed.
func (k kinds) references() bool { return k.key != word || k.value != word }

// kindsOf returns the representations for types K and V.
//
// A key is a word only if keys are equal exactly when their bits are. Floats are
// not, as 0 equals -0 and NaN does not equal itself. Structs may have padding. Any
// value without pointers that fits is a word, as values are compared with ==.
func kindsOf[K comparable, V any]() kinds {
	k, v := reflect.TypeFor[K](), reflect.TypeFor[V]()
	of := kinds{key: boxed, value: boxed}
	switch {
	case k.Kind() == reflect.String:
		of.key = text
	case isInteger(k):
		of.key = word
	case isPointer(k):
		of.key = pointer
	}
	switch {
	case isPointer(v):
		of.value = pointer
	case v.Size() <= slotSize && !hasPointers(v):
		of.value = word
	}
	of.plain = isInteger(v) || of.value == pointer && v.Comparable()
	return of
}

func isInteger(t reflect.Type) bool {
	k := t.Kind()
	return k == reflect.Bool || reflect.Int <= k && k <= reflect.Uintptr
}

func isPointer(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.UnsafePointer, reflect.Chan, reflect.Map, reflect.Func:
		return true
	}
	return false
}

func hasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return t.Len() > 0 && hasPointers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasPointers(t.Field(i).Type) {
				return true
			}
		}
		return false
	}
	return !isInteger(t) && (t.Kind() < reflect.Float32 || t.Kind() > reflect.Complex128)
}

// boxedKey is a key that does not fit in its slot. It stores the hash, because a key
// that is not equal to itself hashes differently each time, but has to stay in the
// same class of buckets when its table is moved.
type boxedKey[K comparable] struct {
	hash uint64 // must be the first field: see rehash
	key  K
}

// bitsOf returns the content of x, which has at most eight bytes. It reads a value
// that is aligned like an integer as one.
func bitsOf[T any](x *T) (w uint64) {
	switch p := unsafe.Pointer(x); {
	case unsafe.Sizeof(*x) == 8 && unsafe.Alignof(*x) == 8:
		return *(*uint64)(p)
	case unsafe.Sizeof(*x) == 4 && unsafe.Alignof(*x) == 4:
		return uint64(*(*uint32)(p))
	case unsafe.Sizeof(*x) == 2 && unsafe.Alignof(*x) == 2:
		return uint64(*(*uint16)(p))
	case unsafe.Sizeof(*x) == 1:
		return uint64(*(*uint8)(p))
	}
	*(*T)(unsafe.Pointer(&w)) = *x
	return w
}

// fromBits is the inverse of bitsOf.
func fromBits[T any](w uint64) (x T) {
	switch p := unsafe.Pointer(&x); {
	case unsafe.Sizeof(x) == 8 && unsafe.Alignof(x) == 8:
		*(*uint64)(p) = w
	case unsafe.Sizeof(x) == 4 && unsafe.Alignof(x) == 4:
		*(*uint32)(p) = uint32(w)
	case unsafe.Sizeof(x) == 2 && unsafe.Alignof(x) == 2:
		*(*uint16)(p) = uint16(w)
	case unsafe.Sizeof(x) == 1:
		*(*uint8)(p) = uint8(w)
	default:
		return *(*T)(unsafe.Pointer(&w))
	}
	return x
}

// hashWord hashes the content of a slot. It mixes both halves of a product, because
// the low bits of a hash select the bucket, and the high bits are the tag.
func hashWord(w, seed uint64) uint64 {
	hi, lo := bits.Mul64(w^seed, 0x9E3779B97F4A7C15)
	return hi ^ lo
}

// hashString hashes short strings inline, with the folded products of Wang Yi's
// wyhash. It hashes longer strings as Go's own maps do.
func hashString(s string, seed uint64) uint64 {
	var a, b uint64
	switch n := len(s); {
	case n > 16:
		return maphash.String(process, s) ^ seed
	case n >= 8:
		a, b = load64(s), load64(s[n-8:])
	case n >= 4:
		a, b = load32(s), load32(s[n-4:])
	case n > 0:
		a = uint64(s[0])<<16 | uint64(s[n>>1])<<8 | uint64(s[n-1])
	}
	const c0, c1 = 0x2d358dccaa6c78a5, 0x8bb84b93962eacc9
	hi, lo := bits.Mul64(a^c0^seed, b^seed^uint64(len(s)))
	hi, lo = bits.Mul64(lo^c0, hi^c1^seed)
	return hi ^ lo
}

// process is the seed of all hashes computed by package maphash. Each table mixes in
// a seed of its own.
var process = maphash.MakeSeed()

func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func load32(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}
