package model

import "slices"

// A Traversal decides whether the visits of one traversal are allowed (clause T1).
// Observe must be called with each state of the map since the call of the traversal,
// in order, and Visit with each visit.
//
// Each visit must be of a different entry, and the entry must have held what is
// visited in some state between the call and the visit. An entry may be left out if
// it was absent in some state between the call and the end.
//
// Values does not show which key it visits, and no traversal distinguishes NaN keys.
// So a visit is assigned to some entry that it fits. It is moved to another entry if a
// later visit needs that entry, or if another entry must not be left out. This is a
// bipartite matching by augmenting paths (Kuhn 1955). If there is a matching that
// covers the visits and one that covers the entries that must not be left out, it
// finds one that covers both (Mendelsohn and Dulmage 1958).
//
// A visit of an ordinary key takes constant time. A visit of a NaN key or by Values
// takes up to visits × entries, and so does a missing entry at the end.
type Traversal struct {
	method  Method
	entries []*entry         // every entry since the call, in order of appearance
	byKey   map[int][]*entry // one entry for each ordinary key
	nans    map[int]int      // how many NaN keys hold each value in the last state
	visits  []candidate
	search  int // the number of the current search for an augmenting path
}

// entry is one key since the call. Each NaN key is an entry of its own.
type entry struct {
	key    int
	held   []int // the values it held since the call
	absent bool  // it was absent in some state since the call
	taken  bool  // a visit is assigned to it
	visit  int   // the index of that visit
	tried  int   // the last search that tried it
}

// candidate is one visit, with the entries that it fits and the one that it is
// assigned to.
type candidate struct {
	fits []*entry
	of   *entry
}

// A Visit is what a traversal passed to its callback. Keys passes no value and Values
// passes no key, which is then Unseen.
type Visit struct {
	Key   int `json:"key"`
	Value int `json:"value"`
}

func (v Visit) String() string { return KeyName(v.Key) + ", " + ValueName(v.Value) }

// NewTraversal begins a traversal by method m in state s.
func NewTraversal(m Method, s State) *Traversal {
	t := &Traversal{method: m, byKey: map[int][]*entry{}}
	t.Observe(s)
	for _, e := range t.entries {
		e.absent = false
	}
	return t
}

// Observe records the state after an operation during the traversal.
func (t *Traversal) Observe(s State) {
	for _, e := range t.entries {
		if e.key != NaN && !s.Cell(e.key).Present {
			e.absent = true
		}
	}
	for _, c := range s.cells {
		if t.byKey[c.key] == nil {
			t.add(c.key)
		}
		e := t.byKey[c.key][0]
		if !slices.Contains(e.held, c.cell.Value) {
			e.held = append(e.held, c.cell.Value)
		}
	}
	t.observeNaNs(s.nans)
}

// observeNaNs compares how many NaN keys hold each value with how many did in the
// last state. Only Clear removes NaN keys, and it removes all of them.
func (t *Traversal) observeNaNs(values []int) {
	last := t.nans
	t.nans = map[int]int{}
	for _, v := range values {
		t.nans[v]++
		if t.nans[v] > last[v] {
			t.add(NaN, v)
		}
	}
	for _, e := range t.byKey[NaN] {
		if v := e.held[0]; t.nans[v] < last[v] {
			e.absent = true
		}
	}
}

// add adds an entry that was absent before this state.
func (t *Traversal) add(key int, held ...int) {
	e := &entry{key: key, held: held, absent: true}
	t.entries = append(t.entries, e)
	t.byKey[key] = append(t.byKey[key], e)
}

// Visit records a visit. It returns nil, or what is wrong with the visit. It ignores
// a wrong visit otherwise.
func (t *Traversal) Visit(key, value int) *Misvisit {
	candidates := t.byKey[key]
	if t.method == Values {
		candidates = t.entries
	}
	var fits []*entry
	for _, e := range candidates {
		if t.method == Keys || slices.Contains(e.held, value) {
			fits = append(fits, e)
		}
	}
	t.visits = append(t.visits, candidate{fits: fits})
	t.search++
	if t.place(len(t.visits) - 1) {
		return nil
	}
	t.visits = t.visits[:len(t.visits)-1]
	wrong := &Misvisit{Kind: VisitedTwice, Key: key, Value: value}
	switch {
	case t.method == Values, key == NaN && len(fits) > 0:
		wrong.Kind = VisitedTooOften
	case len(candidates) == 0:
		wrong.Kind = VisitedAbsent
	case len(fits) == 0:
		wrong.Kind = VisitedNotHeld
	}
	return wrong
}

// place assigns visit i to an entry, and moves other visits if needed. It reports
// whether that is possible.
func (t *Traversal) place(i int) bool {
	for _, e := range t.visits[i].fits {
		if e.tried == t.search {
			continue
		}
		e.tried = t.search
		if !e.taken || t.place(e.visit) {
			t.assign(i, e)
			return true
		}
	}
	return false
}

func (t *Traversal) assign(i int, e *entry) {
	e.taken, e.visit = true, i
	t.visits[i].of = e
}

// End records that the traversal ended without being stopped. It returns nil, or an
// entry that was left out and must not be.
func (t *Traversal) End() *Misvisit {
	for _, e := range t.entries {
		if e.absent || e.taken {
			continue
		}
		t.search++
		if !t.cover(e) {
			return &Misvisit{Kind: DidNotVisit, Key: e.key}
		}
	}
	return nil
}

// cover assigns a visit to e, which must not be left out. The visit comes from an
// entry that may be left out, possibly by moving other visits.
func (t *Traversal) cover(e *entry) bool {
	e.tried = t.search
	for i, v := range t.visits {
		if v.of.tried == t.search || !slices.Contains(v.fits, e) {
			continue
		}
		if v.of.absent || t.cover(v.of) {
			t.assign(i, e)
			return true
		}
	}
	return false
}
