package model

import (
	"fmt"
	"iter"
	"math"
	"reflect"
)

// Bind makes a new map of s and returns it as an [Instance]. It is the only
// place that looks for a map's methods. It panics if s has no New, or no way
// to make a key or a value.
func Bind[K comparable, V any](s Subject[K, V]) Instance {
	if s.New == nil {
		panic(fmt.Sprintf("model: Subject %q: New is nil: say how to make a map", s.Name))
	}
	b := &binding[K, V]{subject: s}
	b.key = newCodec("Key", "conn-", s.Key, s.KeyIndex)
	b.key.special = specialKey[K]
	b.value = newCodec("Value", "value-", s.Value, s.ValueIndex)
	b.value.special = specialValue[V]
	if b.value.index == nil && !typeOf[V]().Comparable() {
		panic(fmt.Sprintf("model: Subject %q: values of type %v cannot be compared: say with ValueIndex which is which", s.Name, typeOf[V]()))
	}
	b.to(s.New())
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
		v, ok := any([]int{1}).(V)
		return v, ok
	}
	return zero, false
}

// binding is one map and its methods; a nil method is one that it lacks.
type binding[K comparable, V any] struct {
	subject    Subject[K, V]
	key        *codec[K]
	value      *codec[V]
	m          any
	methods    MethodSet
	mismatched []string

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
	traverse         map[Method]func(func(Visit) bool)
}

// to binds b to the methods of m.
func (b *binding[K, V]) to(m any) {
	b.m, b.methods, b.mismatched = m, 0, nil
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
	b.traverse = map[Method]func(func(Visit) bool){}
	for method, all := range map[Method]func(func(K, V) bool){Range: b.rangeMethod(), All: b.allMethod()} {
		b.findTraversal(method, pairs(b, all))
	}
	if keys := asSeq[K](b.m, Keys); keys != nil {
		b.findTraversal(Keys, halves(keys, func(k K) Visit { return Visit{b.keyIndex(k), Unseen} }))
	} else {
		b.findTraversal(Keys, nil)
	}
	if values := asSeq[V](b.m, Values); values != nil {
		b.findTraversal(Values, halves(values, func(v V) Visit { return Visit{Unseen, b.valueIndex(v)} }))
	} else {
		b.findTraversal(Values, nil)
	}
}

// find stores m's method behind to, if it has the right signature.
func find[K comparable, V, I any](b *binding[K, V], method Method, to *I) {
	if i, ok := b.m.(I); ok {
		*to = i
		b.methods = b.methods.With(method)
		return
	}
	b.mismatch(method, typeOf[I]().Method(0).Type.String())
}

func (b *binding[K, V]) findTraversal(method Method, f func(func(Visit) bool)) {
	if f == nil {
		b.mismatch(method, "")
		return
	}
	b.traverse[method] = f
	b.methods = b.methods.With(method)
}

// mismatch notes a method that has the name and not the signature.
func (b *binding[K, V]) mismatch(method Method, want string) {
	have := reflect.ValueOf(b.m).MethodByName(method.String())
	if !have.IsValid() {
		return
	}
	note := fmt.Sprintf("%s is %v", method, have.Type())
	if want != "" {
		note += ", want " + want
	}
	b.mismatched = append(b.mismatched, note)
}

func (b *binding[K, V]) rangeMethod() func(func(K, V) bool) {
	if r, ok := b.m.(interface{ Range(func(K, V) bool) }); ok {
		return r.Range
	}
	return nil
}

// allMethod finds All as a method that takes the callback and as one that
// returns a sequence. The sequence is asked for once a traversal.
func (b *binding[K, V]) allMethod() func(func(K, V) bool) {
	switch a := b.m.(type) {
	case interface{ All(func(K, V) bool) }:
		return a.All
	case interface{ All() iter.Seq2[K, V] }:
		return func(f func(K, V) bool) { a.All()(f) }
	case interface{ All() func(func(K, V) bool) }:
		return func(f func(K, V) bool) { a.All()(f) }
	}
	return nil
}

func asSeq[T any](m any, method Method) func(func(T) bool) {
	if method == Keys {
		switch s := m.(type) {
		case interface{ Keys(func(T) bool) }:
			return s.Keys
		case interface{ Keys() iter.Seq[T] }:
			return func(f func(T) bool) { s.Keys()(f) }
		}
		return nil
	}
	switch s := m.(type) {
	case interface{ Values(func(T) bool) }:
		return s.Values
	case interface{ Values() iter.Seq[T] }:
		return func(f func(T) bool) { s.Values()(f) }
	}
	return nil
}

// pairs adapts a traversal of pairs; a nil callback stays nil.
func pairs[K comparable, V any](b *binding[K, V], all func(func(K, V) bool)) func(func(Visit) bool) {
	if all == nil {
		return nil
	}
	return func(f func(Visit) bool) {
		if f == nil {
			all(nil)
			return
		}
		all(func(k K, v V) bool { return f(Visit{b.keyIndex(k), b.valueIndex(v)}) })
	}
}

func halves[T any](seq func(func(T) bool), visit func(T) Visit) func(func(Visit) bool) {
	return func(f func(Visit) bool) {
		if f == nil {
			seq(nil)
			return
		}
		seq(func(x T) bool { return f(visit(x)) })
	}
}

func (b *binding[K, V]) keyIndex(k K) int {
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
	if x.Kind() == reflect.Interface && !x.Comparable() {
		return Uncomparable
	}
	if i, ok := b.value.decode(v); ok {
		return i
	}
	return Foreign
}

func (b *binding[K, V]) Name() string         { return b.subject.Name }
func (b *binding[K, V]) Promise() Promise     { return b.subject.Promise }
func (b *binding[K, V]) Methods() MethodSet   { return b.methods }
func (b *binding[K, V]) Mismatched() []string { return b.mismatched }
func (b *binding[K, V]) Map() any             { return b.m }

func (b *binding[K, V]) Zero() (Instance, bool) {
	t := reflect.TypeOf(b.m)
	if t == nil || t.Kind() != reflect.Pointer {
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
	k1, k2, v := b.key.encode(1), b.key.encode(1), b.value.encode(1)
	w1, w2, wv := watch(&k1), watch(&k2), watch(&v)
	t := Traits{
		NaN: nan, Unhashable: unhashable, Uncomparable: uncomparable,
		Comparable: typeOf[V]().Comparable(),
		KeyWatched: !w1.Empty(), ValueWatched: !wv.Empty(),
	}
	t.KeyInstances = t.KeyWatched && w1.allocations[0] != w2.allocations[0]
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

// Prepare makes what o passes. A key or value that the types do not have is a
// mistake of the checker: it asks Traits first.
func (b *binding[K, V]) Prepare(o Op) Prepared {
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

func (p *prepared[K, V]) Watches() (w Watches) {
	if p.op.Method.OnKey() {
		w.Key = watch(&p.key)
	}
	if p.op.Method.Compares() {
		w.Old = watch(&p.old)
	}
	if p.op.Method.Stores() {
		w.Value = watch(&p.v)
	}
	return w
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
	r := Result{OK: p.ok, Len: p.n}
	if value, _, _ := p.op.Method.returns(); value {
		r.Value = p.b.valueIndex(p.value)
	}
	return r
}

func (b *binding[K, V]) Traverse(o Op, f func(Visit) bool) (r Result) {
	defer catch(o, &r.Panic)
	b.traverse[o.Method](f)
	return Result{}
}

// CallbackPanic is what a callback of a checker panics with.
type CallbackPanic struct{}

// catch turns a panic into a kind, which follows from what was passed.
func catch(o Op, kind *Panic) {
	p := recover()
	if p == nil {
		return
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
