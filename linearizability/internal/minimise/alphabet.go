package minimise

import (
	"github.com/mapspec/mapspec/model"
)

// An alphabet generates the operations of the programs that are tried. It has two
// keys, two values, and each special key and value that the map's types have. If it
// contains an operation, it also contains those that differ only in the names of
// keys and values. So of programs that differ only in names, one is always tried.
type alphabet struct {
	methods   []model.Method
	keys      []int
	specials  []int // keys that get only the zero value
	values    []int
	olds      []int
	callbacks []*model.Func // for the map's first traversal only
}

// sequentialAlphabet returns the alphabet for programs of one goroutine. It has what
// package property draws, on two keys.
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

// releaseAlphabet returns the alphabet for programs about release, whose results are
// right.
func releaseAlphabet(in model.Instance) alphabet {
	return alphabet{methods: usable(in), keys: []int{0, 1}, values: []int{1, 2}, olds: []int{1, 2}}
}

// usable lists the methods that can be called with any key and value.
func usable(in model.Instance) []model.Method { return in.Traits().Usable(in.Methods()).Methods() }

// ops lists the operations of a.
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

// onKey lists the operations of a that call m, a single-key method.
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

// names counts the ordinary keys and values that a program has named so far. It
// serves to try one of the programs that differ only in names.
type names struct{ keys, values int }

// after returns the names after o. It returns false if o skips a name: key 1 before
// key 0, or value 2 before value 1.
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
