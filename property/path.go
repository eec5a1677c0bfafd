package property

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unsafe"
)

// pathNodes bounds the search for a path.
const pathNodes = 1 << 18

// NoPath is the path to an allocation that [PathTo] does not reach. It may be behind
// an unsafe.Pointer, in a closure or a channel, or in a part of the map beyond the
// limit of the search.
const NoPath = "no path found past unsafe.Pointer"

// PathTo returns the shortest path from root to an allocation at one of the
// addresses, or [NoPath]. It says what keeps a deleted key or value in memory.
//
// A path is a Go expression. A key of a Go map is written m.dirty["conn-17"], and
// what its value holds m.dirty["conn-17"].p. The map must not change during the
// search, which takes time linear in the memory that root reaches.
func PathTo(root any, addresses []uintptr) string {
	// A breadth-first search over reflect values.
	v := reflect.ValueOf(root)
	if v.Kind() != reflect.Pointer || len(addresses) == 0 {
		return NoPath
	}
	f := &finder{targets: addresses, seen: map[visit]bool{}}
	f.push(v.Elem(), strings.TrimPrefix(v.Type().String(), "*"), -1)
	for i := 0; i < len(f.queue) && i < pathNodes; i++ {
		if f.expand(i) {
			return f.path(len(f.queue) - 1)
		}
	}
	return NoPath
}

// A finder is the state of one search. Every queued value is addressable and was
// made by reflect.NewAt, so that unexported fields can be read.
type finder struct {
	targets []uintptr
	queue   []step
	seen    map[visit]bool
}

type step struct {
	v      reflect.Value
	label  string
	parent int
}

type visit struct {
	at  unsafe.Pointer
	typ reflect.Type
}

func (f *finder) push(v reflect.Value, label string, parent int) {
	f.queue = append(f.queue, step{v, label, parent})
}

func (f *finder) isTarget(p unsafe.Pointer) bool {
	return p != nil && slices.Contains(f.targets, uintptr(p))
}

// path joins the labels from the root to queue entry i.
func (f *finder) path(i int) string {
	var labels []string
	for ; i >= 0; i = f.queue[i].parent {
		labels = append(labels, f.queue[i].label)
	}
	slices.Reverse(labels)
	return strings.Join(labels, "")
}

// expand queues the values that queue entry i leads to. If one of them is a target,
// it is queued last and expand returns true.
func (f *finder) expand(i int) bool {
	v := f.queue[i].v
	at := visit{v.Addr().UnsafePointer(), v.Type()}
	if v.Type().Size() == 0 || f.seen[at] {
		return false
	}
	f.seen[at] = true
	if elem, ok := atomicElem(v.Type()); ok {
		p := *(*unsafe.Pointer)(v.Addr().UnsafePointer())
		return f.follow(p, elem, "", i)
	}
	switch v.Kind() {
	case reflect.String:
		return f.hit(unsafe.Pointer(unsafe.StringData(v.String())), "", i)
	case reflect.UnsafePointer:
		return f.hit(v.UnsafePointer(), "", i)
	case reflect.Pointer:
		return f.follow(v.UnsafePointer(), v.Type().Elem(), "", i)
	case reflect.Interface:
		return f.expandInterface(v, i)
	case reflect.Struct:
		for j := range v.NumField() {
			f.push(readable(v.Field(j)), fieldLabel(v.Type(), j), i)
		}
	case reflect.Array:
		for j := range v.Len() {
			f.push(readable(v.Index(j)), fmt.Sprintf("[%d]", j), i)
		}
	case reflect.Slice:
		return f.expandSlice(v, i)
	case reflect.Map:
		return f.expandMap(v, i)
	}
	return false
}

// hit queues p and returns true if it is a target.
func (f *finder) hit(p unsafe.Pointer, label string, parent int) bool {
	if !f.isTarget(p) {
		return false
	}
	f.push(reflect.Value{}, label, parent)
	return true
}

// follow queues the value of type t that p points to. It returns true if p is a
// target.
func (f *finder) follow(p unsafe.Pointer, t reflect.Type, label string, parent int) bool {
	if p == nil {
		return false
	}
	if f.hit(p, label, parent) {
		return true
	}
	f.push(reflect.NewAt(t, p).Elem(), label, parent)
	return false
}

func (f *finder) expandInterface(v reflect.Value, i int) bool {
	if v.IsNil() {
		return false
	}
	word := (*[2]unsafe.Pointer)(v.Addr().UnsafePointer())[1]
	t := v.Elem().Type()
	switch t.Kind() {
	case reflect.Pointer:
		return f.follow(word, t.Elem(), "", i)
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return f.hit(word, "", i)
	}
	if f.hit(word, "", i) {
		return true
	}
	if at := (visit{word, t}); t.Kind() == reflect.Map && f.seen[at] {
		return false
	} else if t.Kind() == reflect.Map {
		f.seen[at] = true
	}
	inner := reflect.New(t)
	inner.Elem().Set(v.Elem())
	f.push(inner.Elem(), "", i)
	return false
}

// expandSlice queues the elements up to the capacity. A slice that was shortened
// without clearing its tail still holds what is there.
func (f *finder) expandSlice(v reflect.Value, i int) bool {
	if f.hit(v.UnsafePointer(), "", i) {
		return true
	}
	whole := v.Slice(0, v.Cap())
	for j := range whole.Len() {
		label := fmt.Sprintf("[%d]", j)
		if j >= v.Len() {
			label = fmt.Sprintf("[:cap][%d]", j)
		}
		f.push(readable(whole.Index(j)), label, i)
	}
	return false
}

// expandMap queues copies of the keys and values. They point to the same memory.
func (f *finder) expandMap(v reflect.Value, i int) bool {
	if f.hit(v.UnsafePointer(), "", i) {
		return true
	}
	first := len(f.queue)
	for iter := v.MapRange(); iter.Next(); {
		label := "[" + keyLabel(iter.Key()) + "]"
		for _, x := range []reflect.Value{iter.Key(), iter.Value()} {
			boxed := reflect.New(x.Type())
			boxed.Elem().Set(x)
			f.push(boxed.Elem(), label, i)
		}
	}
	// Go's order is random, and the path found should be the same each time.
	slices.SortStableFunc(f.queue[first:], func(a, b step) int { return strings.Compare(a.label, b.label) })
	return false
}

// fieldLabel returns the selector of a field. The fields of an atomic have none, as
// they are not the map's.
func fieldLabel(t reflect.Type, field int) string {
	if isAtomic(t) {
		return ""
	}
	return "." + t.Field(field).Name
}

// isAtomic reports whether t is a type of sync/atomic, or of the package that
// replaces it in an explored copy of a map.
func isAtomic(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && strings.HasSuffix(t.PkgPath(), "sync/atomic")
}

// keyLabel returns a map key as people write it.
func keyLabel(k reflect.Value) string {
	for k.Kind() == reflect.Interface && !k.IsNil() {
		k = k.Elem()
	}
	switch k.Kind() {
	case reflect.String:
		return fmt.Sprintf("%q", k.String())
	case reflect.Pointer, reflect.Struct:
		return k.Type().String()
	}
	return fmt.Sprint(k)
}

// readable returns v again, and allows reads although v may be an unexported field.
func readable(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
}

// atomicElem returns T if t is an atomic.Pointer[T], which is a struct of
// sync/atomic with a field of type [0]*T.
func atomicElem(t reflect.Type) (reflect.Type, bool) {
	if !isAtomic(t) || !strings.HasPrefix(t.Name(), "Pointer[") {
		return nil, false
	}
	for i := range t.NumField() {
		if a := t.Field(i).Type; a.Kind() == reflect.Array && a.Len() == 0 && a.Elem().Kind() == reflect.Pointer {
			return a.Elem().Elem(), true
		}
	}
	return nil, false
}
