package model

import (
	"fmt"
	"hash/maphash"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unsafe"
	"weak"
)

// minWatched is the size from which an allocation without pointers has a
// block of its own; the runtime batches smaller ones, so that one keeps others
// alive.
const minWatched = 16

// stringBlock is the least allocation behind a string that a codec makes.
const stringBlock = 32

// A codec translates between small integers and values of type T. It holds no
// value that it made, so that a checker can see them die.
type codec[T any] struct {
	what    string
	make    func(int) T
	index   func(T) (int, bool)
	special func(int) (T, bool)

	mu    sync.RWMutex
	memo  map[int]remembered // pointers, so that equal i gives equal pointers
	seen  map[uint64]int     // hash of a value made: its index
	seed  maphash.Seed
	plain bool // T's own kind is neither a pointer nor an interface
}

// remembered is a pointer that was made and may be gone.
type remembered struct {
	typ reflect.Type
	to  weak.Pointer[byte]
}

func newCodec[T any](what, prefix string, custom func(int) T, index func(T) (int, bool)) *codec[T] {
	c := &codec[T]{
		what: what, make: custom, index: index,
		memo: map[int]remembered{}, seen: map[uint64]int{}, seed: maphash.MakeSeed(),
	}
	switch t := typeOf[T](); t.Kind() {
	case reflect.Pointer, reflect.Interface:
	default:
		c.plain = true
	}
	if c.make != nil {
		return c
	}
	var defaultIndex func(T) (int, bool)
	c.make, defaultIndex = defaults[T](what, prefix)
	if c.index == nil {
		c.index = defaultIndex
	}
	return c
}

// defaults returns how to make values of type T, and the way back where it is
// simpler than remembering a hash.
func defaults[T any](what, prefix string) (func(int) T, func(T) (int, bool)) {
	t := typeOf[T]()
	convert := func(x any) T { return reflect.ValueOf(x).Convert(t).Interface().(T) }
	boxed := t.Kind() == reflect.Interface && t.NumMethod() == 0
	switch k := t.Kind(); {
	case k == reflect.String:
		return func(i int) T { return convert(prefix + strconv.Itoa(i)) },
			func(x T) (int, bool) { return cutIndex(reflect.ValueOf(x).String(), prefix) }
	case holdsIndices(k):
		return func(i int) T { return convert(i) }, nil
	case k == reflect.Pointer && t.Elem().Size() > 0:
		return func(int) T { return reflect.New(t.Elem()).Interface().(T) }, nil
	case boxed && what == "Key":
		return func(i int) T { return any(prefix + strconv.Itoa(i)).(T) },
			func(x T) (int, bool) {
				s, _ := any(x).(string)
				return cutIndex(s, prefix)
			}
	case boxed:
		return func(i int) T { return any(NewPayload(i)).(T) },
			func(x T) (int, bool) {
				p, ok := any(x).(Payload)
				return p.Index, ok && p.Valid()
			}
	}
	panic(fmt.Sprintf("model: Subject.%s is nil and there is no default for %v: say how to make one", what, t))
}

// holdsIndices reports whether numbers of kind k tell a million indices apart.
func holdsIndices(k reflect.Kind) bool {
	switch k {
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint32, reflect.Uint64,
		reflect.Uintptr, reflect.Float32, reflect.Float64:
		return true
	}
	return false
}

func cutIndex(s, prefix string) (int, bool) {
	digits, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(digits)
	return i, err == nil
}

// encode returns the T for index i.
func (c *codec[T]) encode(i int) T {
	if c.special != nil {
		if x, ok := c.special(i); ok {
			return x
		}
	}
	if c.plain {
		x := rehome(c.make(i))
		c.remember(i, x)
		return x
	}
	c.mu.RLock()
	m, ok := c.memo[i]
	c.mu.RUnlock()
	if ok {
		if x, alive := revive[T](m); alive {
			return x
		}
	}
	return c.encodeDynamic(i)
}

// encodeDynamic makes a T that is a pointer, or an interface that may hold one.
func (c *codec[T]) encodeDynamic(i int) T {
	x := rehome(c.make(i))
	v := reflect.ValueOf(x)
	if !v.IsValid() || v.Kind() != reflect.Pointer || v.IsNil() {
		c.remember(i, x)
		return x
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if m, ok := c.memo[i]; ok {
		if other, alive := revive[T](m); alive {
			return other // another goroutine was faster
		}
	}
	c.memo[i] = remembered{v.Type(), weak.Make((*byte)(v.UnsafePointer()))}
	if c.index == nil {
		c.seen[c.hash(x)] = i
	}
	return x
}

func revive[T any](m remembered) (T, bool) {
	p := m.to.Value()
	if p == nil {
		var none T
		return none, false
	}
	v := reflect.NewAt(m.typ.Elem(), unsafe.Pointer(p))
	if v.Type() != m.typ { // a named pointer type
		v = v.Convert(m.typ)
	}
	return v.Interface().(T), true
}

// remember keeps the way back to i, not x.
func (c *codec[T]) remember(i int, x T) {
	if c.index != nil {
		return
	}
	h := c.hash(x)
	c.mu.RLock()
	j, ok := c.seen[h]
	c.mu.RUnlock()
	if ok && j == i {
		return
	}
	c.mu.Lock()
	c.seen[h] = i
	c.mu.Unlock()
}

// hash returns equal numbers for equal x, which must be comparable.
func (c *codec[T]) hash(x T) uint64 {
	var h maphash.Hash
	h.SetSeed(c.seed)
	maphash.WriteComparable(&h, any(x))
	return h.Sum64()
}

// decode returns the index of x, and false if the codec never made it.
func (c *codec[T]) decode(x T) (i int, ok bool) {
	if c.index != nil {
		return c.index(x)
	}
	if !reflect.ValueOf(&x).Elem().Comparable() {
		return 0, false
	}
	h := c.hash(x)
	c.mu.RLock()
	defer c.mu.RUnlock()
	i, ok = c.seen[h]
	return i, ok
}

// rehome returns a value equal to x whose string bytes or box are an
// allocation of their own: the compiler puts constants in read-only memory and
// the runtime batches small blocks, and neither can be watched.
func rehome[T any](x T) T {
	v := reflect.ValueOf(&x).Elem()
	switch {
	case v.Kind() == reflect.String:
		v.SetString(ownBlock(v.String()))
	case v.Kind() == reflect.Interface && !v.IsNil():
		boxed := reflect.New(v.Elem().Type()).Elem()
		boxed.Set(v.Elem())
		if boxed.Kind() == reflect.String {
			boxed.SetString(ownBlock(boxed.String()))
		}
		v.Set(boxed)
	}
	return x
}

func ownBlock(s string) string {
	block := make([]byte, max(stringBlock, len(s)))
	copy(block, s)
	return unsafe.String(&block[0], len(s))
}
