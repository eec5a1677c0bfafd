// Package abi stands in for internal/abi: it has what the hash trie of
// internal/sync uses, which is to ask how a built-in map hashes its keys and
// compares its values.
//
// Nothing is kept from call to call: what threads share they would have to
// synchronise, and the race detector would take that for the map's.
package abi

import (
	"reflect"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
)

// Type is a type.
type Type struct {
	t reflect.Type
	// Equal compares two values of the type; nil if they cannot be compared. It
	// panics as == does.
	Equal func(a, b unsafe.Pointer) bool
}

// MapType is the type of a map.
type MapType struct {
	// Hasher hashes the key at p. It panics as a map does.
	Hasher func(p unsafe.Pointer, seed uintptr) uintptr
	Elem   *Type
}

// TypeOf returns the type of x.
func TypeOf(x any) *Type { return newType(reflect.TypeOf(x)) }

func newType(t reflect.Type) *Type { return &Type{t: t, Equal: equalOf(t)} }

// MapType returns t, which must be a map's type, as that.
func (t *Type) MapType() *MapType {
	return &MapType{Hasher: hasherOf(t.t.Key()), Elem: newType(t.t.Elem())}
}

// NoEscape returns p, of which the compiler then does not know where it points:
// what is there can stay on the stack.
func NoEscape(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return *(*unsafe.Pointer)(unsafe.Pointer(&x))
}

// hasherOf knows those types well that maps are explored with.
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
