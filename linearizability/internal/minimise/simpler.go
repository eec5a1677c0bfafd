package minimise

import (
	"slices"

	"github.com/mapspec/mapspec/model"
)

// simpler lists the programs that are simpler than w by one change. Large changes come
// first: a program without one of the goroutines, without half of its operations,
// without a quarter, and so on. In others one goroutine does the work of two, or an
// operation runs before the goroutines start. In the last ones an operation does
// less.
func simpler(w model.Witness) []model.Witness {
	var list []model.Witness
	for i := range w.Threads {
		if len(w.Threads) > 1 {
			list = append(list, edit(w, func(w *model.Witness) { w.Threads = slices.Delete(w.Threads, i, i+1) }))
		}
	}
	for _, part := range parts(w) {
		list = append(list, withoutChunks(w, part)...)
	}
	for i := range w.Threads {
		for j := range w.Threads {
			if i != j {
				list = append(list, joined(w, i, j))
			}
		}
		if len(w.Threads) > 1 && len(w.Threads[i]) > 1 {
			list = append(list, firstAlone(w, i))
		}
	}
	for _, part := range parts(w) {
		for i, op := range *part(&w) {
			if op.Func != nil && len(op.Func.Do) > 0 { // the calls of the callback replace the traversal
				list = append(list, edit(w, func(w *model.Witness) { *part(w) = slices.Replace(*part(w), i, i+1, op.Func.Do...) }))
			}
			for _, o := range simplerOps(op) {
				list = append(list, edit(w, func(w *model.Witness) { (*part(w))[i] = o }))
			}
		}
	}
	return list
}

// edit returns a copy of w with change made. The copy shares only what no change
// writes to.
func edit(w model.Witness, change func(*model.Witness)) model.Witness {
	w.Init = slices.Clone(w.Init)
	w.Threads = slices.Clone(w.Threads)
	for i := range w.Threads {
		w.Threads[i] = slices.Clone(w.Threads[i])
	}
	change(&w)
	w.Threads = slices.DeleteFunc(w.Threads, func(t []model.Op) bool { return len(t) == 0 })
	return w
}

// parts returns a function for Init and for each thread of w, which points to it in a
// witness of the same form.
func parts(w model.Witness) []func(*model.Witness) *[]model.Op {
	list := []func(*model.Witness) *[]model.Op{func(w *model.Witness) *[]model.Op { return &w.Init }}
	for i := range w.Threads {
		list = append(list, func(w *model.Witness) *[]model.Op { return &w.Threads[i] })
	}
	return list
}

// withoutChunks lists the programs without the later half of a part, without the
// earlier half, without each quarter, and so on down to single operations.
func withoutChunks(w model.Witness, part func(*model.Witness) *[]model.Op) []model.Witness {
	var list []model.Witness
	n := len(*part(&w))
	for size := (n + 1) / 2; size > 0; size /= 2 {
		for end := n; end > 0; end -= size {
			begin := max(0, end-size)
			shorter := edit(w, func(w *model.Witness) {
				ops := part(w)
				*ops = slices.Delete(*ops, begin, end)
			})
			if len(shorter.Threads) > 0 {
				list = append(list, shorter)
			}
		}
	}
	return list
}

// joined appends the operations of thread j to thread i.
func joined(w model.Witness, i, j int) model.Witness {
	return edit(w, func(w *model.Witness) {
		w.Threads[i] = append(w.Threads[i], w.Threads[j]...)
		w.Threads[j] = nil
	})
}

// firstAlone moves thread i's first operation to the end of Init, where nothing
// overlaps it.
func firstAlone(w model.Witness, i int) model.Witness {
	return edit(w, func(w *model.Witness) {
		w.Init = append(w.Init, w.Threads[i][0])
		w.Threads[i] = w.Threads[i][1:]
	})
}

// simplerOps lists operations that do less than o. They call a method that returns
// nothing, have a callback that does not end the traversal or makes fewer calls, or
// use the first instance of the key.
func simplerOps(o model.Op) []model.Op {
	var list []model.Op
	switch o.Method {
	case model.Swap, model.LoadOrStore:
		list = append(list, model.Op{Method: model.Store, Key: o.Key, Value: o.Value, Instance: o.Instance})
	case model.LoadAndDelete, model.CompareAndDelete:
		list = append(list, model.Op{Method: model.Delete, Key: o.Key, Instance: o.Instance})
	}
	if o.Instance > 0 {
		less := o
		less.Instance = 0
		list = append(list, less)
	}
	if o.Func == nil {
		return list
	}
	with := func(change func(*model.Func)) {
		f := *o.Func
		f.Do = slices.Clone(f.Do)
		change(&f)
		less := o
		if less.Func = &f; f.Stop == 0 && f.Panic == 0 && f.Goexit == 0 && !f.Nil && len(f.Do) == 0 {
			less.Func = nil
		}
		list = append(list, less)
	}
	for _, at := range []func(*model.Func) *int{
		func(f *model.Func) *int { return &f.Stop }, func(f *model.Func) *int { return &f.Panic }, func(f *model.Func) *int { return &f.Goexit },
	} {
		if *at(o.Func) > 0 {
			with(func(f *model.Func) { *at(f) = 0 })
		}
		if *at(o.Func) > 1 {
			with(func(f *model.Func) { *at(f) = 1 })
		}
	}
	for i := range o.Func.Do {
		with(func(f *model.Func) { f.Do = slices.Delete(f.Do, i, i+1) })
		for _, inner := range simplerOps(o.Func.Do[i]) {
			with(func(f *model.Func) { f.Do[i] = inner })
		}
	}
	return list
}

// canonical renames the keys or the values of w, or both, in the order in which they
// occur. Special keys and values keep their names.
func canonical(w model.Witness, keys, values bool) model.Witness {
	r := renaming{}
	if keys {
		r.keys = map[int]int{}
	}
	if values {
		r.values = map[int]int{}
	}
	return edit(w, func(w *model.Witness) {
		r.ops(w.Init)
		for _, t := range w.Threads {
			r.ops(t)
		}
	})
}

// A renaming maps old names to new ones, which count from 0 for keys and from 1 for
// values. A nil map keeps the old names.
type renaming struct{ keys, values map[int]int }

func (r renaming) ops(ops []model.Op) {
	for i := range ops {
		o := &ops[i]
		if o.Method.OnKey() {
			o.Key = newName(r.keys, o.Key, 0)
		}
		o.Old = newName(r.values, o.Old, 1)
		o.Value = newName(r.values, o.Value, 1)
		if o.Func != nil {
			f := *o.Func
			f.Do = slices.Clone(f.Do)
			r.ops(f.Do)
			o.Func = &f
		}
	}
}

func newName(names map[int]int, old, first int) int {
	if old < first || names == nil {
		return old
	}
	if _, ok := names[old]; !ok {
		names[old] = first + len(names)
	}
	return names[old]
}
