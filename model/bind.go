package model

import (
	"fmt"
	"iter"
	"math"
	"reflect"
	"strings"
)

// Bind makes a new map of s and returns it as an [Instance]. It is the only
// place that looks for a map's methods. It panics with what to do if s has no
// New, no way to make a key or a value, or a map without any of the methods.
func Bind[K comparable, V any](s Subject[K, V]) Instance {
	if s.New == nil {
		panic(mistakef(s.Name, "New is nil: say how to make a map"))
	}
	b := &binding[K, V]{subject: s}
	b.key = newCodec(s.Name, "Key", "conn-", s.Key, s.KeyIndex)
	b.key.special = specialKey[K]
	b.value = newCodec(s.Name, "Value", "value-", s.Value, s.ValueIndex)
	b.value.special = specialValue[V]
	if b.value.index == nil && !typeOf[V]().Comparable() {
		panic(mistakef(s.Name, "values of type %v cannot be compared: say with ValueIndex which is which", typeOf[V]()))
	}
	m := s.New()
	if m == nil {
		panic(mistakef(s.Name, "New returned nil: return a pointer to a map"))
	}
	b.to(m)
	if b.methods == 0 {
		panic(mistakef(s.Name, "%T has no method for keys of type %v and values of type %v: let New return a pointer to such a map%s",
			m, typeOf[K](), typeOf[V](), strings.Join(append([]string{""}, b.Mismatched()...), "; ")))
	}
	return b
}

// specialKey returns the key for Zero > i, where K has it.
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

// specialValue returns value i where it is not one of the ordinary ones.
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

// uncomparable is the type of the value Uncomparable. No subject has it.
type uncomparable []int

// binding is one map and its methods; a nil method is one that it lacks.
type binding[K comparable, V any] struct {
	subject Subject[K, V]
	key     *codec[K]
	value   *codec[V]
	m       any
	methods MethodSet

	load             interface{ Load(K) (V, bool) }
	store            interface{ Store(K, V) }
	loadOrStore      interface{ LoadOrStore(K, V) (V, bool) }
	loadAndDelete    interface{ LoadAndDelete(K) (V, bool) }
	del              interface{ Delete(K) }
	swap             interface{ Swap(K, V) (V, bool) }
	compareAndSwap   interface{ CompareAndSwap(K, V, V) bool }
	compareAndDelete interface{ CompareAndDelete(K, V) bool }
	clear            interface{ Clear() }
	length           interface{ Len() int }
	sequences        [methods]func() sequence
}

// to binds b to the methods of m. A checker makes a map for each of millions of
// programs: nothing is looked up by name here.
func (b *binding[K, V]) to(m any) {
	b.m, b.methods = m, 0
	find(b, Load, &b.load)
	find(b, Store, &b.store)
	find(b, LoadOrStore, &b.loadOrStore)
	find(b, LoadAndDelete, &b.loadAndDelete)
	find(b, Delete, &b.del)
	find(b, Swap, &b.swap)
	find(b, CompareAndSwap, &b.compareAndSwap)
	find(b, CompareAndDelete, &b.compareAndDelete)
	find(b, Clear, &b.clear)
	find(b, Len, &b.length)
	b.findSequence(Range, pairs(b, b.rangeMethod()))
	b.findSequence(All, pairs(b, b.allMethod()))
	b.findSequence(Keys, halves(b.keysMethod(), func(k K) Visit { return Visit{b.keyIndex(k), Unseen} }))
	b.findSequence(Values, halves(b.valuesMethod(), func(v V) Visit { return Visit{Unseen, b.valueIndex(v)} }))
}

// A sequence is a traversal that takes its callback.
type sequence = func(func(Visit) bool)

// find stores m's method behind to, if it has the right signature.
func find[K comparable, V, I any](b *binding[K, V], method Method, to *I) {
	i, ok := b.m.(I)
	if *to = i; ok {
		b.methods = b.methods.With(method)
	}
}

// findSequence keeps how to ask for a traversal.
func (b *binding[K, V]) findSequence(method Method, ask func() sequence) {
	if b.sequences[method] = ask; ask != nil {
		b.methods = b.methods.With(method)
	}
}

// wanted are the signatures that the methods should have. A traversal takes its
// callback or, but for Range, may return a sequence.
func (b *binding[K, V]) wanted() [methods]string {
	or := func(takes, seq reflect.Type) string { return takes.String() + " or func() " + seq.String() }
	only := func(i reflect.Type) string { return i.Method(0).Type.String() }
	each := typeOf[func(func(K, V) bool)]()
	return [methods]string{
		Load:             only(reflect.TypeOf(&b.load).Elem()),
		Store:            only(reflect.TypeOf(&b.store).Elem()),
		LoadOrStore:      only(reflect.TypeOf(&b.loadOrStore).Elem()),
		LoadAndDelete:    only(reflect.TypeOf(&b.loadAndDelete).Elem()),
		Delete:           only(reflect.TypeOf(&b.del).Elem()),
		Swap:             only(reflect.TypeOf(&b.swap).Elem()),
		CompareAndSwap:   only(reflect.TypeOf(&b.compareAndSwap).Elem()),
		CompareAndDelete: only(reflect.TypeOf(&b.compareAndDelete).Elem()),
		Clear:            only(reflect.TypeOf(&b.clear).Elem()),
		Len:              only(reflect.TypeOf(&b.length).Elem()),
		Range:            each.String(),
		All:              or(each, typeOf[iter.Seq2[K, V]]()),
		Keys:             or(typeOf[func(func(K) bool)](), typeOf[iter.Seq[K]]()),
		Values:           or(typeOf[func(func(V) bool)](), typeOf[iter.Seq[V]]()),
	}
}

// Mismatched names the methods that have the name and not the signature.
func (b *binding[K, V]) Mismatched() []string {
	var all []string
	for m, want := range b.wanted() {
		have := reflect.ValueOf(b.m).MethodByName(Method(m).String())
		if have.IsValid() && !b.methods.Has(Method(m)) {
			all = append(all, fmt.Sprintf("%s is %v, want %s", Method(m), have.Type(), want))
		}
	}
	return all
}

// Each of the following returns how to ask the map for a traversal, or nil. A
// method that takes the callback is the traversal itself; one that returns a
// sequence is asked once for each.

func (b *binding[K, V]) rangeMethod() func() func(func(K, V) bool) {
	if r, ok := b.m.(interface{ Range(func(K, V) bool) }); ok {
		return func() func(func(K, V) bool) { return r.Range }
	}
	return nil
}

func (b *binding[K, V]) allMethod() func() func(func(K, V) bool) {
	switch a := b.m.(type) {
	case interface{ All(func(K, V) bool) }:
		return func() func(func(K, V) bool) { return a.All }
	case interface{ All() iter.Seq2[K, V] }:
		return func() func(func(K, V) bool) { return a.All() }
	case interface{ All() func(func(K, V) bool) }:
		return a.All
	}
	return nil
}

func (b *binding[K, V]) keysMethod() func() func(func(K) bool) {
	switch s := b.m.(type) {
	case interface{ Keys(func(K) bool) }:
		return func() func(func(K) bool) { return s.Keys }
	case interface{ Keys() iter.Seq[K] }:
		return func() func(func(K) bool) { return s.Keys() }
	case interface{ Keys() func(func(K) bool) }:
		return s.Keys
	}
	return nil
}

func (b *binding[K, V]) valuesMethod() func() func(func(V) bool) {
	switch s := b.m.(type) {
	case interface{ Values(func(V) bool) }:
		return func() func(func(V) bool) { return s.Values }
	case interface{ Values() iter.Seq[V] }:
		return func() func(func(V) bool) { return s.Values() }
	case interface{ Values() func(func(V) bool) }:
		return s.Values
	}
	return nil
}

// pairs adapts a traversal of pairs; a nil callback stays nil.
func pairs[K comparable, V any](b *binding[K, V], ask func() func(func(K, V) bool)) func() sequence {
	if ask == nil {
		return nil
	}
	return func() sequence {
		all := ask()
		return func(f func(Visit) bool) {
			if f == nil {
				all(nil)
				return
			}
			all(func(k K, v V) bool { return f(Visit{b.keyIndex(k), b.valueIndex(v)}) })
		}
	}
}

// halves adapts a traversal of keys or of values; a nil callback stays nil.
func halves[T any](ask func() func(func(T) bool), visit func(T) Visit) func() sequence {
	if ask == nil {
		return nil
	}
	return func() sequence {
		seq := ask()
		return func(f func(Visit) bool) {
			if f == nil {
				seq(nil)
				return
			}
			seq(func(x T) bool { return f(visit(x)) })
		}
	}
}

func (b *binding[K, V]) keyIndex(k K) int {
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
	zero := &binding[K, V]{subject: b.subject, key: b.key, value: b.value}
	zero.to(reflect.New(t.Elem()).Interface())
	return zero, true
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

// prepared is one call with its arguments made and its results not yet read.
type prepared[K comparable, V any] struct {
	b      *binding[K, V]
	op     Op
	key    K
	old, v V

	value V
	ok    bool
	n     int
	panic Panic
}

// Prepare makes what o passes. A key or value that the types do not have, or a
// method that the map does not have, is a mistake of the checker, which asks
// Traits and Methods first.
func (b *binding[K, V]) Prepare(o Op) Prepared {
	b.mustHave(o.Method)
	if o.Method.Traverses() {
		panic(mistakef(b.subject.Name, "%s cannot be prepared: call Traverse", o.Method))
	}
	p := &prepared[K, V]{b: b, op: o}
	if o.Method.OnKey() {
		p.key = b.key.encode(o.Key)
	}
	if o.Method.Compares() {
		p.old = b.value.encode(o.Old)
	}
	if o.Method.Stores() {
		p.v = b.value.encode(o.Value)
	}
	return p
}

// Watches watches every argument: one that the method does not take is a zero
// value, of which there is nothing to watch.
func (p *prepared[K, V]) Watches() Watches {
	return Watches{Key: watch(&p.key), Old: watch(&p.old), Value: watch(&p.v)}
}

func (p *prepared[K, V]) Do() {
	defer catch(p.op, &p.panic)
	switch b := p.b; p.op.Method {
	case Load:
		p.value, p.ok = b.load.Load(p.key)
	case Store:
		b.store.Store(p.key, p.v)
	case LoadOrStore:
		p.value, p.ok = b.loadOrStore.LoadOrStore(p.key, p.v)
	case LoadAndDelete:
		p.value, p.ok = b.loadAndDelete.LoadAndDelete(p.key)
	case Delete:
		b.del.Delete(p.key)
	case Swap:
		p.value, p.ok = b.swap.Swap(p.key, p.v)
	case CompareAndSwap:
		p.ok = b.compareAndSwap.CompareAndSwap(p.key, p.old, p.v)
	case CompareAndDelete:
		p.ok = b.compareAndDelete.CompareAndDelete(p.key, p.old)
	case Clear:
		b.clear.Clear()
	case Len:
		p.n = b.length.Len()
	}
}

func (p *prepared[K, V]) Result() Result {
	if p.panic != "" {
		return Result{Panic: p.panic}
	}
	return Result{Value: p.b.valueIndex(p.value), OK: p.ok, Len: p.n}
}

func (b *binding[K, V]) mustHave(m Method) {
	if !b.methods.Has(m) {
		panic(mistakef(b.subject.Name, "the map has no %s: ask Methods first", m))
	}
}

func (b *binding[K, V]) Traverse(o Op, f func(Visit) bool) (r Result) {
	b.mustHave(o.Method)
	defer catch(o, &r.Panic)
	b.sequences[o.Method]()(bounded(f))
	return Result{}
}

func (b *binding[K, V]) Sequence(m Method) func(func(Visit) bool) {
	b.mustHave(m)
	seq := b.sequences[m]()
	return func(f func(Visit) bool) { seq(bounded(f)) }
}

// maxVisits ends a traversal that goes on and on, by a panic in its callback.
// No program of a checker has as many entries.
const maxVisits = 1 << 13

// bounded is f for the first maxVisits visits; nil stays nil.
func bounded(f func(Visit) bool) func(Visit) bool {
	if f == nil {
		return nil
	}
	visits := 0
	return func(v Visit) bool {
		if visits++; visits > maxVisits {
			panic(CallbackPanic{})
		}
		return f(v)
	}
}

// CallbackPanic is what a callback of a checker panics with.
type CallbackPanic struct{}

// catch turns a panic into a kind, which follows from what was passed.
func catch(o Op, kind *Panic) {
	p := recover()
	if p == nil {
		return
	}
	if m, ok := p.(mistake); ok {
		panic(m)
	}
	_, callback := p.(CallbackPanic)
	switch {
	case callback:
		*kind = PanicCallback
	case o.Method.OnKey() && o.Key == Unhashable:
		*kind = PanicHash
	case o.Method.Compares() && o.Old == Uncomparable:
		*kind = PanicCompare
	case o.Func != nil && o.Func.Nil:
		*kind = PanicNilFunc
	default:
		*kind = PanicOther
	}
}
