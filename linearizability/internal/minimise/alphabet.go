package minimise

import (
	"github.com/mapspec/mapspec/model"
)

// An alphabet is what programs are made of when all of a size are tried: two
// keys, two values, and each special one that the map's types have. It has with
// each call those that differ from it in the names of keys and values only:
// otherwise a program could be left out for one that is not tried either.
type alphabet struct {
	methods   []model.Method
	keys      []int
	specials  []int // keys that are called with the zero value only
	values    []int
	olds      []int
	callbacks []*model.Func // of the first traversal that the map has
}

// sequentialAlphabet is for programs of one goroutine: what package property
// would draw, on two keys.
func sequentialAlphabet(in model.Instance) alphabet {
	t := in.Traits()
	a := alphabet{methods: usable(in), keys: []int{0, 1}, values: []int{1, 2, model.Zero}}
	if t.NaN {
		a.specials = append(a.specials, model.NaN)
	}
	if t.Unhashable {
		a.specials = append(a.specials, model.Unhashable)
	}
	if t.Uncomparable {
		a.values = append(a.values, model.Uncomparable)
	}
	a.olds = a.values
	a.callbacks = []*model.Func{{Stop: 1}, {Panic: 1}, {Goexit: 1}, {Nil: true}}
	plain := alphabet{methods: a.methods, keys: []int{0, 1}, values: []int{1, 2}, olds: []int{1, 2}}
	for _, o := range plain.ops() {
		a.callbacks = append(a.callbacks, &model.Func{Do: []model.Op{o}})
	}
	return a
}

// releaseAlphabet is for programs whose results are known to be right.
func releaseAlphabet(in model.Instance) alphabet {
	return alphabet{methods: usable(in), keys: []int{0, 1}, values: []int{1, 2}, olds: []int{1, 2}}
}

// usable lists the methods that programs are made of.
func usable(in model.Instance) []model.Method { return in.Traits().Usable(in.Methods()).Methods() }

// ops lists all operations of a.
func (a alphabet) ops() []model.Op {
	var list []model.Op
	callbacks := a.callbacks
	for _, m := range a.methods {
		if m.OnKey() {
			list = append(list, a.onKey(m)...)
			continue
		}
		list = append(list, model.Op{Method: m})
		if m.Traverses() {
			for _, f := range callbacks {
				list = append(list, model.Op{Method: m, Func: f})
			}
			callbacks = nil
		}
	}
	return list
}

func (a alphabet) onKey(m model.Method) []model.Op {
	values, olds := []int{0}, []int{0}
	if m.Stores() {
		values = a.values
	}
	if m.Compares() {
		olds = a.olds
	}
	if m == model.CompareAndSwap {
		values = a.values[:2] // what it stores is what Store stores
	}
	var list []model.Op
	for _, k := range a.keys {
		for _, old := range olds {
			for _, v := range values {
				list = append(list, model.Op{Method: m, Key: k, Old: old, Value: v})
			}
		}
	}
	for _, k := range a.specials {
		list = append(list, model.Op{Method: m, Key: k})
	}
	return list
}

// names counts the ordinary keys and values that were named so far, so that
// of programs that differ in names only one is tried.
type names struct{ keys, values int }

// after returns the names known after o, or false if o takes a name before
// its turn: key 1 before key 0, value 2 before value 1.
func (n names) after(o model.Op) (names, bool) {
	if o.Method.OnKey() && o.Key >= n.keys {
		if o.Key > n.keys {
			return n, false
		}
		n.keys++
	}
	for _, v := range []int{o.Old, o.Value} {
		if v > n.values {
			if v > n.values+1 {
				return n, false
			}
			n.values++
		}
	}
	if o.Func != nil {
		for _, inner := range o.Func.Do {
			var ok bool
			if n, ok = n.after(inner); !ok {
				return n, false
			}
		}
	}
	return n, true
}
