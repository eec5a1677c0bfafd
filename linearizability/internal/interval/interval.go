// Package interval decides whether any execution that is equivalent to a given
// one has a history that a map may not have.
//
//	interval.go       this introduction; the checker
//	record.go         what the checker is told of an execution
//	point.go          calls, visits and returns, each put at a step
//	poset.go          which point comes before which in every equivalent execution
//	key.go            what makes two records alike
//	set.go            keys that were seen
//	alone.go          operations that are wrong whatever the others did
//	part.go           an operation, or its share of one key, and its step
//	whole.go          Clear and Len, in tables that the model fills
//	projection.go     the points of one key, or of all
//	witness.go        one order of the parts that will do for every order of the points
//	search.go         every order of the points
//	configuration.go  what the map may hold, and what has taken effect
//	extension.go      a violation: a total order, as a history
//	steps.go          the same as an order of all steps, to replay
//
// # Why one history a class is not enough
//
// Executions that differ in the order of steps that do not conflict are
// equivalent: threads see the same values. But which operation returned before
// which was called may differ, and with it the verdict. Here z conflicts with
// neither x nor y. In the execution the Load is during the Store and right; in
// an equivalent one it is after it, and wrong:
//
//	A  Store(k0, v1)           ├─ x ───── y ─┤
//	B  Load(k0) → absent          ├─ z ─┤
//
// # What is searched
//
// A call can be as late as right before the first step of its operation, and a
// return as early as right after the last one. Later calls and earlier returns
// order more operations, and exclude linearizations only. So take a class's
// histories with these tight intervals: the class has a violation exactly if one
// of them is one. They are the linear extensions of a partial order, that of
// the steps at which something is called or returns (a linear extension of a
// part of a partial order always extends to all of it). The order is that of
// each thread and of all conflicting steps, a read before a write included.
//
// All extensions are searched, except those that an argument of tightness makes
// superfluous (see search.go), and no situation twice: a situation is a down-set
// of the points and the set of configurations that it may have, a configuration
// being what has taken effect and what the map then holds (the sets of
// Wing and Gong's algorithm as refined by Lowe 2017, for all orders at once). Mostly
// there is nothing to search: one order of the operations linearizes every extension
// (see witness.go).
//
// # What agrees with package check
//
// The verdict on each single history: it is that of check.Operations, which
// the tests compare. Each key is judged by itself, by Herlihy and Wing's
// locality, unless an atomic Clear or a Len speaks of several. A traversal is
// one Load a key. Values does not show its keys, and only how it ends is
// judged. An operation that has not returned takes effect at any time from its
// call on, with any result, or never.
//
// # What is taken for granted
//
// The clocks are those of the execution, and before the first step the map holds
// what the model does after Reset's operations. NaN keys do not occur; they are an
// error.
package interval

import (
	"fmt"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// A Checker checks the records of one program after another. It remembers which
// it has found right by a search, some 50 bytes each, until Reset. It is for one
// goroutine.
type Checker struct {
	promise model.Promise
	stats   Stats

	initial  []history.Operation // what Reset was told
	misdone  bool                // some of it has a result that is wrong
	contents []content

	poset      poset
	right      set
	text       text // scratch
	key        key  // of the record that is checked, if keyed
	keyed      bool // it had to be searched
	keys       []int
	projection projection
	witness    witness
	search     search
}

// Stats count what a checker did since it was made.
type Stats struct {
	Checks     int // calls of Check
	Witnessed  int // keys, or whole maps, of which one order explains every extension
	Duplicates int // records that had to be searched, and were like one that a search had found right
	Searches   int // of a key, or of the whole map
	Situations int // that the searches came to
}

// NewChecker returns a checker of maps with promise p, which decides how Clear
// (T5) and Len (T6) are judged. The map is empty until Reset says otherwise.
func NewChecker(p model.Promise) *Checker {
	return &Checker{promise: p, witness: witness{most: maxTries}, search: newSearch()}
}

// Stats returns what c did so far.
func (c *Checker) Stats() Stats { return c.stats }

// An Initial is an operation that is done before the threads start, and what it
// answered.
type Initial struct {
	Op     model.Op
	Result model.Result
}

// Reset begins another program: before its threads start, init has been done to
// an empty map, one operation after the other. If one of them has answered what it
// may not, every record is wrong. The error wraps [ErrTooLarge] or [ErrMalformed].
func (c *Checker) Reset(init []Initial) error {
	c.right.empty()
	c.initial, c.contents, c.misdone = c.initial[:0], c.contents[:0], false
	var s model.State
	for i, done := range init {
		o := done.Op
		if !o.Method.OnKey() || o.Key == model.NaN {
			return fmt.Errorf("%w: initial operation %v: want operations on ordinary keys", ErrMalformed, o)
		}
		if err := checkValue(o); err != nil {
			return err
		}
		next, want := model.Step(s, o)
		s = next
		c.misdone = c.misdone || done.Result != want
		c.initial = append(c.initial, history.Operation{
			ID: i, Parent: history.NoParent, Op: o, Result: done.Result, Call: 2 * i, Return: 2*i + 1,
		})
	}
	for _, k := range s.Keys() {
		c.contents = append(c.contents, content{k, pack(s.Cell(k))})
	}
	return nil
}

// Check reports whether every execution that is equivalent to r has a history
// that a map may have; if not, bad is one that has none. It keeps nothing of r,
// and allocates nothing if r is right and no larger than those before, but for what
// it remembers. The error wraps [ErrTooLarge] or [ErrMalformed]; nothing is known then.
//
// The time is exponential in the number of operations at worst.
func (c *Checker) Check(r *Record, clock Clock) (ok bool, bad Extension, err error) {
	c.stats.Checks++
	if err := c.poset.build(r, clock); err != nil {
		return false, Extension{}, err
	}
	c.keyed = false
	order, violated, err := c.judge(r)
	switch {
	case err != nil:
		return false, Extension{}, err
	case violated:
		return false, c.extension(r, order), nil
	case c.keyed:
		c.right.add(c.key)
	}
	return true, Extension{}, nil
}

// judge looks for an extension without a linearization. What it returns of one
// are the points that must come in this order.
func (c *Checker) judge(r *Record) (order []int32, violated bool, err error) {
	if err := checkSizes(r); err != nil {
		return nil, false, err
	}
	if c.misdone || wrongAlone(r) {
		return nil, true, nil
	}
	c.collectKeys(r)
	if c.together(r) {
		return c.searchKeys(r, c.keys)
	}
	for i := range c.keys {
		order, violated, err = c.searchKeys(r, c.keys[i:i+1])
		if violated || err != nil {
			return order, violated, err
		}
	}
	return nil, false, nil
}

// searchKeys searches the extensions of what r did to keys.
func (c *Checker) searchKeys(r *Record, keys []int) (order []int32, violated bool, err error) {
	if err := c.projection.build(r, &c.poset, keys, c.contents, c.promise); err != nil {
		return nil, false, err
	}
	if c.witness.find(&c.projection) {
		c.stats.Witnessed++
		return nil, false, nil
	}
	if c.remembers(r) {
		return nil, false, nil
	}
	c.stats.Searches++
	violated, err = c.search.run(&c.projection)
	c.stats.Situations += c.search.seen.len
	return c.search.path, violated, err
}

// remembers reports whether a record like r was found right by searches.
func (c *Checker) remembers(r *Record) bool {
	if !c.keyed {
		c.key, c.keyed = c.keyOf(r), true
		if c.right.has(c.key) {
			c.stats.Duplicates++
		}
	}
	return c.right.has(c.key)
}
