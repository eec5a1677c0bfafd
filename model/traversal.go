package model

import (
	"fmt"
	"slices"
)

// A Traversal says what a traversal in progress may hand out (clause T1). It
// is told each state of the map from the call on, in order, and each visit.
//
// A visit of k with value v is allowed if k held v in some state since the
// call; a key may be left out if it was absent in some state since the call.
// NaN keys cannot be told apart: they are counted by value.
type Traversal struct {
	method  Method
	held    map[int][]int // key: the values it held since the call
	absent  map[int]bool  // key: absent at some state since the call
	visited map[int]bool
	keys    map[int]bool // every key ever seen
	nans    nanCount
	visits  []Visit
}

// nanCount counts NaN entries by value.
type nanCount struct {
	most    map[int]int // an upper bound on how many were ever there since the call
	last    map[int]int // how many in the last state
	least   map[int]int // how many were there throughout
	visited map[int]int
}

// A Visit is what a traversal handed to its callback; Unseen where Keys or
// Values hands out only half.
type Visit struct {
	Key   int `json:"key"`
	Value int `json:"value"`
}

func (v Visit) String() string { return KeyName(v.Key) + ", " + ValueName(v.Value) }

// NewTraversal begins a traversal by method m in state s.
func NewTraversal(m Method, s State) *Traversal {
	t := &Traversal{
		method: m, held: map[int][]int{}, absent: map[int]bool{},
		visited: map[int]bool{}, keys: map[int]bool{},
		nans: nanCount{
			most: countValues(s.nans), last: countValues(s.nans),
			least: countValues(s.nans), visited: map[int]int{},
		},
	}
	for _, e := range s.cells {
		t.keys[e.key] = true
		t.held[e.key] = []int{e.cell.Value}
	}
	return t
}

func countValues(values []int) map[int]int {
	n := map[int]int{}
	for _, v := range values {
		n[v]++
	}
	return n
}

// Observe tells t the state after an operation during the traversal.
func (t *Traversal) Observe(s State) {
	for k := range t.keys {
		if !s.Cell(k).Present {
			t.absent[k] = true
		}
	}
	for _, e := range s.cells {
		if !t.keys[e.key] {
			t.keys[e.key] = true
			t.absent[e.key] = true // it was, before this state
		}
		if !slices.Contains(t.held[e.key], e.cell.Value) {
			t.held[e.key] = append(t.held[e.key], e.cell.Value)
		}
	}
	now := countValues(s.nans)
	for v, n := range now {
		t.nans.most[v] += max(0, n-t.nans.last[v])
	}
	for v, n := range t.nans.least {
		t.nans.least[v] = min(n, now[v])
	}
	t.nans.last = now
}

// Visit tells t what the callback was handed. The error says why it was not
// allowed.
func (t *Traversal) Visit(key, value int) error {
	t.visits = append(t.visits, Visit{key, value})
	switch {
	case t.method == Values:
		return nil // judged as a whole at the end
	case key == NaN:
		t.nans.visited[value]++
		if t.method != Keys && t.nans.visited[value] > t.nans.most[value] {
			return fmt.Errorf("visited NaN, %s more often than it was stored", ValueName(value))
		}
		return nil
	case t.visited[key]:
		return fmt.Errorf("visited %s twice", KeyName(key))
	case len(t.held[key]) == 0:
		return fmt.Errorf("visited %s, which was absent throughout", KeyName(key))
	case t.method != Keys && !slices.Contains(t.held[key], value):
		return fmt.Errorf("visited %s with %s, which it did not hold", KeyName(key), ValueName(value))
	}
	t.visited[key] = true
	return nil
}

// End tells t that the traversal came to its end without being stopped.
func (t *Traversal) End() error {
	if t.method == Values {
		return t.endValues()
	}
	for k := range t.keys {
		if !t.visited[k] && !t.absent[k] {
			return fmt.Errorf("did not visit %s, which was present throughout", KeyName(k))
		}
	}
	least, visited := 0, 0
	for v, n := range t.nans.least {
		least += n
		if t.method != Keys && t.nans.visited[v] < n {
			return fmt.Errorf("did not visit NaN, %s, which was present throughout", ValueName(v))
		}
	}
	for _, n := range t.nans.visited {
		visited += n
	}
	if visited < least {
		return fmt.Errorf("visited %d NaN keys of %d that were present throughout", visited, least)
	}
	return nil
}

// endValues judges a traversal that handed out values only: each value at most
// as often as keys could have held it, and at least as often as keys held it,
// and nothing else, throughout.
func (t *Traversal) endValues() error {
	most, least := map[int]int{}, map[int]int{}
	for k, values := range t.held {
		for _, v := range values {
			most[v]++
		}
		if len(values) == 1 && !t.absent[k] {
			least[values[0]]++
		}
	}
	for v, n := range t.nans.most {
		most[v] += n
	}
	for v, n := range t.nans.least {
		least[v] += n
	}
	got := map[int]int{}
	for _, v := range t.visits {
		got[v.Value]++
	}
	for v, n := range got {
		if n > most[v] {
			return fmt.Errorf("handed out %s %d times, held by at most %d keys", ValueName(v), n, most[v])
		}
	}
	for v, n := range least {
		if got[v] < n {
			return fmt.Errorf("handed out %s %d times, held by %d keys throughout", ValueName(v), got[v], n)
		}
	}
	return nil
}
