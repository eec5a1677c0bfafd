package model

import (
	"fmt"
	"reflect"
	"sync"
)

// A Subject is a map under test, with functions that make its keys and values.
//
// Name and New are enough if keys and values are strings, numbers, pointers to a
// type that is not empty, or of type any. Everything else has defaults.
type Subject[K comparable, V any] struct {
	Name string
	// New returns a new map: a pointer to a type that has any subset of the methods
	// of the specification.
	New func() any
	// Key returns key i, i ≥ 0. Keys are equal exactly if their indices are.
	//
	// If K has instances that are equal but distinct (strings, boxes), each call
	// should make a new one. If K is a pointer type, a new pointer is always right,
	// because Key is called again for i only after nothing holds the last one. A
	// pointer must lead to memory that Go allocated.
	Key func(i int) K
	// Value returns value i, i ≥ 1. It must not return V's zero value, which is value
	// 0.
	Value func(i int) V
	// KeyIndex and ValueIndex return the index of a key or value, or false if Key or
	// Value did not make it. They have defaults, except that a V that cannot be
	// compared needs ValueIndex.
	KeyIndex   func(K) (int, bool)
	ValueIndex func(V) (int, bool)
	Promise    Promise
}

// Bind makes a new map and returns it as an [Instance]. It panics, and says what to
// do, if New is nil, if a key or a value cannot be made, or if the map has none of the
// methods.
func (s Subject[K, V]) Bind() Instance { return newBinder(s).Bind() }

// Ready returns a Binder that makes the same instances as s, but faster if there are
// many. It inspects the types once, and reuses each [Prepared] that is released. The
// reuse orders the goroutines that share one. Ready panics as Bind does if a field of
// s is wrong, and Bind of the Binder panics if the map is.
func (s Subject[K, V]) Ready() Binder {
	r := newBinder(s)
	r.calls = &sync.Pool{New: func() any { return new(prepared[K, V]) }}
	return r
}

// A Binder makes instances of one subject, each with a new map. Every [Subject] is a
// Binder, whatever its types of keys and values.
type Binder interface{ Bind() Instance }

// An Instance is a map that takes symbolic operations. Goroutines can share it as far
// as they can share the map.
type Instance interface {
	Name() string
	Promise() Promise
	// Methods returns the methods that the map has.
	Methods() MethodSet
	// Mismatched lists the methods with the right name and another signature.
	Mismatched() []string
	// Prepare makes the arguments of an operation that is not a traversal, so that Do
	// does nothing but call the method.
	Prepare(Op) Prepared
	// Traverse performs a traversal with callback f, which may be nil. A panic of f is
	// a result like any other panic.
	Traverse(o Op, f func(Visit) bool) Result
	// Sequence returns a traversal that can be invoked any number of times.
	Sequence(m Method) func(f func(Visit) bool)
	// Map returns the map itself.
	Map() any
	// Zero returns an instance of the zero value of the map's type, which is the type
	// that New's result points to. It returns false if that is not a pointer. Both
	// instances use the same keys and values.
	Zero() (Instance, bool)
	// Traits returns the special keys and values that K and V have.
	Traits() Traits
}

// A Prepared is one call of a map's method, to be made once. Other methods than Do
// must not be called at the same time as Do.
type Prepared interface {
	// Do makes the call. A panic of the map is a result.
	Do()
	// Result reads what the call returned.
	Result() Result
	// Watches watches the arguments, without holding them.
	Watches() Watches
	// Release drops the arguments and results, and allows the Prepared to be reused.
	// Its methods must not be called afterwards. Calling Release is optional.
	Release()
}

// Traits says which special keys and values a subject's types have.
type Traits struct {
	NaN          bool // K has a value that is not equal to itself
	Unhashable   bool // K has a value that cannot be hashed
	Uncomparable bool // V has a value that cannot be compared, and others that can
	Comparable   bool // V's ordinary values can be compared
	Unit         bool // V has no value except its zero value
	KeyWatched   bool // keys point to allocations of their own
	ValueWatched bool // values point to allocations of their own
	KeyInstances bool // equal keys can be distinct allocations
}

// Payload is the default type of values if V is any. It can be compared and has
// several words, so that it can detect when it was assembled from two values.
//
// It is large, so that few fit into a page. To add a weak pointer into a page, the
// runtime searches all weak pointers into that page.
type Payload struct {
	Index int
	Check [2]int
	_     [blockSize/8 - 3]int64
}

// NewPayload returns payload i.
func NewPayload(i int) Payload { return Payload{Index: i, Check: checkOf(i)} }

func checkOf(i int) [2]int { return [2]int{^i, i * 31} }

// Valid reports whether all words of p belong to one value.
func (p Payload) Valid() bool { return p.Check == checkOf(p.Index) }

// typeOf returns the type T, which may be an interface type.
func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// A mistake is a panic because the subject or the checker is wrong. It is never
// mistaken for a panic of the map.
type mistake string

func (m mistake) Error() string { return string(m) }

func mistakef(subject, format string, args ...any) mistake {
	return mistake(fmt.Sprintf("model: Subject %q: ", subject) + fmt.Sprintf(format, args...))
}

// Fit returns o with arguments that a subject with these traits has: if V has only
// its zero value, o passes that.
func (t Traits) Fit(o Op) Op {
	if !t.Unit {
		return o
	}
	o.Value, o.Old = Zero, Zero
	if o.Func != nil {
		f := *o.Func
		f.Do = t.FitAll(f.Do)
		o.Func = &f
	}
	return o
}

// FitAll returns ops with [Traits.Fit] applied to each.
func (t Traits) FitAll(ops []Op) []Op {
	if !t.Unit {
		return ops
	}
	fitted := make([]Op, len(ops))
	for i, o := range ops {
		fitted[i] = t.Fit(o)
	}
	return fitted
}
