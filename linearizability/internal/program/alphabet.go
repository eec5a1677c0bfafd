package program

import "github.com/mapspec/mapspec/model"

// An Alphabet is what a map can be asked to do. Values are not part of a letter.
type Alphabet struct {
	letters []letter
	traits  model.Traits
}

// letter is an operation without values, and what matters of it to others.
type letter struct {
	op       model.Op
	stores   bool // a value of its own under key, perhaps in its callback
	compares bool // what is under key with a value that has to be chosen
	key      int
}

// NewAlphabet returns the full alphabet of a map with these methods and traits
// on keys 0 to keys-1, in this order: every single-key method on each key; one
// traversal; Clear and Len; and two traversals that at the first visit store and
// delete key 0. A value that cannot be compared has no compares.
//
// The traversal is the first that the map has of Range, All, Keys and Values.
// The others are the same traversal by clause T2, which one goroutine can tell,
// so that is left to sequential checks.
func NewAlphabet(methods model.MethodSet, traits model.Traits, keys int) Alphabet {
	a := Alphabet{traits: traits}
	methods = traits.Usable(methods)
	for key := range keys {
		for _, m := range methods.Methods() {
			if m.OnKey() {
				a.add(model.Op{Method: m, Key: key})
			}
		}
	}
	traversal, traverses := first(methods)
	if traverses {
		a.add(model.Op{Method: traversal})
	}
	for _, m := range []model.Method{model.Clear, model.Len} {
		if methods.Has(m) {
			a.add(model.Op{Method: m})
		}
	}
	for _, m := range []model.Method{model.Store, model.Delete} {
		if traverses && methods.Has(m) {
			a.add(model.Op{Method: traversal, Func: &model.Func{Do: []model.Op{{Method: m}}}})
		}
	}
	return a
}

// first returns the first traversal of a map with these methods.
func first(methods model.MethodSet) (model.Method, bool) {
	for _, m := range methods.Methods() {
		if m.Traverses() {
			return m, true
		}
	}
	return 0, false
}

func (a *Alphabet) add(o model.Op) {
	// Where V has one value there is nothing to choose.
	l := letter{op: o, key: o.Key, stores: o.Method.Stores(), compares: o.Method.Compares() && !a.traits.Unit}
	if o.Func != nil {
		l.stores, l.key = o.Func.Do[0].Method.Stores(), o.Func.Do[0].Key
	}
	a.letters = append(a.letters, l)
}

// Plain returns a without the traversals whose callback calls the map.
func (a Alphabet) Plain() Alphabet {
	plain := Alphabet{traits: a.traits}
	for _, l := range a.letters {
		if l.op.Func == nil {
			plain.letters = append(plain.letters, l)
		}
	}
	return plain
}

// Ops returns the letters of a, with no values.
func (a Alphabet) Ops() []model.Op {
	ops := make([]model.Op, len(a.letters))
	for i, l := range a.letters {
		ops[i] = l.named(0, 0)
	}
	return ops
}

// named returns l as an operation with values, which shares nothing with l.
func (l letter) named(old, value int) model.Op {
	o := l.op
	switch {
	case o.Func != nil:
		do := o.Func.Do[0]
		do.Value = value
		o.Func = &model.Func{Do: []model.Op{do}}
	default:
		o.Old, o.Value = old, value
	}
	return o
}
