package model

import (
	"fmt"
	"iter"
	"math"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
)

// binder makes bindings of one subject. It inspects the subject's types once.
type binder[K comparable, V any] struct {
	subject Subject[K, V]
	keys    *coding[K]
	values  *coding[V]
	known   atomic.Pointer[offer]
	calls   *sync.Pool // of released *prepared; nil if they are not reused
}

// offer is the set of methods that maps of one type have.
type offer struct {
	typ     reflect.Type
	methods MethodSet
}

func newBinder[K comparable, V any](s Subject[K, V]) *binder[K, V] {
	if s.New == nil {
		panic(mistakef(s.Name, "New is nil: say how to make a map"))
	}
	r := &binder[K, V]{subject: s}
	r.keys = newCoding(s.Name, "Key", "conn-", s.Key, s.KeyIndex)
	r.keys.special = specialKey[K]
	r.values = newCoding(s.Name, "Value", "value-", s.Value, s.ValueIndex)
	r.values.special = specialValue[V]
	if r.values.index == nil && !typeOf[V]().Comparable() {
		panic(mistakef(s.Name, "values of type %v cannot be compared: set ValueIndex", typeOf[V]()))
	}
	return r
}

// Bind implements [Binder].
func (r *binder[K, V]) Bind() Instance {
	m := r.subject.New()
	if m == nil {
		panic(mistakef(r.subject.Name, "New returned nil: return a pointer to a map"))
	}
	c := &codecs[K, V]{key: codec[K]{coding: r.keys}, value: codec[V]{coding: r.values}}
	b := &binding[K, V]{binder: r, codecs: c, m: m}
	if b.methods = r.offered(m); b.methods == 0 {
		panic(mistakef(r.subject.Name, "%T has no method for keys of type %v and values of type %v: let New return a pointer to such a map%s",
			m, typeOf[K](), typeOf[V](), strings.Join(append([]string{""}, b.Mismatched()...), "; ")))
	}
	return b
}

// offered returns the methods that m has.
func (r *binder[K, V]) offered(m any) MethodSet {
	t := reflect.TypeOf(m)
	if o := r.known.Load(); o != nil && o.typ == t {
		return o.methods
	}
	o := &offer{t, offered[K, V](m)}
	r.known.Store(o)
	return o.methods
}

// specialKey returns the key for i < 0, and whether K has such a key.
func specialKey[K any](i int) (K, bool) {
	var none K
	kind := typeOf[K]().Kind()
	switch {
	case i == NaN && (kind == reflect.Float64 || kind == reflect.Float32):
		return reflect.ValueOf(math.NaN()).Convert(typeOf[K]()).Interface().(K), true
	case i == NaN:
		k, ok := any(math.NaN()).(K)
		return k, ok
	case i == Unhashable:
		k, ok := any([]int{1}).(K)
		return k, ok
	}
	return none, false
}

// specialValue returns the value for i < 1, and whether V has such a value.
func specialValue[V any](i int) (V, bool) {
	var zero V
	switch {
	case i == Zero:
		return zero, true
	case i == Uncomparable && typeOf[V]().Kind() == reflect.Interface:
		v, ok := any(uncomparable{1}).(V)
		return v, ok
	}
	return zero, false
}

// uncomparable is the type of the value Uncomparable. No subject uses it for other
// values.
type uncomparable []int

// binding is one map.
type binding[K comparable, V any] struct {
	*binder[K, V]
	*codecs[K, V]
	m       any
	methods MethodSet
}

// codecs translate the keys and values of a binding. The instance of the zero value
// shares them.
type codecs[K comparable, V any] struct {
	key   codec[K]
	value codec[V]
}

// The methods except traversals, which have several signatures.
type (
	loader[K comparable, V any]           interface{ Load(K) (V, bool) }
	storer[K comparable, V any]           interface{ Store(K, V) }
	orStorer[K comparable, V any]         interface{ LoadOrStore(K, V) (V, bool) }
	andDeleter[K comparable, V any]       interface{ LoadAndDelete(K) (V, bool) }
	deleter[K comparable]                 interface{ Delete(K) }
	swapper[K comparable, V any]          interface{ Swap(K, V) (V, bool) }
	comparingSwapper[K comparable, V any] interface{ CompareAndSwap(K, V, V) bool }
	comparingDeleter[K comparable, V any] interface{ CompareAndDelete(K, V) bool }
	clearer                               interface{ Clear() }
	measurer                              interface{ Len() int }
)

// offered returns the methods that m has with the right signatures. Nothing else
// looks for methods.
func offered[K comparable, V any](m any) (all MethodSet) {
	for method, has := range [methods]bool{
		Load: is[loader[K, V]](m), Store: is[storer[K, V]](m),
		LoadOrStore: is[orStorer[K, V]](m), LoadAndDelete: is[andDeleter[K, V]](m),
		Delete: is[deleter[K]](m), Swap: is[swapper[K, V]](m),
		CompareAndSwap: is[comparingSwapper[K, V]](m), CompareAndDelete: is[comparingDeleter[K, V]](m),
		Clear: is[clearer](m), Len: is[measurer](m),
		Range: rangeOf[K, V](m) != nil, All: allOf[K, V](m) != nil,
		Keys: keysOf[K](m) != nil, Values: valuesOf[V](m) != nil,
	} {
		if has {
			all = all.With(Method(method))
		}
	}
	return all
}

func is[I any](m any) bool {
	_, ok := m.(I)
	return ok
}

// signatures returns the signatures that the methods should have. A traversal takes
// its callback or, except for Range, may return a sequence instead.
func (b *binding[K, V]) signatures() [methods]string {
	or := func(takes, seq reflect.Type) string { return takes.String() + " or func() " + seq.String() }
	only := func(i reflect.Type) string { return i.Method(0).Type.String() }
	each := typeOf[func(func(K, V) bool)]()
	return [methods]string{
		Load:             only(typeOf[loader[K, V]]()),
		Store:            only(typeOf[storer[K, V]]()),
		LoadOrStore:      only(typeOf[orStorer[K, V]]()),
		LoadAndDelete:    only(typeOf[andDeleter[K, V]]()),
		Delete:           only(typeOf[deleter[K]]()),
		Swap:             only(typeOf[swapper[K, V]]()),
		CompareAndSwap:   only(typeOf[comparingSwapper[K, V]]()),
		CompareAndDelete: only(typeOf[comparingDeleter[K, V]]()),
		Clear:            only(typeOf[clearer]()),
		Len:              only(typeOf[measurer]()),
		Range:            each.String(),
		All:              or(each, typeOf[iter.Seq2[K, V]]()),
		Keys:             or(typeOf[func(func(K) bool)](), typeOf[iter.Seq[K]]()),
		Values:           or(typeOf[func(func(V) bool)](), typeOf[iter.Seq[V]]()),
	}
}

// Mismatched lists the methods with the right name and another signature.
func (b *binding[K, V]) Mismatched() []string {
	var all []string
	for m, want := range b.signatures() {
		have := reflect.ValueOf(b.m).MethodByName(Method(m).String())
		if have.IsValid() && !b.methods.Has(Method(m)) {
			all = append(all, fmt.Sprintf("%s is %v, want %s", Method(m), have.Type(), want))
		}
	}
	return all
}

// Each of the following functions returns a function that returns a traversal, or
// nil if m has none. A method that takes the callback is the traversal itself. A
// method that returns a sequence is called once per traversal.

func rangeOf[K comparable, V any](m any) func() func(func(K, V) bool) {
	if r, ok := m.(interface{ Range(func(K, V) bool) }); ok {
		return func() func(func(K, V) bool) { return r.Range }
	}
	return nil
}

func allOf[K comparable, V any](m any) func() func(func(K, V) bool) {
	switch a := m.(type) {
	case interface{ All(func(K, V) bool) }:
		return func() func(func(K, V) bool) { return a.All }
	case interface{ All() iter.Seq2[K, V] }:
		return func() func(func(K, V) bool) { return a.All() }
	case interface{ All() func(func(K, V) bool) }:
		return a.All
	}
	return nil
}

func keysOf[K comparable](m any) func() func(func(K) bool) {
	switch s := m.(type) {
	case interface{ Keys(func(K) bool) }:
		return func() func(func(K) bool) { return s.Keys }
	case interface{ Keys() iter.Seq[K] }:
		return func() func(func(K) bool) { return s.Keys() }
	case interface{ Keys() func(func(K) bool) }:
		return s.Keys
	}
	return nil
}

func valuesOf[V any](m any) func() func(func(V) bool) {
	switch s := m.(type) {
	case interface{ Values(func(V) bool) }:
		return func() func(func(V) bool) { return s.Values }
	case interface{ Values() iter.Seq[V] }:
		return func() func(func(V) bool) { return s.Values() }
	case interface{ Values() func(func(V) bool) }:
		return s.Values
	}
	return nil
}

// A sequence is a traversal as a function that takes the callback.
type sequence = func(func(Visit) bool)

// traversal returns a traversal of the map by method m.
func (b *binding[K, V]) traversal(m Method) sequence {
	switch m {
	case Range:
		return b.pairs(rangeOf[K, V](b.m)())
	case All:
		return b.pairs(allOf[K, V](b.m)())
	case Keys:
		return halves(keysOf[K](b.m)(), func(k K) Visit { return Visit{b.keyIndex(k), Unseen} })
	case Values:
		return halves(valuesOf[V](b.m)(), func(v V) Visit { return Visit{Unseen, b.valueIndex(v)} })
	}
	panic(mistakef(b.subject.Name, "%s is not a traversal: call Prepare", m))
}

// pairs adapts a traversal of pairs; a nil callback stays nil.
func (b *binding[K, V]) pairs(all func(func(K, V) bool)) sequence {
	return func(f func(Visit) bool) {
		if f == nil {
			all(nil)
			return
		}
		all(func(k K, v V) bool { return f(Visit{b.keyIndex(k), b.valueIndex(v)}) })
	}
}

// halves adapts a traversal of keys or of values; a nil callback stays nil.
func halves[T any](seq func(func(T) bool), visit func(T) Visit) sequence {
	return func(f func(Visit) bool) {
		if f == nil {
			seq(nil)
			return
		}
		seq(func(x T) bool { return f(visit(x)) })
	}
}

func (b *binding[K, V]) keyIndex(k K) int {
	if b.key.direct {
		if i, ok := b.key.decode(k); ok {
			return i
		}
	}
	return b.anyKeyIndex(k)
}

// anyKeyIndex is keyIndex for a key that may be special.
func (b *binding[K, V]) anyKeyIndex(k K) int {
	if !reflect.ValueOf(&k).Elem().Comparable() {
		return Unhashable
	}
	if k != k {
		return NaN
	}
	if i, ok := b.key.decode(k); ok {
		return i
	}
	return Foreign
}

func (b *binding[K, V]) valueIndex(v V) int {
	if b.value.direct {
		if i, ok := b.value.decode(v); ok {
			return i
		}
	}
	return b.anyValueIndex(v)
}

// anyValueIndex is valueIndex for a value that may be special.
func (b *binding[K, V]) anyValueIndex(v V) int {
	x := reflect.ValueOf(&v).Elem()
	if x.IsZero() {
		return Zero
	}
	if x.Kind() == reflect.Interface && x.Elem().Type() == typeOf[uncomparable]() {
		return Uncomparable
	}
	if i, ok := b.value.decode(v); ok {
		return i
	}
	return Foreign
}

func (b *binding[K, V]) Name() string       { return b.subject.Name }
func (b *binding[K, V]) Promise() Promise   { return b.subject.Promise }
func (b *binding[K, V]) Methods() MethodSet { return b.methods }
func (b *binding[K, V]) Map() any           { return b.m }

func (b *binding[K, V]) Zero() (Instance, bool) {
	t := reflect.TypeOf(b.m)
	if t.Kind() != reflect.Pointer {
		return nil, false
	}
	m := reflect.New(t.Elem()).Interface()
	return &binding[K, V]{binder: b.binder, codecs: b.codecs, m: m, methods: b.offered(m)}, true
}

func (b *binding[K, V]) Traits() Traits {
	_, nan := specialKey[K](NaN)
	_, unhashable := specialKey[K](Unhashable)
	_, uncomparable := specialValue[V](Uncomparable)
	t := Traits{NaN: nan, Unhashable: unhashable, Uncomparable: uncomparable, Unit: unit(typeOf[V]())}
	k1, k2, v := b.key.encode(1), b.key.encode(1), b.value.encode(Zero)
	if !t.Unit {
		v = b.value.encode(1)
	}
	t.Comparable = typeOf[V]().Comparable() && reflect.ValueOf(&v).Elem().Comparable()
	w1, w2, wv := watch(&k1), watch(&k2), watch(&v)
	t.KeyWatched, t.ValueWatched = !w1.Empty(), !wv.Empty()
	t.KeyInstances = t.KeyWatched && w1.first != w2.first
	return t
}

func (b *binding[K, V]) mustHave(m Method) {
	if !b.methods.Has(m) {
		panic(mistakef(b.subject.Name, "the map has no %s: ask Methods first", m))
	}
}

func (b *binding[K, V]) Traverse(o Op, f func(Visit) bool) (r Result) {
	b.mustHave(o.Method)
	defer catch(o, &r.Panic)
	b.traversal(o.Method)(bounded(f))
	return Result{}
}

func (b *binding[K, V]) Sequence(m Method) func(func(Visit) bool) {
	b.mustHave(m)
	seq := b.traversal(m)
	return func(f func(Visit) bool) { seq(bounded(f)) }
}

// maxVisits limits a traversal. A map whose traversal never ends gets a panic in its
// callback. No checker's program has so many entries.
const maxVisits = 1 << 13

// bounded returns f limited to maxVisits visits. A nil f stays nil.
func bounded(f func(Visit) bool) func(Visit) bool {
	if f == nil {
		return nil
	}
	visits := 0
	return func(v Visit) bool {
		if visits++; visits > maxVisits {
			panic(callbackPanic{})
		}
		return f(v)
	}
}

// callbackPanic is the value that the callback of a [Func] panics with.
type callbackPanic struct{}
