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

// NoPath is what Find returns when reflection does not reach the target: it
// stands behind an unsafe.Pointer whose type nobody tells, in a closure or a
// channel, or the map is larger than the search.
const NoPath = "no path found past unsafe.Pointer"

// Find returns the shortest path from root to an allocation at one of the
// addresses, as a Go expression, or [NoPath]. A map key is written
// m.dirty["conn-17"]; so is what a value under it holds, with a further
// selector. Nobody may change the map meanwhile.
//
// It is a breadth-first search over reflect values, in time linear in the
// memory that root reaches. The type behind an atomic.Pointer[T] is read off
// its zero-length array field.
func PathTo(root any, addresses []uintptr) string {
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

// finder is the state of one search. Every queued value is addressable and was
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

// expand queues what queue entry i leads to. If that is a target it is queued
// last and expand returns true.
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
			f.push(at0(v.Field(j)), fieldLabel(v.Type(), j), i)
		}
	case reflect.Array:
		for j := range v.Len() {
			f.push(at0(v.Index(j)), fmt.Sprintf("[%d]", j), i)
		}
	case reflect.Slice:
		return f.expandSlice(v, i)
	case reflect.Map:
		return f.expandMap(v, i)
	}
	return false
}

// hit queues a target.
func (f *finder) hit(p unsafe.Pointer, label string, parent int) bool {
	if !f.isTarget(p) {
		return false
	}
	f.push(reflect.Value{}, label, parent)
	return true
}

// follow queues what pointer p to a value of type t leads to.
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

// expandSlice also looks behind the length: what was truncated and not zeroed
// is still held.
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
		f.push(at0(whole.Index(j)), label, i)
	}
	return false
}

// expandMap queues copies of keys and values; what they point to is the same.
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
	// Of paths of one length, the same is to be the first each time.
	slices.SortStableFunc(f.queue[first:], func(a, b step) int { return strings.Compare(a.label, b.label) })
	return false
}

// fieldLabel selects a field. What an atomic is made of is not the map's.
func fieldLabel(t reflect.Type, field int) string {
	if isAtomic(t) {
		return ""
	}
	return "." + t.Field(field).Name
}

// isAtomic reports whether t is one of sync/atomic, or of what stands in for it
// where a map is explored.
func isAtomic(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && strings.HasSuffix(t.PkgPath(), "sync/atomic")
}

// keyLabel shows a map key as a person would write it.
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

// at0 returns v again, readable though it came through an unexported field.
func at0(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
}

// atomicElem returns T for an atomic.Pointer[T]: a struct of sync/atomic with a
// field of type [0]*T.
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
