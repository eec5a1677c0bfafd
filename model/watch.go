package model

import (
	"reflect"
	"runtime"
	"unsafe"
	"weak"
)

// A Watch observes the allocations that one argument points to directly, without
// keeping them alive: a string's bytes, a pointer's target, or an interface's box.
type Watch struct {
	first weak.Pointer[byte] // usually the only one; nil if there is none
	more  []weak.Pointer[byte]
}

// Watches are the watches on the arguments of one call.
type Watches struct{ Key, Old, Value Watch }

// Empty reports whether there is nothing to watch.
func (w Watch) Empty() bool { return w.first == weak.Pointer[byte]{} }

// each calls f with every allocation of w that is alive, until f returns false.
func (w Watch) each(f func(*byte) bool) {
	if p := w.first.Value(); p != nil && !f(p) {
		return
	}
	for _, m := range w.more {
		if p := m.Value(); p != nil && !f(p) {
			return
		}
	}
}

// Alive reports whether any allocation of w is still reachable, or was at the
// last garbage collection.
func (w Watch) Alive() (alive bool) {
	w.each(func(*byte) bool { alive = true; return false })
	return alive
}

// Addresses returns the addresses of the allocations that are alive.
func (w Watch) Addresses() []uintptr {
	var at []uintptr
	w.each(func(p *byte) bool { at = append(at, uintptr(unsafe.Pointer(p))); return true })
	return at
}

// watch returns a Watch on what x points to directly. x points to an interface, a
// string that a codec made, a pointer, or a value that contains pointers.
func watch[T any](x *T) Watch {
	var w Watch
	if !w.addDefault(x) {
		w.add(reflect.ValueOf(x).Elem())
	}
	return w
}

// addDefault does the same as add, but only for the types that codecs make by
// default. It reports whether x has such a type. It avoids reflection because a
// checker watches every argument of every execution.
func (w *Watch) addDefault(x any) bool {
	switch x := x.(type) {
	case *string:
		w.bytes(*x)
		return true
	case *any:
		switch y := (*x).(type) {
		case nil:
			return true
		case string:
			w.bytes(y)
			return true
		case Payload:
			w.pointer((*[2]unsafe.Pointer)(unsafe.Pointer(x))[1]) // its box
			return true
		}
	}
	return false
}

// add watches what v points to. v must be addressable.
func (w *Watch) add(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		w.bytes(v.String())
	case reflect.Pointer:
		if !readOnly(v.Type()) && ownAllocation(v.Type().Elem()) {
			w.pointer(v.UnsafePointer())
		}
	case reflect.Map, reflect.Chan:
		w.pointer(v.UnsafePointer())
	case reflect.Slice:
		if uintptr(v.Cap())*v.Type().Elem().Size() >= minWatched {
			w.pointer(v.UnsafePointer())
		}
	case reflect.Interface:
		w.addInterface(v)
	case reflect.Struct:
		for i := range v.NumField() {
			w.addInner(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			w.addInner(v.Index(i))
		}
	}
}

// addInner watches what an element of a struct or array points to. It leaves out
// strings and interfaces, because they may be constants, which are not allocated.
func (w *Watch) addInner(v reflect.Value) {
	if v.Kind() != reflect.String && v.Kind() != reflect.Interface {
		w.add(v)
	}
}

// addInterface watches the box of an interface, if it has one, and what the value in
// the box points to.
func (w *Watch) addInterface(v reflect.Value) {
	if v.IsNil() {
		return
	}
	// The second word of an interface is its data: a pointer to the box, or the value
	// itself if that is a pointer.
	data := (*[2]unsafe.Pointer)(v.Addr().UnsafePointer())[1]
	inner := v.Elem()
	boxed := !pointerShaped(inner.Type())
	if boxed && inner.Kind() != reflect.String && ownAllocation(inner.Type()) {
		w.pointer(data) // for a string, its bytes are watched instead of its box
	}
	if boxed && (inner.Kind() == reflect.Struct || inner.Kind() == reflect.Array) {
		return // its pointers are reached through the box
	}
	w.add(inner)
}

// pointerShaped reports whether an interface holds a value of type t in its data word
// instead of in a box. Since Go 1.26 this is the case for every type that has the size
// of a pointer and contains one, such as struct{_ struct{}; p *int}.
func pointerShaped(t reflect.Type) bool {
	return t.Size() == unsafe.Sizeof(uintptr(0)) && hasPointers(t)
}

// readOnly reports whether a pointer of type t leads into the program's read-only
// data: to a type that the compiler knows, or to the table of functions. Such data is
// never released, and weak.Make of a pointer to it is a fatal error.
func readOnly(t reflect.Type) bool {
	return t == reflect.TypeOf(typeOf[int]()) || t == typeOf[*runtime.Func]()
}

// ownAllocation reports whether a value of type t on the heap has a block of
// its own.
func ownAllocation(t reflect.Type) bool { return t.Size() >= minWatched || hasPointers(t) }

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
	case reflect.String, reflect.Pointer, reflect.UnsafePointer, reflect.Map, reflect.Chan,
		reflect.Func, reflect.Slice, reflect.Interface:
		return true
	}
	return false
}

// bytes watches the bytes of s, if there are any.
func (w *Watch) bytes(s string) {
	if s != "" {
		w.pointer(unsafe.Pointer(unsafe.StringData(s)))
	}
}

func (w *Watch) pointer(p unsafe.Pointer) {
	switch {
	case p == nil:
	case w.Empty():
		w.first = weak.Make((*byte)(p))
	default:
		w.more = append(w.more, weak.Make((*byte)(p)))
	}
}

// ID returns a comparable value that is equal for two watches of the same
// allocation. It returns nil for an empty watch.
func (w Watch) ID() any {
	if w.Empty() {
		return nil
	}
	return w.first
}
