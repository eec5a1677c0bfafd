package property

import (
	"reflect"
	"slices"
	"strings"
	"unsafe"
)

// Locate returns the place of each address in the memory that root reaches. A place
// is a Go expression like those of [PathTo]: the shortest path to the field,
// element or variable that contains the address. An atomic or a mutex counts as one
// variable, whatever its fields are. Addresses that are not found are left out. The
// map must not change during the search.
//
// It serves the narration of a schedule, which names the variable of each step.
func Locate(root any, addresses []uintptr) map[uintptr]string {
	v := reflect.ValueOf(root)
	if v.Kind() != reflect.Pointer || len(addresses) == 0 {
		return nil
	}
	l := &locator{wanted: slices.Sorted(slices.Values(addresses)), found: map[uintptr]string{}}
	l.seen = map[visit]bool{}
	l.push(v.Elem(), strings.TrimPrefix(v.Type().String(), "*"), -1)
	for i := 0; i < len(l.queue) && i < pathNodes && len(l.found) < len(l.wanted); i++ {
		l.note(i)
		l.trie(i)
		l.expand(i)
	}
	return l.found
}

// A locator is a finder without targets. It notes the places of wanted addresses
// that it comes across.
type locator struct {
	finder
	wanted []uintptr // ascending
	found  map[uintptr]string
	inner  reflect.Type // the type of a trie's inner nodes
}

// note notes the wanted addresses in queue entry i. Of a struct or an array it notes
// none, as the fields and elements are queued too.
func (l *locator) note(i int) {
	v := l.queue[i].v
	if kind := v.Kind(); (kind == reflect.Struct || kind == reflect.Array) && !whole(v.Type()) {
		return
	}
	from := v.Addr().Pointer()
	n, _ := slices.BinarySearch(l.wanted, from)
	for ; n < len(l.wanted) && l.wanted[n] < from+v.Type().Size(); n++ {
		if at := l.wanted[n]; l.found[at] == "" {
			l.found[at] = l.path(i)
		}
	}
}

// whole reports whether a value of type t counts as one variable although it is a
// struct: an atomic, a lock, and the like.
func whole(t reflect.Type) bool {
	return isAtomic(t) || strings.HasSuffix(t.PkgPath(), "sync") &&
		slices.Contains([]string{"Mutex", "RWMutex", "Once", "Cond", "WaitGroup", "Pool"}, t.Name())
}

// trie follows the nodes of internal/sync's HashTrieMap. A pointer to a node has
// the type of its header, whose only field says whether the node is an entry. The
// type of an inner node is that of the root. The type of an entry is unknown, except
// that the word after the flag points to the next entry.
func (l *locator) trie(i int) {
	v := l.queue[i].v
	t := v.Type()
	if t.Kind() != reflect.Struct || !strings.HasSuffix(t.PkgPath(), "internal/sync") {
		return
	}
	switch {
	case strings.HasPrefix(t.Name(), "indirect["):
		l.inner = t
	case !strings.HasPrefix(t.Name(), "node[") || l.inner == nil || t.NumField() != 1 || t.Field(0).Name != "isEntry":
	case v.Field(0).Bool():
		next := unsafe.Add(v.Addr().UnsafePointer(), unsafe.Sizeof(uintptr(0)))
		if _, wanted := slices.BinarySearch(l.wanted, uintptr(next)); wanted && l.found[uintptr(next)] == "" {
			l.found[uintptr(next)] = l.path(i) + ".overflow"
		}
		if p := *(*unsafe.Pointer)(next); p != nil {
			l.push(reflect.NewAt(t, p).Elem(), ".overflow", i)
		}
	default:
		if at := (visit{v.Addr().UnsafePointer(), l.inner}); !l.seen[at] {
			l.push(reflect.NewAt(l.inner, at.at).Elem(), "", i)
		}
	}
}
