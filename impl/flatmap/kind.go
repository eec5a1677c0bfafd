package flatmap

import (
	"hash/maphash"
	"math/bits"
	"reflect"
	"unsafe"
)

// A kind says how a key or a value lies in its slot of eight bytes.
type kind uint8

const (
	// word: the content itself, free of pointers.
	word kind = iota
	// pointer: one pointer, that is the key or value itself.
	pointer
	// boxed: a pointer to a copy that never changes.
	boxed
	// text: a pointer to the bytes of a string, whose length is elsewhere in the
	// bucket; or, if that is too long, to a copy of the string. Keys only.
	text
)

// kinds says how the keys and values of one type of map lie in their slots.
type kinds struct {
	key, value kind
	// plain says that two values are equal if their slots are.
	plain bool
}

// references reports whether slots have to be set to nil when they are left.
func (k kinds) references() bool { return k.key != word || k.value != word }

// kindsOf decides for types K and V.
//
// A key is a word only where equal keys have equal bits, and others others:
// floats are not such, as 0 equals -0 and NaN not itself; nor are structs, which
// may have padding. A value is any that fits, as values are compared by ==.
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

// boxedKey is a key that cannot be in its slot. The hash is kept because a key
// that is not equal to itself has another one each time, and has to be found in
// the same class of buckets when a table is moved.
type boxedKey[K comparable] struct {
	hash uint64 // the first: see rehash
	key  K
}

// bitsOf returns the content of x, which has at most eight bytes. What is aligned
// as a number is read as one.
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

// fromBits is the way back.
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

// hashWord hashes what is in a slot. The product's halves are mixed: buckets are
// chosen by the low bits of the hash, tags are its high ones.
func hashWord(w, seed uint64) uint64 {
	hi, lo := bits.Mul64(w^seed, 0x9E3779B97F4A7C15)
	return hi ^ lo
}

// hashString hashes short strings in line, by the folded products of Wang Yi's
// wyhash; others the way Go's own maps do.
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

// process is the seed of all hashes that package maphash makes. Tables add one
// of their own.
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
