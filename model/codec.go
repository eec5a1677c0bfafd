package model

import (
	"hash/maphash"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unsafe"
	"weak"
)

// minWatched is the size from which an allocation without pointers has a block of
// its own. The runtime puts several smaller ones into a block, and each keeps the
// others alive.
const minWatched = 16

// blockSize is the size of a Payload, and the least size of the allocation behind a
// string that a codec makes.
const blockSize = 128

// A coding maps small integers to values of type T, and back.
type coding[T any] struct {
	subject string
	what    string // Key or Value
	least   int    // the first ordinary index
	most    int    // the last ordinary index
	make    func(int) T
	index   func(T) (int, bool)
	special func(int) (T, bool)
	plain   bool // T's own kind is neither a pointer nor an interface
	own     bool // make's values have allocations of their own, and need no rehome
	direct  bool // index decodes them, so there is nothing to remember
}

// A codec encodes and decodes by a coding. It does not hold the values that it made,
// so that a checker can see them released.
type codec[T any] struct {
	*coding[T]
	mu   sync.RWMutex
	memo map[int]remembered  // the pointer made for an index, so that it stays the same
	seen map[fingerprint]int // the index of a value that was made
}

// A fingerprint identifies a value without holding it. It includes the type, because
// the hash of an interface is the same for int(1) and int64(1).
type fingerprint struct {
	typ  reflect.Type // the dynamic one
	hash uint64
}

// remembered is a pointer that was made, and whose target may have been released.
type remembered struct {
	typ reflect.Type
	to  weak.Pointer[byte]
}

func newCoding[T any](subject, what, prefix string, custom func(int) T, index func(T) (int, bool)) *coding[T] {
	c := &coding[T]{subject: subject, what: what, make: custom, index: index, most: math.MaxInt}
	if what == "Value" {
		c.least = Zero + 1
		if unit(typeOf[T]()) {
			c.most = Zero
		}
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
	c.own = true
	if c.make == nil {
		panic(mistakef(subject, "%s is nil and there is no default for %v: say how to make one", what, typeOf[T]()))
	}
	if c.index == nil {
		c.index, c.direct = defaultIndex, defaultIndex != nil
	}
	return c
}

// codecSeed is the seed of every codec. No hash leaves its codec.
var codecSeed = maphash.MakeSeed()

// defaults returns a function that makes values of type T with allocations of their
// own. It also returns the inverse, if that is simpler than remembering hashes.
func defaults[T any](what, prefix string) (func(int) T, func(T) (int, bool)) {
	t := typeOf[T]()
	convert := func(x any) T { return reflect.ValueOf(x).Convert(t).Interface().(T) }
	boxed := t.Kind() == reflect.Interface && t.NumMethod() == 0
	switch k := t.Kind(); {
	case k == reflect.String: // T is a string by another name
		return func(i int) (x T) { *(*string)(unsafe.Pointer(&x)) = ownString(prefix, i); return x },
			func(x T) (int, bool) { return cutIndex(*(*string)(unsafe.Pointer(&x)), prefix) }
	case holdsIndices(k):
		return func(i int) T { return convert(i) }, nil
	case k == reflect.Pointer && t.Elem().Size() > 0:
		return func(int) T { return reflect.New(t.Elem()).Convert(t).Interface().(T) }, nil
	case unit(t) && what == "Value":
		return func(int) (none T) { return none }, nil
	case boxed && what == "Key":
		return func(i int) T { return any(ownString(prefix, i)).(T) },
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
	return nil, nil
}

// unit reports whether the zero value is the only value of t.
func unit(t reflect.Type) bool { return t.Size() == 0 }

// holdsIndices reports whether numbers of kind k can represent a million indices.
func holdsIndices(k reflect.Kind) bool {
	switch k {
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint32, reflect.Uint64,
		reflect.Uintptr, reflect.Float32, reflect.Float64:
		return true
	}
	return false
}

// cutIndex returns the index that follows prefix in s. Only the canonical decimal
// form counts.
func cutIndex(s, prefix string) (int, bool) {
	digits, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(digits)
	return i, err == nil && strconv.Itoa(i) == digits
}

// encode returns the T for index i.
func (c *codec[T]) encode(i int) T {
	switch {
	case i < c.least || i > c.most:
		return c.encodeSpecial(i)
	case c.direct:
		return c.make(i)
	case c.plain:
		x := c.fresh(i)
		c.remember(i, x)
		return x
	}
	c.mu.RLock()
	m := c.memo[i]
	c.mu.RUnlock()
	if x, alive := revive[T](m); alive {
		return x
	}
	return c.encodeDynamic(i)
}

// encodeSpecial returns the special T for index i.
func (c *coding[T]) encodeSpecial(i int) T {
	x, ok := c.special(i)
	if !ok {
		panic(mistakef(c.subject, "%v has no %s %s: ask Traits first", typeOf[T](), strings.ToLower(c.what), c.name(i)))
	}
	return x
}

// name returns index i as it is shown to people.
func (c *coding[T]) name(i int) string {
	if c.what == "Key" {
		return KeyName(i)
	}
	return ValueName(i)
}

// fresh returns the T for index i, with allocations of its own.
func (c *coding[T]) fresh(i int) T {
	if c.own {
		return c.make(i)
	}
	x := c.make(i)
	if c.least > Zero && reflect.ValueOf(&x).Elem().IsZero() {
		panic(mistakef(c.subject, "Value(%d) is the zero value, which is value 0: return another", i))
	}
	return rehome(x)
}

// encodeDynamic returns the T for index i. T is a pointer type, or an interface type
// whose values may hold pointers.
func (c *codec[T]) encodeDynamic(i int) T {
	x := c.fresh(i)
	v := reflect.ValueOf(x)
	if v.Kind() != reflect.Pointer || v.IsNil() || readOnly(v.Type()) {
		c.remember(i, x)
		return x
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if other, alive := revive[T](c.memo[i]); alive {
		return other // another goroutine was faster
	}
	if c.memo == nil {
		c.memo = map[int]remembered{}
	}
	c.memo[i] = remembered{v.Type(), weak.Make((*byte)(v.UnsafePointer()))}
	if c.index != nil {
		return x
	}
	h := fingerprintOf(x)
	// The index j may be left over from a value that was at this address earlier and
	// has been released. i and j are equal only if j's present pointer is this one.
	if j := c.seen[h]; j != i && c.memo[j].to == c.memo[i].to {
		c.ambiguous(i, j)
	}
	c.see(h, i)
	return x
}

// revive returns the pointer that m remembers, if there is one and it is alive.
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

// remember remembers the index of x, but not x.
func (c *codec[T]) remember(i int, x T) {
	if c.index == nil {
		c.rememberPrint(i, x)
	}
}

func (c *codec[T]) rememberPrint(i int, x T) {
	v := reflect.ValueOf(&x).Elem()
	if !v.Comparable() {
		panic(mistakef(c.subject, "%s(%d) cannot be compared: set %[1]sIndex", c.what, i))
	}
	h := fingerprintOf(x)
	c.mu.RLock()
	j, ok := c.seen[h]
	c.mu.RUnlock()
	if ok && j == i {
		return
	}
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if ok && (!v.IsValid() || selfContained(v.Type())) { // otherwise another value may have been at this address
		c.ambiguous(i, j)
	}
	c.mu.Lock()
	c.see(h, i)
	c.mu.Unlock()
}

// selfContained reports whether values of t contain no addresses. The address of a
// released allocation can be reused, so a value with that address in it would equal
// an older one.
func selfContained(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String:
		return true
	case reflect.Array:
		return selfContained(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !selfContained(t.Field(i).Type) {
				return false
			}
		}
		return true
	}
	return !hasPointers(t)
}

// see remembers the index of h. The caller holds the lock.
func (c *codec[T]) see(h fingerprint, i int) {
	if c.seen == nil {
		c.seen = map[fingerprint]int{}
	}
	c.seen[h] = i
}

// ambiguous panics because the values for i and j are equal.
func (c *coding[T]) ambiguous(i, j int) {
	panic(mistakef(c.subject, "%s(%d) equals %[1]s(%[3]d): return different ones", c.what, i, j))
}

// fingerprintOf returns equal fingerprints for equal x. The value must be
// comparable.
func fingerprintOf[T any](x T) fingerprint {
	return fingerprint{reflect.TypeOf(x), maphash.Comparable(codecSeed, any(x))}
}

// decode returns the index of x, or false if the codec did not make x.
func (c *codec[T]) decode(x T) (i int, ok bool) {
	if c.index != nil {
		i, ok = c.index(x)
	} else {
		i, ok = c.decodePrint(x)
	}
	return i, ok && i >= c.least
}

func (c *codec[T]) decodePrint(x T) (i int, ok bool) {
	if !reflect.ValueOf(&x).Elem().Comparable() {
		return 0, false
	}
	h := fingerprintOf(x)
	c.mu.RLock()
	defer c.mu.RUnlock()
	i, ok = c.seen[h]
	return i, ok
}

// rehome returns a value equal to x whose string bytes or box have an allocation of
// their own. A constant in read-only memory cannot be watched, and neither can a
// small allocation that shares a block with others.
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

// ownString returns prefix followed by i, in a block of its own.
func ownString(prefix string, i int) string {
	block := append(make([]byte, 0, blockSize), prefix...)
	block = strconv.AppendInt(block, int64(i), 10)
	return unsafe.String(&block[0], len(block))
}

func ownBlock(s string) string {
	block := make([]byte, max(blockSize, len(s)))
	copy(block, s)
	return unsafe.String(&block[0], len(s))
}
