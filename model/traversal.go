package model

import "slices"

// A Traversal says what a traversal in progress may hand out (clause T1). It
// is told each state of the map from the call on, in order, and each visit.
//
// Each visit must be of an entry of its own, which held what is handed out in
// some state from the call to the visit; an entry may be left out if it was
// absent in some state from the call to the end. Values does not show which
// key is visited, and no traversal tells NaN keys apart. So a visit is given to
// some entry that it fits, and moved to another where a later visit, or an
// entry that must not be left out, needs that one: a bipartite matching by
// augmenting paths (Kuhn 1955), which finds one that serves both sides if there
// is one for each (Mendelsohn and Dulmage 1958). A visit of an ordinary key
// takes constant time; one of NaN or by Values, and a missing entry at the end,
// up to visits × entries.
type Traversal struct {
	method  Method
	entries []*entry         // every entry since the call, in order of appearance
	byKey   map[int][]*entry // one an ordinary key
	nans    map[int]int      // value: how many NaN keys hold it in the last state
	visits  []handedOut
	search  int // number of the search for an augmenting path
}

// entry is one key since the call. Each NaN is an entry of its own.
type entry struct {
	key    int
	held   []int // the values it held since the call
	absent bool  // in some state since the call
	taken  bool  // by a visit
	visit  int   // the index of that visit
	tried  int   // the last search that came by
}

// handedOut is one visit: the entries that it can be of, and the one that it
// is taken to be of.
type handedOut struct {
	fits []*entry
	of   *entry
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
	t := &Traversal{method: m, byKey: map[int][]*entry{}}
	t.Observe(s)
	for _, e := range t.entries {
		e.absent = false
	}
	return t
}

// Observe tells t the state after an operation during the traversal.
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

// observeNaNs compares how many NaN keys hold each value with how many did.
// Only Clear removes them, all at once.
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

// add adds an entry, which was absent before this state.
func (t *Traversal) add(key int, held ...int) {
	e := &entry{key: key, held: held, absent: true}
	t.entries = append(t.entries, e)
	t.byKey[key] = append(t.byKey[key], e)
}

// Visit tells t what the callback was handed. It returns what is wrong with
// that, or nil; after a wrong visit t goes on as if it had not been.
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
	t.visits = append(t.visits, handedOut{fits: fits})
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

// place gives visit i to an entry, moving other visits to make room.
func (t *Traversal) place(i int) bool {
	for _, e := range t.visits[i].fits {
		if e.tried == t.search {
			continue
		}
		e.tried = t.search
		if !e.taken || t.place(e.visit) {
			t.give(i, e)
			return true
		}
	}
	return false
}

func (t *Traversal) give(i int, e *entry) {
	e.taken, e.visit = true, i
	t.visits[i].of = e
}

// End tells t that the traversal came to its end without being stopped. It
// returns an entry that was left out and must not be, or nil.
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

// cover gives e, which must not be left out, a visit of an entry that may be,
// moving other visits on the way.
func (t *Traversal) cover(e *entry) bool {
	e.tried = t.search
	for i, v := range t.visits {
		if v.of.tried == t.search || !slices.Contains(v.fits, e) {
			continue
		}
		if v.of.absent || t.cover(v.of) {
			t.give(i, e)
			return true
		}
	}
	return false
}
