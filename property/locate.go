package property

import (
	"reflect"
	"slices"
	"strings"
	"unsafe"
)

// Locate returns where in root each of the addresses is, as Go expressions like
// those of [Find]: the shortest path to the field, element or variable that has
// the address in it. An atomic or a mutex is one thing. Addresses that are not
// found are left out. Nobody may change the map meanwhile.
//
// The search is that of [Find], once for all addresses.
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

// locator is a finder without targets, which notes what it passes.
type locator struct {
	finder
	wanted []uintptr // ascending
	found  map[uintptr]string
	inner  reflect.Type // what a trie's inner nodes are
}

// note notes the wanted addresses that are in queue entry i, unless a part of
// it has them.
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

// whole reports whether a value of type t is one thing to whoever reads about
// it, whatever it is made of: an atomic, a lock, and the like.
func whole(t reflect.Type) bool {
	return isAtomic(t) || strings.HasSuffix(t.PkgPath(), "sync") &&
		slices.Contains([]string{"Mutex", "RWMutex", "Once", "Cond", "WaitGroup", "Pool"}, t.Name())
}

// trie looks behind the nodes of internal/sync's HashTrieMap. A pointer to one
// is a pointer to its first field, a flag that says what else there is. What an
// inner node looks like is known from the root; of an entry no more is known
// than the word after the flag, which points to the next entry.
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
