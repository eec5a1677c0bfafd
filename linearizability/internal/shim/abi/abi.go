// Package abi stands in for internal/abi in the rewritten copy of sync.Map. It has only
// what the hash trie in internal/sync uses: how a built-in map hashes its keys and
// compares its values.
//
// It has no state. Threads would have to synchronize to share state, and the race
// detector would take that for synchronization of the map.
package abi

import (
	"reflect"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
)

// Type is a type.
type Type struct {
	t reflect.Type
	// Equal compares two values of the type, and panics when == does. It is nil if
	// the type is not comparable.
	Equal func(a, b unsafe.Pointer) bool
}

// MapType is the type of a map.
type MapType struct {
	// Hasher hashes the key at p. It panics when a built-in map does.
	Hasher func(p unsafe.Pointer, seed uintptr) uintptr
	Elem   *Type
}

// TypeOf returns the type of x.
func TypeOf(x any) *Type { return newType(reflect.TypeOf(x)) }

func newType(t reflect.Type) *Type { return &Type{t: t, Equal: equalOf(t)} }

// MapType returns t as a MapType. The type must be a map type.
func (t *Type) MapType() *MapType {
	return &MapType{Hasher: hasherOf(t.t.Key()), Elem: newType(t.t.Elem())}
}

// NoEscape returns p. It hides from the compiler where the result points, so that a
// variable can stay on the stack.
func NoEscape(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return *(*unsafe.Pointer)(unsafe.Pointer(&x))
}

// hasherOf has special cases for the types of the keys that explorations use.
func hasherOf(t reflect.Type) func(unsafe.Pointer, uintptr) uintptr {
	switch t.Kind() {
	case reflect.String:
		return func(p unsafe.Pointer, seed uintptr) uintptr {
			return uintptr(hashing.String(*(*string)(p), uint64(seed)))
		}
	case reflect.Int:
		return func(p unsafe.Pointer, seed uintptr) uintptr {
			return uintptr(hashing.Uint64(uint64(*(*int)(p)), uint64(seed)))
		}
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return func(p unsafe.Pointer, seed uintptr) uintptr {
				return uintptr(hashing.Any(*(*any)(p), uint64(seed)))
			}
		}
	}
	return func(p unsafe.Pointer, seed uintptr) uintptr {
		return uintptr(hashing.Any(reflect.NewAt(t, p).Elem().Interface(), uint64(seed)))
	}
}

func equalOf(t reflect.Type) func(a, b unsafe.Pointer) bool {
	if !t.Comparable() {
		return nil
	}
	switch t.Kind() {
	case reflect.String:
		return func(a, b unsafe.Pointer) bool { return *(*string)(a) == *(*string)(b) }
	case reflect.Int:
		return func(a, b unsafe.Pointer) bool { return *(*int)(a) == *(*int)(b) }
	case reflect.Pointer:
		return func(a, b unsafe.Pointer) bool { return *(*unsafe.Pointer)(a) == *(*unsafe.Pointer)(b) }
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return func(a, b unsafe.Pointer) bool { return *(*any)(a) == *(*any)(b) }
		}
	}
	return func(a, b unsafe.Pointer) bool {
		return reflect.NewAt(t, a).Elem().Interface() == reflect.NewAt(t, b).Elem().Interface()
	}
}
