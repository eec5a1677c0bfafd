// Package interval decides whether every execution equivalent to a given one
// has a history that a map may have.
//
// An explorer that runs one execution per equivalence class needs it: the
// verdict on that execution's history alone is not the verdict on its class.
//
// # Why one history per class is not enough
//
// Executions that differ only in the order of steps that do not conflict are
// equivalent (Mazurkiewicz 1977): each thread sees the same values. But they may
// differ in which operation returned before which was called, and with it in the
// verdict. Here step z conflicts with neither x nor y. In the execution shown the
// Load overlaps the Store and is right. In an equivalent one it comes after the
// Store and is wrong:
//
//	A  Store(k0, v1)           ├─ x ───── y ─┤
//	B  Load(k0) → absent          ├─ z ─┤
//
// # Method
//
// A call can be as late as just before the first step of its operation, and a
// return as early as just after the last one. Later calls and earlier returns
// order more operations, and can only exclude linearizations. So it suffices to
// consider the histories of a class with these tight intervals: the class has a
// violation exactly if one of them is a violation. They are the linear extensions
// of a partial order on the steps at which something is called or returns. The
// partial order consists of each thread's order and the order of all conflicting
// steps, including a read before a write. (Restricting it to those steps loses
// nothing: a linear extension of a part extends to all of it.)
//
// All extensions are searched, except those that tightness makes superfluous (see
// type extensionSearch), and no situation is searched twice. A situation is a
// down-set of the points and the set of configurations possible there; a
// configuration is what has taken effect and what the map then holds. Sets of
// configurations are those of Wing and Gong's algorithm as refined by Lowe (2017),
// here for all orders at once. Usually no search is needed: a single order of the
// operations linearizes every extension (see type witnessSearch).
//
// # Agreement with package check
//
// On each single history the verdict is that of check.Operations; the tests
// compare the two. Each key is judged separately, by the locality of Herlihy and
// Wing (1990), unless an atomic Clear or a Len concerns several. A traversal is
// one Load per key. Values does not reveal its keys, so only how it ends is
// judged. An operation that has not returned takes effect at any time after its
// call with any result, or never.
//
// # Assumptions
//
// The clocks are those of the execution. Before the first step the map holds what
// the model holds after the operations passed to Reset. NaN keys are an error.
package interval

import (
	"fmt"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// A Checker checks the records of one program after another. Until Reset it
// remembers the records that searches have found right, in about 50 bytes each.
// It must not be used by several goroutines at once.
type Checker struct {
	promise model.Promise
	stats   counters

	initial      []history.Operation // the argument of Reset
	initialWrong bool                // one of them has a wrong result
	contents     []initialContent

	precedence   poset
	right        set
	buf          text   // scratch
	recordDigest digest // of the record being checked; valid if keyed
	keyed        bool   // the record had to be searched
	keys         []int
	proj         projection
	witness      witnessSearch
	search       extensionSearch
}

// counters count what a checker has done since it was made.
type counters struct {
	checks     int // calls of Check
	witnessed  int // keys, or whole maps, with one order that linearizes every extension
	duplicates int // records whose search was avoided because an equal one had been found right
	searches   int // of one key or of the whole map
	situations int // visited by the searches
}

// NewChecker returns a checker of maps with promise p, which decides how Clear
// (T5) and Len (T6) are judged. The map is empty before the first call of Reset.
func NewChecker(p model.Promise) *Checker {
	return &Checker{promise: p, witness: witnessSearch{maxTries: maxWitnessTries}, search: newSearch()}
}

// An Initial is an operation performed before the threads start, and its result.
type Initial struct {
	Op     model.Op
	Result model.Result
}

// Reset begins a new program. Before its threads start, the operations of init
// are performed on an empty map, one after the other. If one of their results is
// wrong, so is every record. The error wraps [ErrTooLarge] or [ErrMalformed].
func (c *Checker) Reset(init []Initial) error {
	c.right.empty()
	c.initial, c.contents, c.initialWrong = c.initial[:0], c.contents[:0], false
	var s model.State
	for i, done := range init {
		o := done.Op
		if !o.Method.OnKey() || o.Key == model.NaN {
			return fmt.Errorf("%w: initial operation %v: want an operation on an ordinary key", ErrMalformed, o)
		}
		if err := validateValue(o); err != nil {
			return err
		}
		next, want := model.Step(s, o)
		s = next
		c.initialWrong = c.initialWrong || done.Result != want
		c.initial = append(c.initial, history.Operation{
			ID: i, Parent: history.NoParent, Op: o, Result: done.Result, Call: 2 * i, Return: 2*i + 1,
		})
	}
	for _, k := range s.Keys() {
		c.contents = append(c.contents, initialContent{k, pack(s.Cell(k))})
	}
	return nil
}

// Check reports whether every execution equivalent to r has a history that a map
// may have. If not, bad is one that does not. The error wraps [ErrTooLarge] or
// [ErrMalformed]; then nothing is known.
//
// Check retains nothing of r. If r is right and no larger than earlier records it
// allocates nothing except for what it remembers. In the worst case, its time is
// exponential in the number of operations.
func (c *Checker) Check(r *Record, clock Clock) (ok bool, bad Extension, err error) {
	c.stats.checks++
	if err := c.precedence.build(r, clock); err != nil {
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
		c.right.add(c.recordDigest)
	}
	return true, Extension{}, nil
}

// judge looks for an extension without a linearization. It returns the points
// that determine that extension, in order.
func (c *Checker) judge(r *Record) (order []int32, violated bool, err error) {
	if err := validateRecord(r); err != nil {
		return nil, false, err
	}
	if c.initialWrong || anyWrongAlone(r) {
		return nil, true, nil
	}
	c.collectKeys(r)
	if c.needsWholeMap(r) {
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

// searchKeys looks for an extension of the operations on keys that has no
// linearization.
func (c *Checker) searchKeys(r *Record, keys []int) (order []int32, violated bool, err error) {
	if err := c.proj.build(r, &c.precedence, keys, c.contents, c.promise); err != nil {
		return nil, false, err
	}
	if c.witness.find(&c.proj) {
		c.stats.witnessed++
		return nil, false, nil
	}
	if c.remembers(r) {
		return nil, false, nil
	}
	c.stats.searches++
	violated, err = c.search.run(&c.proj)
	c.stats.situations += c.search.seen.len
	return c.search.path, violated, err
}

// remembers reports whether a record equal to r was found right by searches.
func (c *Checker) remembers(r *Record) bool {
	if !c.keyed {
		c.recordDigest, c.keyed = c.digestOf(r), true
		if c.right.has(c.recordDigest) {
			c.stats.duplicates++
		}
	}
	return c.right.has(c.recordDigest)
}
