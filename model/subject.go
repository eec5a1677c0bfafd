package model

import (
	"fmt"
	"reflect"
	"sync"
)

// A Subject is a map under test, and how to speak its keys and values.
//
// Only New is needed for keys and values that are strings, numbers, pointers
// to something of a size, or any: the rest has defaults.
type Subject[K comparable, V any] struct {
	Name string
	// New returns a new map: a pointer to anything with any subset of the
	// methods of the specification.
	New func() any
	// Key returns key i, i ≥ 0: equal for equal i, different for different i.
	// Where K has instances that are equal but distinct (strings, boxes) each
	// call should make a fresh one. A pointer need not be remembered: Bind
	// asks again only when nothing holds the last one. It has to lead to memory
	// of Go's: a variable, or what new returned.
	Key func(i int) K
	// Value returns value i, i ≥ 1, none of them V's zero value, which is
	// value 0 and never asked for.
	Value func(i int) V
	// KeyIndex and ValueIndex are the way back. Both have defaults where Go
	// can compare; ValueIndex is needed for a V that cannot be compared.
	KeyIndex   func(K) (int, bool)
	ValueIndex func(V) (int, bool)
	Promise    Promise
}

// Bind makes a new map of s and returns it as an [Instance]. It panics with what
// to do if s has no New, no way to make a key or a value, or a map without any of
// the methods.
func (s Subject[K, V]) Bind() Instance { return newBinder(s).Bind() }

// Ready returns a Binder that makes the same instances as s, for whoever makes
// many: it has looked at the types already, and a [Prepared] that is released
// serves for another call, which orders the goroutines that make them. It panics
// as Bind does if s is at fault, and its Bind does if a map is.
func (s Subject[K, V]) Ready() Binder {
	r := newBinder(s)
	r.calls = &sync.Pool{New: func() any { return new(prepared[K, V]) }}
	return r
}

// A Binder makes instances of one subject, each around a new map.
// [Subject] is one, whatever its key and value types.
type Binder interface{ Bind() Instance }

// An Instance is a new map that takes symbolic operations. Its calls may be
// made by any number of goroutines, as far as the map itself allows.
type Instance interface {
	Name() string
	Promise() Promise
	// Methods returns which methods the map has.
	Methods() MethodSet
	// Mismatched names the methods with the right name and another signature.
	Mismatched() []string
	// Prepare makes the arguments of any operation but a traversal, so that
	// Do is the bare call.
	Prepare(Op) Prepared
	// Traverse performs a traversal with callback f, nil included. What f
	// panics with is a result like any other panic.
	Traverse(o Op, f func(Visit) bool) Result
	// Sequence asks the map for a traversal, to be invoked any number of times.
	Sequence(m Method) func(f func(Visit) bool)
	// Map returns the map itself.
	Map() any
	// Zero returns an instance of the zero value of the map's type, if a
	// type with a zero value is what New points to. What is remembered of keys
	// and values is the same for both.
	Zero() (Instance, bool)
	// Traits returns what K and V can be.
	Traits() Traits
}

// A Prepared is one call on a map, to be done once. Methods other than Do are
// called before or after it, by the same goroutine or ordered with it.
type Prepared interface {
	// Do makes the call. A panic of the map is a result.
	Do()
	// Result reads what the call returned.
	Result() Result
	// Watches watches the arguments, without holding them.
	Watches() Watches
	// Release gives everything up, the Prepared included, whose methods may not be
	// called any more. It need not be called.
	Release()
}

// Traits says which special keys and values a subject's types have.
type Traits struct {
	NaN          bool // K has a value that is not equal to itself
	Unhashable   bool // K has a value that cannot be hashed
	Uncomparable bool // V has a value that cannot be compared, beside others that can
	Comparable   bool // V can be compared at all, and its ordinary values can
	Unit         bool // V has one value: Zero is the only one to pass
	KeyWatched   bool // keys point to allocations of their own
	ValueWatched bool // values do
	KeyInstances bool // equal keys can be distinct allocations
}

// Payload is what values of type any are by default: comparable, of several
// words, and able to tell when it was put together from two. It is so large that
// few fit into a page, as the runtime looks through all weak pointers into a page
// to add another.
type Payload struct {
	Index int
	Check [2]int
	_     [blockSize/8 - 3]int64
}

// NewPayload returns payload i.
func NewPayload(i int) Payload { return Payload{Index: i, Check: checkOf(i)} }

func checkOf(i int) [2]int { return [2]int{^i, i * 31} }

// Valid reports whether p is in one piece.
func (p Payload) Valid() bool { return p.Check == checkOf(p.Index) }

// typeOf returns the type T, an interface type included.
func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// A mistake is made by whoever wrote the subject or the checker. It is never
// taken for a panic of the map.
type mistake string

func (m mistake) Error() string { return string(m) }

func mistakef(subject, format string, args ...any) mistake {
	return mistake(fmt.Sprintf("model: Subject %q: ", subject) + fmt.Sprintf(format, args...))
}

// Fit returns o for a subject with these traits: where V has one value only,
// that is what o passes.
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

// FitAll returns ops with each fitted.
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
