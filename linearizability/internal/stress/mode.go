package stress

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// maxClients is how many goroutines call a map at once.
const maxClients = 4

// A mode is a way to draw programs.
type mode struct {
	name    string
	clients int
	length  int // the number of operations per client
	draw    func(d drawer) history.Program
	needs   []model.Method // the map must have one of these, if there are any
}

func (m mode) String() string {
	return fmt.Sprintf("mode %s, %d goroutines", m.name, m.clients)
}

// program draws the program of a round.
func (m mode) program(rng *rand.Rand, in model.Instance, traits model.Traits) history.Program {
	d := drawer{rng: rng, in: in, traits: traits, mode: m}
	d.methods = d.flavour()
	d.small = rng.IntN(2) == 0
	p := m.draw(d)
	p.Init = traits.FitAll(p.Init)
	for i := range p.Threads {
		p.Threads[i] = traits.FitAll(p.Threads[i])
	}
	return p
}

// possibleModes lists the modes of successive rounds, after which they start again.
// The hot key comes most often, and modes that take long come rarely.
func possibleModes(in model.Instance) []mode {
	hot := mode{name: "hot key", clients: 4, length: 8, draw: drawer.hotKey}
	trio := mode{name: "hot key of three", clients: 3, length: 6, draw: drawer.hotKey}
	few := mode{name: "few keys", clients: 3, length: 6, draw: drawer.fewKeys, needs: []model.Method{model.Range, model.All}}
	whole := mode{name: "whole map", clients: 3, length: 4, draw: drawer.wholeMap, needs: []model.Method{model.Clear, model.Len}}
	empty := mode{name: "delete to empty", clients: 4, length: 6, draw: drawer.deleteToEmpty, needs: []model.Method{model.Delete, model.LoadAndDelete}}
	resize := mode{name: "resize", clients: 4, length: 120, draw: drawer.resize, needs: []model.Method{model.Delete, model.LoadAndDelete}}
	order := []mode{}
	for range 5 {
		order = append(order, hot, few, trio, whole, hot, empty, few, whole)
	}
	order = append(order, resize)
	has := in.Methods()
	if len(onKey(has, model.Method.Inserts)) == 0 || len(onKey(has, returnsValue)) == 0 {
		return nil
	}
	return slices.DeleteFunc(order, func(m mode) bool { return len(m.needs) > 0 && !has.HasAny(m.needs...) })
}

func returnsValue(m model.Method) bool {
	value, _, _ := m.Returns()
	return value
}

// onKey lists the single-key methods in has for which ok returns true.
func onKey(has model.MethodSet, ok func(model.Method) bool) []model.Method {
	var list []model.Method
	for _, m := range has.Methods() {
		if m.OnKey() && ok(m) {
			list = append(list, m)
		}
	}
	return list
}

// A drawer draws one program.
type drawer struct {
	rng     *rand.Rand
	in      model.Instance
	traits  model.Traits
	mode    mode
	methods []model.Method // the single-key methods of this round
	small   bool           // few distinct values, so that comparisons match
	next    int            // the next unique value
}

// flavour picks the single-key methods of a round: all of them, or a few, as most bugs
// involve two or three methods.
func (d drawer) flavour() []model.Method {
	all := onKey(d.traits.Usable(d.in.Methods()), model.Method.OnKey)
	if d.rng.IntN(2) == 0 {
		return all
	}
	stores := onKey(d.in.Methods(), model.Method.Inserts)
	picked := []model.Method{stores[d.rng.IntN(len(stores))]}
	for range 1 + d.rng.IntN(3) {
		picked = append(picked, all[d.rng.IntN(len(all))])
	}
	return picked
}

// value returns a value to store. It is one of three values, or a value that was not
// used before.
func (d *drawer) value() int {
	if d.small {
		return 1 + d.rng.IntN(3)
	}
	d.next++
	return d.next
}

// old returns a value to compare with, which was probably stored.
func (d *drawer) old() int {
	if d.small {
		return 1 + d.rng.IntN(3)
	}
	return d.next - d.rng.IntN(min(d.next, 4)+1)
}

func (d *drawer) op(m model.Method, key int) model.Op {
	o := model.Op{Method: m}
	if m.OnKey() {
		o.Key = key
	}
	if m.Compares() {
		o.Old = d.old()
	}
	if m.Stores() {
		o.Value = d.value()
	}
	return o
}

func (d *drawer) anyOp(key int) model.Op {
	return d.op(d.methods[d.rng.IntN(len(d.methods))], key)
}

// threads draws the operations of each client with draw.
func (d *drawer) threads(draw func(client int) model.Op) [][]model.Op {
	threads := make([][]model.Op, d.mode.clients)
	for i := range threads {
		for range d.mode.length {
			threads[i] = append(threads[i], draw(i))
		}
	}
	return threads
}

// seeded returns an Init that stores keys 0 to n-1, or an empty one, by chance.
func (d *drawer) seeded(n int) []model.Op {
	if d.rng.IntN(2) == 0 {
		return nil
	}
	return d.filled(n)
}

// filled returns an Init that stores keys 0 to n-1.
func (d *drawer) filled(n int) []model.Op {
	stores := onKey(d.in.Methods(), model.Method.Inserts)
	var ops []model.Op
	for k := range n {
		ops = append(ops, d.op(stores[0], k))
	}
	return ops
}

// hotKey uses a single key.
func (d drawer) hotKey() history.Program {
	init := d.seeded(1)
	return history.Program{Init: init, Threads: d.threads(func(int) model.Op { return d.anyOp(0) })}
}

// fewKeys uses two or three keys, and traversals.
func (d drawer) fewKeys() history.Program {
	keys := 2 + d.rng.IntN(2)
	init := d.seeded(keys)
	traversals := have(d.in, model.Range, model.All)
	return history.Program{Init: init, Threads: d.threads(func(int) model.Op {
		if len(traversals) > 0 && d.rng.IntN(5) == 0 {
			return d.traversal(traversals)
		}
		return d.anyOp(d.rng.IntN(keys))
	})}
}

// traversal draws a traversal. Some stop, and some call the map from the callback.
func (d *drawer) traversal(methods []model.Method) model.Op {
	o := model.Op{Method: methods[d.rng.IntN(len(methods))]}
	switch d.rng.IntN(6) {
	case 0:
		o.Func = &model.Func{Stop: 1}
	case 1:
		o.Func = &model.Func{Do: []model.Op{d.anyOp(d.rng.IntN(2))}}
	}
	return o
}

// have lists those of the methods that the map has.
func have(in model.Instance, methods ...model.Method) []model.Method {
	var list []model.Method
	for _, m := range methods {
		if in.Methods().Has(m) {
			list = append(list, m)
		}
	}
	return list
}

// wholeMap uses two keys, Clear and Len.
func (d drawer) wholeMap() history.Program {
	init := d.seeded(2)
	whole := have(d.in, model.Clear, model.Len, model.Len)
	return history.Program{Init: init, Threads: d.threads(func(int) model.Op {
		if d.rng.IntN(4) == 0 {
			return d.op(whole[d.rng.IntN(len(whole))], 0)
		}
		return d.anyOp(d.rng.IntN(2))
	})}
}

// deleteToEmpty stores and deletes one or two keys, so that the map is empty again and
// again.
func (d drawer) deleteToEmpty() history.Program {
	keys := 1 + d.rng.IntN(2)
	deletes := have(d.in, model.Delete, model.LoadAndDelete)
	stores := onKey(d.in.Methods(), model.Method.Inserts)
	return history.Program{Init: d.seeded(keys), Threads: d.threads(func(int) model.Op {
		key := d.rng.IntN(keys)
		switch d.rng.IntN(5) {
		case 0, 1:
			return d.op(deletes[d.rng.IntN(len(deletes))], key)
		case 2, 3:
			return d.op(stores[d.rng.IntN(len(stores))], key)
		}
		return d.anyOp(key)
	})}
}

// resize makes the map grow and shrink. Each client stores and deletes keys of its own,
// 120 to 240 in all, while eight other keys stay. Sometimes a client uses one of two
// shared keys, loads any key, or traverses the map.
func (d drawer) resize() history.Program {
	const residents, shared = 8, 2
	d.small = false
	init := d.filled(residents)
	stores := onKey(d.in.Methods(), model.Method.Inserts)
	deletes := have(d.in, model.Delete, model.LoadAndDelete)
	own := 30 + d.rng.IntN(31)
	traversals := have(d.in, model.Range, model.All)
	threads := make([][]model.Op, d.mode.clients)
	for i := range threads {
		first := residents + shared + i*own
		for k := range 2 * own {
			m := stores[0]
			if k >= own {
				m = deletes[d.rng.IntN(len(deletes))]
			}
			threads[i] = append(threads[i], d.op(m, first+k%own))
			if d.rng.IntN(8) == 0 {
				threads[i] = append(threads[i], d.anyOp(residents+d.rng.IntN(shared)))
			}
			if d.in.Methods().Has(model.Load) && d.rng.IntN(8) == 0 {
				threads[i] = append(threads[i], d.op(model.Load, d.rng.IntN(residents+shared+d.mode.clients*own)))
			}
			if len(traversals) > 0 && d.rng.IntN(own) == 0 {
				threads[i] = append(threads[i], model.Op{Method: traversals[0]})
			}
		}
	}
	return history.Program{Init: init, Threads: threads}
}

// atRest returns the reads after a program: a Load of each of its keys, Len and Range.
func atRest(in model.Instance, p history.Program) []model.Op {
	var ops []model.Op
	if in.Methods().Has(model.Load) {
		seen := map[int]bool{}
		for _, thread := range append([][]model.Op{p.Init}, p.Threads...) {
			for _, o := range thread {
				if o.Method.OnKey() && !seen[o.Key] {
					seen[o.Key] = true
					ops = append(ops, model.Op{Method: model.Load, Key: o.Key})
				}
			}
		}
	}
	for _, m := range have(in, model.Len, model.Range) {
		ops = append(ops, model.Op{Method: m})
	}
	return ops
}
