package property

import (
	"fmt"
	"runtime"

	"github.com/mapspec/mapspec/model"
)

// A tracker runs operations on one map and knows which instances it may hold.
type tracker struct {
	in     model.Instance
	traits model.Traits
	state  model.State
	ops    []model.Op
	made   []passed
	keys   map[int][]int // for each present key, its instances in made, of which exactly one is live (S8)
	older  map[int][]int // for each key, the instances stored before it was last deleted
	value  map[int][]int // for each present key, the equal instances of its value, of which exactly one is live
}

// track returns a tracker of in, whose map must be empty and at rest.
func track(in model.Instance) *tracker {
	return &tracker{in: in, traits: in.Traits(), keys: map[int][]int{}, older: map[int][]int{}, value: map[int][]int{}}
}

// Do performs o. The error says that the map returned something wrong. After that
// nothing is known about what it may hold. A traversal visits all entries, and its
// callback does nothing.
func (t *tracker) Do(o model.Op) error {
	o = t.traits.Fit(o)
	before := t.state
	next, want := model.Step(before, o)
	at := len(t.ops)
	t.ops = append(t.ops, o)
	if o.Method.Traverses() {
		if r := t.in.Traverse(o, func(model.Visit) bool { return true }); r.Panic != "" {
			return fmt.Errorf("%v ended with %s", o, r.Text(o.Method))
		}
		return nil
	}
	p := t.in.Prepare(o)
	defer p.Release()
	w := p.Watches()
	p.Do()
	got := p.Result()
	if got != want {
		return fmt.Errorf("%v returned %s, want %s", o, got.Text(o.Method), want.Text(o.Method))
	}
	t.state = next
	t.adopt(o, got, w, at, before)
	return nil
}

// adopt notes what o, operation number at, passed to the map: which instances may be
// live from now on, and which must be released.
func (t *tracker) adopt(o model.Op, got model.Result, w model.Watches, at int, before model.State) {
	key := t.add(false, o.Key, at, w.Key)
	t.add(true, o.Old, at, w.Old)
	value := t.add(true, o.Value, at, w.Value)
	if o.Method == model.Clear {
		for k := range t.keys {
			t.retire(k, at)
		}
		return
	}
	was, is := before.Cell(o.Key), t.state.Cell(o.Key)
	stored := o.Method.Stores() && o.Method.Wrote(got)
	switch {
	case !is.Present:
		t.retire(o.Key, at)
	case !was.Present:
		t.keys[o.Key] = t.appendLive(nil, key)
		t.value[o.Key] = t.appendLive(nil, value)
	case stored:
		t.keys[o.Key] = t.appendLive(t.keys[o.Key], key)
		if is.Value != was.Value {
			t.leave(t.value[o.Key], at)
			t.value[o.Key] = nil
		}
		t.value[o.Key] = t.appendLive(t.value[o.Key], value)
	}
}

// leave notes that nothing may hold the instances in list after operation at.
func (t *tracker) leave(list []int, at int) {
	for _, i := range list {
		t.made[i].left = at
	}
}

// retire notes that operation at deleted key k. A map that has not released an
// instance of k may use it again when k is stored anew. Then that instance is the
// live one, and the new one may die.
func (t *tracker) retire(k, at int) {
	t.leave(t.keys[k], at)
	t.leave(t.value[k], at)
	t.older[k] = append(t.older[k], t.keys[k]...)
	delete(t.keys, k)
	delete(t.value, k)
}

// add appends an instance to made and returns its index, or -1 if there is nothing
// to watch. Unless it becomes live, nothing may hold it after operation at, which
// passes it.
func (t *tracker) add(value bool, index, at int, w model.Watch) int {
	if w.Empty() {
		return -1
	}
	t.made = append(t.made, passed{value: value, index: index, op: at, left: at, watch: w})
	return len(t.made) - 1
}

// appendLive appends instance i to list, whose instances may be live. If i is -1
// there is no instance.
func (t *tracker) appendLive(list []int, i int) []int {
	if i < 0 {
		return list
	}
	t.made[i].left = -1
	return append(list, i)
}

// A retention is what a map at rest holds in addition to what is live.
type retention struct {
	Keys, Values []passed
	// Lost names a live instance that is not alive. The map holds a copy of it
	// then, and nothing is known about release. It is empty if there is none.
	Lost string
}

// Len returns how many instances are retained.
func (r retention) Len() int { return len(r.Keys) + len(r.Values) }

// Probe collects garbage until only live instances are alive, at most three times,
// and returns what else is alive. It does not read the map.
func (t *tracker) Probe() retention { return probeAll([]*tracker{t})[0] }

// probeAll probes many maps with the same garbage collections.
func probeAll(trackers []*tracker) []retention {
	found := make([]retention, len(trackers))
	for range collections {
		runtime.GC()
		total := 0
		for i, t := range trackers {
			found[i] = t.alive()
			total += found[i].Len()
		}
		if total == 0 {
			break
		}
	}
	for _, t := range trackers {
		runtime.KeepAlive(t.in)
	}
	return found
}

// alive returns which of the instances that are alive now are retained. Two watches
// on one allocation, as of a pointer that was passed twice, are one instance.
func (t *tracker) alive() retention {
	live := map[any]bool{}
	var r retention
	choose := func(what string, key int, candidates, older []int) {
		chosen := firstAlive(t.made, candidates)
		if chosen < 0 {
			chosen = firstAlive(t.made, older)
		}
		switch {
		case chosen >= 0:
			live[t.made[chosen].watch.ID()] = true
		case len(candidates) > 0:
			r.Lost = "live " + what + model.KeyName(key)
		}
	}
	for key, candidates := range t.keys {
		choose("key ", key, candidates, t.older[key])
	}
	for key, candidates := range t.value {
		choose("value of ", key, candidates, nil)
	}
	counted := map[any]bool{}
	for _, i := range t.made {
		id := i.watch.ID()
		if live[id] || counted[id] || !i.watch.Alive() {
			continue
		}
		counted[id] = true
		if !i.value {
			r.Keys = append(r.Keys, i)
		} else {
			r.Values = append(r.Values, i)
		}
	}
	return r
}

// firstAlive returns the newest of the candidates that is alive, or -1.
func firstAlive(made []passed, candidates []int) int {
	for j := len(candidates) - 1; j >= 0; j-- {
		if made[candidates[j]].watch.Alive() {
			return candidates[j]
		}
	}
	return -1
}

// drop forgets the map and returns how many instances survive it. There are none
// unless something else holds them.
func (t *tracker) drop() int {
	t.in = nil
	clear(t.keys)
	clear(t.value)
	return t.Probe().Len()
}
