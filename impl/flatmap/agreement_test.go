package flatmap_test

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/impl/flatmap"
)

// A plan performs the same random operations on a Map and on a Go map. It does not depend
// on the types of keys and values, or it would have to be compiled for each pair.
type plan struct {
	t     *testing.T
	r     *rand.Rand
	got   subject
	want  map[any]any
	key   func(i int) any
	value func(i int) any

	comparable bool // values are comparable
}

// A subject is a Map whose type parameters are hidden.
type subject interface {
	load(k any) (any, bool)
	store(k, v any)
	loadOrStore(k, v any) (any, bool)
	loadAndDelete(k any) (any, bool)
	remove(k any)
	swap(k, v any) (any, bool)
	compareAndSwap(k, old, new any) bool
	compareAndDelete(k, old any) bool
	compute(k any, f func(old any, loaded bool) (any, bool)) (any, bool)
	each(method int, f func(k, v any) bool)
	len() int
	grow(n int)
	clear()
	image(v any) string
}

type typed[K comparable, V any] struct{ m flatmap.Map[K, V] }

// as returns x as a T. If x is nil, T is an interface.
func as[T any](x any) T {
	t, _ := x.(T)
	return t
}

func either[V any](v V, ok bool) (any, bool) { return v, ok }

func (t *typed[K, V]) load(k any) (any, bool) { return either(t.m.Load(as[K](k))) }
func (t *typed[K, V]) store(k, v any)         { t.m.Store(as[K](k), as[V](v)) }
func (t *typed[K, V]) loadOrStore(k, v any) (any, bool) {
	return either(t.m.LoadOrStore(as[K](k), as[V](v)))
}
func (t *typed[K, V]) loadAndDelete(k any) (any, bool) { return either(t.m.LoadAndDelete(as[K](k))) }
func (t *typed[K, V]) remove(k any)                    { t.m.Delete(as[K](k)) }
func (t *typed[K, V]) swap(k, v any) (any, bool)       { return either(t.m.Swap(as[K](k), as[V](v))) }
func (t *typed[K, V]) len() int                        { return t.m.Len() }
func (t *typed[K, V]) grow(n int)                      { t.m.Grow(n) }
func (t *typed[K, V]) clear()                          { t.m.Clear() }

func (t *typed[K, V]) compareAndSwap(k, old, new any) bool {
	return t.m.CompareAndSwap(as[K](k), as[V](old), as[V](new))
}

func (t *typed[K, V]) compareAndDelete(k, old any) bool {
	return t.m.CompareAndDelete(as[K](k), as[V](old))
}

func (t *typed[K, V]) compute(k any, f func(any, bool) (any, bool)) (any, bool) {
	return either(t.m.Compute(as[K](k), func(old V, loaded bool) (V, bool) {
		v, keep := f(old, loaded)
		return as[V](v), keep
	}))
}

// each traverses the map with one of four methods. Keys and Values provide only half of an
// entry; the other half is absent.
func (t *typed[K, V]) each(method int, f func(k, v any) bool) {
	switch method {
	case 0:
		t.m.Range(func(k K, v V) bool { return f(k, v) })
	case 1:
		for k, v := range t.m.All() {
			f(k, v)
		}
	case 2:
		for k := range t.m.Keys() {
			f(k, absent)
		}
	case 3:
		for v := range t.m.Values() {
			f(absent, v)
		}
	}
}

// absent stands for what a traversal does not provide.
var absent = new(int)

// image returns a bitwise identity of a value: it distinguishes 0 from -0 and slices and
// functions from each other, and equates NaN with NaN. Padding bytes of structs do not
// count.
func (t *typed[K, V]) image(v any) string {
	x := as[V](v)
	if reflect.TypeFor[V]().Kind() == reflect.Struct {
		return fmt.Sprint(x)
	}
	return string(unsafe.Slice((*byte)(unsafe.Pointer(&x)), unsafe.Sizeof(x)))
}

// agree performs random operations on both maps. Keys and values are numbered.
func agree[K comparable, V any](t *testing.T, key func(i int) K, value func(i int) V) {
	t.Helper()
	k, v := reflect.TypeFor[K](), reflect.TypeFor[V]()
	t.Run(fmt.Sprintf("%v/%v", k, v), func(t *testing.T) {
		p := plan{t: t, comparable: v.Comparable(),
			key: func(i int) any { return key(i) }, value: func(i int) any { return value(i) }}
		p.run(func() subject { return new(typed[K, V]) })
	})
}

// run performs rounds with few keys, which meet often, and with enough keys to make a table
// grow and shrink several times.
func (p *plan) run(fresh func() subject) {
	operations := 3000
	if testing.Short() {
		operations = 1000
	}
	for round, keys := range []int{4, 60, 2000} {
		p.r, p.got, p.want = rand.New(rand.NewPCG(uint64(round), 5)), fresh(), map[any]any{}
		for n := range operations {
			// For a while there are more stores than deletions, and then the reverse.
			mostly := 3 + 5*(n/(operations/4)%2)
			name := p.step(keys, mostly, operations)
			if n%(keys/4+16) == 0 {
				p.compareAll()
			}
			if p.t.Failed() {
				p.t.Fatalf("in round %d, at operation %d, %s, of %d with %d keys in use", round, n, name, operations, keys)
			}
		}
	}
}

// step performs one operation. It deletes with a probability of mostly/11.
func (p *plan) step(keys, mostly, operations int) string {
	key, value := p.key(p.r.IntN(keys)), p.value(p.r.IntN(8))
	current, ok := p.want[key]
	switch {
	case p.r.IntN(operations/2) == 0:
		p.got.clear()
		clear(p.want)
		return "Clear"
	case p.r.IntN(operations/8) == 0:
		p.got.grow(p.r.IntN(2 * keys))
		return "Grow"
	case p.r.IntN(11) < mostly:
		return p.remove(key, current, ok)
	}
	switch p.r.IntN(6) {
	case 0:
		loaded, found := p.got.load(key)
		p.same("Load", loaded, found, current, ok)
		return "Load"
	case 1:
		p.got.store(key, value)
		p.want[key] = value
		return "Store"
	case 2:
		loaded, found := p.got.loadOrStore(key, value)
		if !ok {
			p.want[key] = value
			current = value
		}
		p.same("LoadOrStore", loaded, found, current, ok)
		return "LoadOrStore"
	case 3:
		loaded, found := p.got.swap(key, value)
		p.want[key] = value
		p.same("Swap", loaded, found, current, ok)
		return "Swap"
	case 4:
		if p.comparable {
			old := p.old(current)
			swap := ok && current == old
			if swap {
				p.want[key] = value
			}
			if swapped := p.got.compareAndSwap(key, old, value); swapped != swap {
				p.t.Errorf("CompareAndSwap(%v, %v, %v) = %v with %v, %v there", key, old, value, swapped, current, ok)
			}
			return "CompareAndSwap"
		}
	}
	actual, kept := p.got.compute(key, p.function(current, ok, value, true))
	p.want[key] = value
	p.same("Compute", actual, kept, value, true)
	return "Compute"
}

// remove deletes a key in one of the possible ways.
func (p *plan) remove(key, current any, ok bool) string {
	n := 3
	if p.comparable {
		n = 4
	}
	switch p.r.IntN(n) {
	case 0:
		p.got.remove(key)
		delete(p.want, key)
		return "Delete"
	case 1:
		value, loaded := p.got.loadAndDelete(key)
		delete(p.want, key)
		p.same("LoadAndDelete", value, loaded, current, ok)
		return "LoadAndDelete"
	case 2:
		actual, kept := p.got.compute(key, p.function(current, ok, p.value(1), false))
		delete(p.want, key)
		p.same("Compute", actual, kept, nil, false)
		return "Compute that deletes"
	}
	old := p.old(current)
	del := ok && current == old
	if del {
		delete(p.want, key)
	}
	if deleted := p.got.compareAndDelete(key, old); deleted != del {
		p.t.Errorf("CompareAndDelete(%v, %v) = %v with %v, %v there", key, old, deleted, current, ok)
	}
	return "CompareAndDelete"
}

// old returns a value to compare with, often the present one.
func (p *plan) old(current any) any {
	if p.r.IntN(2) == 0 {
		return current
	}
	return p.value(p.r.IntN(8))
}

// function returns a function for Compute that expects current and ok.
func (p *plan) function(current any, ok bool, value any, keep bool) func(any, bool) (any, bool) {
	return func(old any, loaded bool) (any, bool) {
		p.same("the function of Compute", old, loaded, current, ok)
		return value, keep
	}
}

// same checks that the Map returned what it should. A zero value may also be nil.
func (p *plan) same(what string, got any, gotOK bool, want any, wantOK bool) {
	p.t.Helper()
	if gotOK != wantOK || p.got.image(got) != p.got.image(want) {
		p.t.Errorf("%s: %v, %v; want %v, %v", what, got, gotOK, want, wantOK)
	}
}

// compareAll compares Len and a traversal with the Go map.
func (p *plan) compareAll() {
	if n := p.got.len(); n != len(p.want) {
		p.t.Errorf("Len = %d, want %d", n, len(p.want))
	}
	visits, seen, sum := 0, map[any]bool{}, map[string]int{}
	method := p.r.IntN(4)
	p.got.each(method, func(k, v any) bool {
		visits++
		if v != any(absent) {
			sum[p.got.image(v)]++
		}
		if k == any(absent) {
			return true
		}
		if seen[k] {
			p.t.Errorf("%v visited twice", k)
		}
		seen[k] = true
		if want, ok := p.want[k]; k == k && (!ok || v != any(absent) && p.got.image(v) != p.got.image(want)) {
			p.t.Errorf("%v visited with the value %v; want %v, %v", k, v, want, ok)
		}
		return true
	})
	if visits != len(p.want) {
		p.t.Errorf("%d visits by method %d, want %d", visits, method, len(p.want))
	}
	if len(sum) == 0 {
		return
	}
	for _, v := range p.want {
		sum[p.got.image(v)]--
	}
	for name, n := range sum {
		if n != 0 {
			p.t.Errorf("the value %q was visited %+d times more than it should", name, n)
		}
	}
}

// padding is a struct with padding bytes. Its fields are assigned one by one, so that these
// bytes may have any value.
type padding struct {
	a int8
	b int64
	c bool
}

type small struct {
	a bool
	b int32
}

type pointing struct{ p *int }

type named string

type number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

// numeral returns a number: a multiple of 1 or of a large power of two.
func numeral[T number](i int) T {
	if i%2 == 1 {
		return T(i) << (8*unsafe.Sizeof(T(0)) - 12&63)
	}
	return T(i) - T(3)
}

// float returns zeros of both signs, NaN, infinities and other numbers.
func float(i int) float64 {
	return []float64{0, math.Copysign(0, -1), float64(i), math.Inf(1), -float64(i), 1 / float64(i+1), float64(i), float64(i) * 1e30}[i%8]
}

// zeroOrNaN returns a few numbers for which == disagrees with their bits.
func zeroOrNaN(i int) float64 { return []float64{0, math.Copysign(0, -1), math.NaN(), 1}[i%4] }

func floatOrNaN(i int) float64 {
	if i%50 == 3 {
		return math.NaN()
	}
	return float(i)
}

// text returns strings of every length that the code distinguishes.
func text(i int) string {
	n := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 40, 254, 255, 256, 300}[i%18]
	return strings.Repeat(fmt.Sprintf("%c%d", 'a'+i%26, i), n+1)[:n]
}

var (
	ints  [2001]int
	chans = func() (list [2001]chan int) {
		for i := range list[1:] {
			list[i+1] = make(chan int)
		}
		return list
	}()
	functions = []func() int{nil, func() int { return 1 }, func() int { return 2 }}
	goMaps    = []map[int]int{nil, {}, {1: 1}}
	readers   = []io.Reader{nil, strings.NewReader("a"), strings.NewReader("b"), new(io.PipeReader)}
)

func address(i int) *int {
	if i == 0 {
		return nil
	}
	return &ints[i]
}

// mixed returns keys of several dynamic types, among them equal numbers.
func mixed(i int) any {
	switch j := i / 12; i % 12 {
	case 0:
		return nil
	case 1:
		return j
	case 2:
		return int8(j)
	case 3:
		return text(j)
	case 4:
		return floatOrNaN(j)
	case 5:
		return [2]any{j, text(j)}
	case 6:
		return address(j)
	case 7:
		return chans[j]
	case 8:
		return padding{a: 1, b: int64(j)}
	case 9:
		return complex(float(j), 1)
	case 10:
		return named(text(j))
	}
	return struct{}{}
}

func integer(i int) int { return i }

// TestIntegerKeysAgreeWithAGoMap, like the tests after it, uses each type once or twice,
// as key or value: the compiler needs a third of a second for each pair.
func TestIntegerKeysAgreeWithAGoMap(t *testing.T) {
	agree(t, func(i int) bool { return i%2 == 0 }, func(int) struct{} { return struct{}{} })
	agree(t, numeral[int], integer)
	agree(t, numeral[int8], func(i int) bool { return i%2 == 0 })
	agree(t, numeral[int16], func(i int) [3]byte { return [3]byte{byte(i), 1, byte(-i)} })
	agree(t, numeral[int32], func(i int) [5]byte { return [5]byte{byte(i), 1, 2, 3, byte(-i)} })
	agree(t, numeral[int64], func(i int) [8]byte { return [8]byte{byte(i), 1, 2, 3, 4, 5, 6, byte(-i)} })
	agree(t, numeral[uint], func(i int) [9]byte { return [9]byte{byte(i), 1, 2, 3, 4, 5, 6, 7, byte(-i)} })
	agree(t, numeral[uint8], func(i int) float32 { return float32(zeroOrNaN(i)) })
	agree(t, numeral[uint16], zeroOrNaN)
	agree(t, numeral[uint32], address)
	agree(t, numeral[uint64], text)
	agree(t, numeral[uintptr], func(i int) []int { return ints[:i] })
}

func TestTextKeysAgreeWithAGoMap(t *testing.T) {
	agree(t, text, integer)
	agree(t, text, address)
	agree(t, text, text)
	agree(t, func(i int) named { return named(text(i)) }, func(i int) func() int { return functions[i%3] })
	agree(t, func(i int) string { return fmt.Sprint("key-", i) }, func(i int) small { return small{i%2 == 0, int32(i)} })
	agree(t, func(i int) [2]string { return [2]string{text(i), text(i / 2)} }, numeral[int8])
	agree(t, func(i int) [1]string { return [1]string{text(i)} }, func(i int) map[int]int { return goMaps[i%3] })
}

func TestPointerKeysAgreeWithAGoMap(t *testing.T) {
	agree(t, address, address)
	agree(t, address, numeral[uint16])
	agree(t, func(i int) chan int { return chans[i] }, func(i int) padding { return padding{int8(i), 7, true} })
	agree(t, func(i int) <-chan int { return chans[i] }, func(i int) complex64 { return complex64(complex(float(i), 1)) })
	agree(t, func(i int) unsafe.Pointer { return unsafe.Pointer(address(i)) }, func(i int) chan int { return chans[i] })
}

// Clauses: S7
func TestOtherKeysAgreeWithAGoMap(t *testing.T) {
	agree(t, func(i int) padding { return padding{int8(i), int64(i), i%2 == 0} }, address)
	agree(t, func(i int) small { return small{i%2 == 0, int32(i)} }, func(i int) unsafe.Pointer { return unsafe.Pointer(address(i)) })
	agree(t, func(int) struct{} { return struct{}{} }, integer)
	agree(t, func(int) [0]int { return [0]int{} }, func(i int) complex128 { return complex(float(i), 1) })
	agree(t, floatOrNaN, integer)
	agree(t, func(i int) float32 { return float32(floatOrNaN(i)) }, func(i int) any {
		return []any{nil, 1, "a", address(1), int8(1), 2.5, struct{}{}, true}[i]
	})
	agree(t, func(i int) complex64 { return complex64(complex(float(i), float(i/8))) }, func(i int) pointing { return pointing{address(i)} })
	agree(t, func(i int) complex128 { return complex(float(i/8), floatOrNaN(i)) }, func(i int) [1]*int { return [1]*int{address(i)} })
	agree(t, mixed, mixed)
	agree(t, mixed, integer)
	agree(t, func(i int) io.Reader { return readers[i%len(readers)] }, func(i int) error {
		return []error{nil, io.EOF, io.ErrUnexpectedEOF}[i%3]
	})
	agree(t, func(i int) [3]int { return [3]int{i % 2, i, 0} }, func(int) [0]func() { return [0]func(){} })
	agree(t, func(i int) [2]float32 { return [2]float32{float32(float(i)), float32(i)} }, func(i int) [2]int32 { return [2]int32{int32(i), -1} })
	agree(t, func(i int) pointing { return pointing{address(i)} }, func(i int) uint64 { return 1<<63 + uint64(i) })
	agree(t, func(i int) [1]byte { return [1]byte{byte(i)} }, numeral[int16])
}
