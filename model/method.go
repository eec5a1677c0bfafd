package model

import (
	"fmt"
	"math/bits"
	"strings"
)

// A Method is one method of the specification.
type Method uint8

const (
	Load Method = iota
	Store
	LoadOrStore
	LoadAndDelete
	Delete
	Swap
	CompareAndSwap
	CompareAndDelete
	Range
	All    // visits keys and values, as Range does (T2)
	Keys   // visits keys only
	Values // visits values only
	Clear
	Len
	methods // the number of methods
)

// nature is what the specification says about a method, except for its meaning,
// which is [Step].
type nature struct {
	name      string
	scope     scope
	takes     arguments
	reads     bool // the result depends on what the map holds
	writes    writes
	value, ok bool // what it returns; a method that returns a value also returns ok
	length    bool
}

// scope is the part of a map that a call acts on.
type scope uint8

const (
	wholeMap  scope = iota
	oneKey          // the entry of its key
	eachEntry       // the entries that it passes to its callback
)

// arguments is the set of values that a method takes in addition to its key.
type arguments uint8

const (
	takesValue arguments = 1 << iota // the value that it may store
	takesOld                         // the value that the key must hold
)

// writes says which calls of a method may change the map.
type writes uint8

const (
	never writes = iota
	always
	ifOK    // the calls that return true
	ifNotOK // the calls that return false
)

var natures = [methods]nature{
	Load:             {name: "Load", scope: oneKey, reads: true, value: true, ok: true},
	Store:            {name: "Store", scope: oneKey, takes: takesValue, writes: always},
	LoadOrStore:      {name: "LoadOrStore", scope: oneKey, takes: takesValue, reads: true, writes: ifNotOK, value: true, ok: true},
	LoadAndDelete:    {name: "LoadAndDelete", scope: oneKey, reads: true, writes: ifOK, value: true, ok: true},
	Delete:           {name: "Delete", scope: oneKey, writes: always},
	Swap:             {name: "Swap", scope: oneKey, takes: takesValue, reads: true, writes: always, value: true, ok: true},
	CompareAndSwap:   {name: "CompareAndSwap", scope: oneKey, takes: takesOld | takesValue, reads: true, writes: ifOK, ok: true},
	CompareAndDelete: {name: "CompareAndDelete", scope: oneKey, takes: takesOld, reads: true, writes: ifOK, ok: true},
	Range:            {name: "Range", scope: eachEntry, reads: true},
	All:              {name: "All", scope: eachEntry, reads: true},
	Keys:             {name: "Keys", scope: eachEntry, reads: true},
	Values:           {name: "Values", scope: eachEntry, reads: true},
	Clear:            {name: "Clear", scope: wholeMap, writes: always},
	Len:              {name: "Len", scope: wholeMap, reads: true, length: true},
}

// noMethod is the nature of a number that is not a method.
var noMethod nature

func (m Method) nature() *nature {
	if m < methods {
		return &natures[m]
	}
	return &noMethod
}

func (m Method) String() string {
	if m < methods {
		return natures[m].name
	}
	return fmt.Sprintf("Method(%d)", uint8(m))
}

// OnKey reports whether m is a single-key operation.
func (m Method) OnKey() bool { return m.nature().scope == oneKey }

// Traverses reports whether m is a traversal, which calls a callback for what it
// visits.
func (m Method) Traverses() bool { return m.nature().scope == eachEntry }

// VisitsKeys reports whether m is a traversal that passes keys to its callback.
func (m Method) VisitsKeys() bool { return m.Traverses() && m != Values }

// Stores reports whether m takes a value that it may store.
func (m Method) Stores() bool { return m.nature().takes&takesValue != 0 }

// Compares reports whether m compares the stored value with an old one.
func (m Method) Compares() bool { return m.nature().takes&takesOld != 0 }

// Inserts reports whether m stores its value if the key is absent.
func (m Method) Inserts() bool { return m.Stores() && !m.Compares() }

// Reads reports whether what m returns, or visits, depends on what the map holds.
func (m Method) Reads() bool { return m.nature().reads }

// Writes reports whether m may change the map. What the callback of a traversal does
// does not count.
func (m Method) Writes() bool { return m.nature().writes != never }

// Wrote reports whether a call of m that returned r may have changed the map.
func (m Method) Wrote(r Result) bool {
	if r.Panic != "" {
		return false
	}
	switch m.nature().writes {
	case always:
		return true
	case ifOK:
		return r.OK
	case ifNotOK:
		return !r.OK
	}
	return false
}

// Returns reports which fields of a [Result] m fills in.
func (m Method) Returns() (value, ok, length bool) {
	n := m.nature()
	return n.value, n.ok, n.length
}

// MarshalText writes the method's name.
func (m Method) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a method's name.
func (m *Method) UnmarshalText(b []byte) error {
	for i, n := range natures {
		if n.name == string(b) {
			*m = Method(i)
			return nil
		}
	}
	return fmt.Errorf("unknown operation %q: want one of %v", b, EveryMethod)
}

// A MethodSet is a set of methods.
type MethodSet uint16

// EveryMethod holds all methods of the specification.
const EveryMethod MethodSet = 1<<methods - 1

// Has reports whether m is in s.
func (s MethodSet) Has(m Method) bool { return s>>m&1 == 1 }

// HasAny reports whether any of the methods is in s.
func (s MethodSet) HasAny(methods ...Method) bool { return s&MethodSet(0).With(methods...) != 0 }

// With returns s with methods added.
func (s MethodSet) With(methods ...Method) MethodSet {
	for _, m := range methods {
		s |= 1 << m
	}
	return s
}

// Without returns s with methods removed.
func (s MethodSet) Without(methods ...Method) MethodSet { return s &^ MethodSet(0).With(methods...) }

// Methods returns the methods in s in the order of the specification.
func (s MethodSet) Methods() []Method {
	list := make([]Method, 0, bits.OnesCount16(uint16(s)))
	for m := range methods {
		if s.Has(m) {
			list = append(list, m)
		}
	}
	return list
}

func (s MethodSet) String() string { return s.join(", ") }

func (s MethodSet) join(sep string) string {
	names := []string{}
	for _, m := range s.Methods() {
		names = append(names, m.String())
	}
	return strings.Join(names, sep)
}
