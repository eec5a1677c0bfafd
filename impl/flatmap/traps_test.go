package flatmap_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/model"
)

// A trap is a mistake that the design must avoid, made in a copy of the map.
type trap struct {
	name  string
	file  string
	edits []string // texts to replace, each followed by its replacement
	// rare are further edits, which are not mistakes. They make every call take a
	// path that few calls take.
	rare []string
	// clause is the clause that some program then breaks.
	clause  model.Clause
	of      string // the map to explore: a key of maps in fallInto
	options explore.Options
}

var (
	writes = []model.Method{model.Load, model.Store, model.Delete}
	oneKey = explore.Options{Size: "2x2", Policies: []string{"collide"}, Initials: []string{"one key"}, Methods: writes}
	single = explore.Options{Size: "2x1", Policies: []string{"mix"}, Initials: []string{"one key"}}
	// One bucket is full, and the table is being moved.
	growing = explore.Options{Size: "2x1", Policies: []string{"mix"}, Initials: []string{"k0 +6"}, Methods: writes}
	// One bucket is full. The next key will be chained and start a move.
	full = explore.Options{Size: "2x2", Policies: []string{"mix"}, Initials: []string{"k0 +5"}, Methods: writes}
	// All keys but one are gone, and the table is being moved to half as many
	// buckets. k0 and k1 belong to two of the old buckets.
	shrinking = explore.Options{Size: "2x2", Policies: []string{"prefix"}, Initials: []string{"k0 +10 -10"}, Methods: writes[:2]}
	// One bucket is full, or being moved, while a thread clears the map.
	cleared = explore.Options{Size: "2x2", Keys: 1, Policies: []string{"mix"}, Initials: []string{"k0 +5", "k0 +6"},
		Methods: []model.Method{model.Load, model.Store, model.Clear}}
	grown = explore.Options{Size: "2x1", Policies: []string{"mix"}, Initials: []string{"one key"},
		Methods: []model.Method{model.Load, model.LoadOrStore, model.Clear}}
	fresh     = explore.Options{Size: "2x1", Policies: []string{"mix"}, Initials: []string{"empty"}, Methods: []model.Method{model.Store, model.LoadOrStore}}
	traversed = explore.Options{Size: "2x2", Keys: 2, Policies: []string{"mix"}, Initials: []string{"k0 +6"},
		Methods: []model.Method{model.Range, model.Store, model.Delete}}
	deleting = explore.Options{Size: "2x2", Policies: []string{"mix"}, Initials: []string{"one key"},
		Methods: []model.Method{model.Range, model.Store, model.Delete}}
	computed = explore.Options{Size: "2x2", Keys: 1, Policies: []string{"mix"}, Initials: []string{"empty", "one key"},
		Methods: []model.Method{model.Load, model.Store, model.LoadAndDelete, model.CompareAndSwap}}
	// One bucket is full. The next key will be chained during a traversal.
	chaining = explore.Options{Size: "2x1", Policies: []string{"mix"}, Initials: []string{"k0 +5"}, Methods: []model.Method{model.Range, model.Store}}
	// One bucket is full, k0 is chained to it, and the table is being moved.
	behind = explore.Options{Size: "2x1", Policies: []string{"mix"}, Initials: []string{"+6 k0"}}
	moving = explore.Options{Size: "2x1", Policies: []string{"mix"}, Initials: []string{"k0 +5", "k0 +6"}}
)

var traps = []trap{
	{"a hit that does not check guard again", "flatmap.go", []string{
		"if b.guard.Load() == guard {", "if guard == guard {",
		"if first.guard.Load() != guard {", "if guard != guard {",
	}, nil, model.S1, "int", oneKey},
	{"a hit of a string that does not check guard again", "flatmap.go", []string{
		"if b.guard.Load() == guard && found", "if guard == guard && found",
		"if first.guard.Load() != guard {", "if guard != guard {",
	}, nil, model.S1, "string", oneKey},
	{"guard read after state", "flatmap.go", []string{
		"guard := b.guard.Load()\n\t\tstate := b.state.Load()", "state := b.state.Load()\n\t\tguard := b.guard.Load()",
	}, nil, model.S1, "int", oneKey},
	{"a deletion that does not increment guard", "flatmap.go", []string{
		"first.invalidate()\n", "",
	}, nil, model.S1, "int", oneKey},
	{"an insert that sets the tag before the value", "flatmap.go", []string{
		"atomic.StoreUint64((*uint64)(b.value(i)), value.word)", "b.state.Or(tagAt(tagOf(hash), i))\n\t\t\tatomic.StoreUint64((*uint64)(b.value(i)), value.word)",
	}, nil, model.S1, "int", oneKey},
	{"a deletion that releases the entry before it clears the tag", "flatmap.go", []string{
		"b.state.Store(b.state.Load() &^ tagAt(0xff, i))\n\tfirst.invalidate()", "first.invalidate()",
		"empty := ", "b.state.Store(b.state.Load() &^ tagAt(0xff, i))\n\tempty := ",
	}, nil, model.S1, "any", single},
	{"a deletion that retains key and value", "flatmap.go", []string{
		"t.release(b, i)", "",
	}, nil, model.R1, "any", single},
	{"a traversal that does not check guard again", "traverse.go", []string{
		"if first.guard.Load() != guard {\n\t\t\treturn class", "if guard != guard {\n\t\t\treturn class",
	}, nil, model.T1, "int", deleting},
	{"a traversal of boxes that does not check guard again", "traverse.go", []string{
		"if first.guard.Load() != guard {\n\t\t\treturn class", "if guard != guard {\n\t\t\treturn class",
	}, nil, model.T4, "any", deleting},
	{"a traversal that follows the chain by an earlier guard", "traverse.go", []string{
		"for b := first; ; b = t.chainedTo(b.guard.Load()) {", "for b := first; ; b = t.chainedTo(guard) {",
	}, nil, model.T4, "int", chaining},
	{"a LoadOrStore of words that does not check guard again", "flatmap.go", []string{
		"\t\t\t\tif b.guard.Load() == guard {\n\t\t\t\t\treturn fromBits[V](v), true\n\t\t\t\t}\n\t\t\t}\n\t\t} else {\n\t\t\tabsent",
		"\t\t\t\tif guard == guard {\n\t\t\t\t\treturn fromBits[V](v), true\n\t\t\t\t}\n\t\t\t}\n\t\t} else {\n\t\t\tabsent",
	}, nil, model.S1, "int", explore.Options{Size: "2x2", Policies: []string{"collide"}, Initials: []string{"one key"},
		Methods: []model.Method{model.LoadOrStore, model.Store, model.Delete}}},
	{"a deletion that increments guard before it clears the tag", "flatmap.go", []string{
		"b.state.Store(b.state.Load() &^ tagAt(0xff, i))\n\tfirst.invalidate()", "first.invalidate()\n\tb.state.Store(b.state.Load() &^ tagAt(0xff, i))",
	}, nil, model.S1, "int", oneKey},
	{"a forgotten unlock", "flatmap.go", []string{
		"first.mutex().Unlock()\n\t\tif b == nil || t.kinds.plain {", "if b == nil || t.kinds.plain {",
	}, nil, model.P2, "int", single},
	{"a writer that does not check whether the chain has moved", "lock.go", []string{
		"state&moved == 0", "state|moved != 0",
	}, nil, model.S1, "int", full},
	{"a Load that does not follow a move", "flatmap.go", []string{
		"if state&moved != 0 {", "if false {",
	}, nil, model.S1, "int", growing},
	{"a miss at nil that does not check whether a move has left it", "flatmap.go", []string{
		"if k == 0 && first.guard.Load() != guard {", "if false {",
	}, nil, model.S1, "pointed", behind},
	{"a chain marked as moved before it is copied", "resize.go", []string{
		"t.moveChain(next, t.at(c))\n", "t.at(c).state.Or(moved)\n\t\tt.moveChain(next, t.at(c))\n",
	}, nil, model.M2, "int", explore.Options{Size: "2x1", Policies: []string{"mix"}, Initials: []string{"k0 +6"}, Methods: writes, Race: true}},
	{"a shrinking move of only one chain of two", "resize.go", []string{
		"c < t.size()", "c < steps",
	}, nil, model.S1, "int", shrinking},
	{"a step of a move taken twice", "lock.go", []string{
		"if b.state.Load()&moved != 0 {", "if false {",
	}, nil, model.M2, "any", explore.Options{Size: "2x1", Policies: []string{"prefix"}, Initials: []string{"k0 k1 +11"}, Methods: writes[:2], Race: true}},
	{"two tables that replace the same one", "resize.go", []string{
		"!t.resized.CompareAndSwap(false, true)", "t.resized.Swap(true) && false",
	}, nil, model.T1, "any", explore.Options{Size: "2x2", Policies: []string{"prefix"}, Initials: []string{"+12"}, Methods: writes[1:2]}},
	{"a shrinking move that unlocks one chain before the other is marked", "resize.go", []string{
		"t.leave(t.at(c))\n\t}\n\tfor c := u; c < t.size(); c += steps {\n", "t.leave(t.at(c))\n",
	}, nil, model.S1, "int", shrinking},
	{"a move that brings back what was cleared", "resize.go", []string{
		"if t.done.Add(1) == steps && m.root.CompareAndSwap(t, next) &&", "if t.done.Add(1) == steps && func() bool { m.root.Store(next); return true }() &&",
	}, nil, model.T1, "cleared", cleared},
	{"a Grow that brings back what was cleared", "resize.go", []string{
		"m.root.CompareAndSwap(t, next) // the", "m.root.Store(next) // the",
	}, nil, model.T5, "grown", grown},
	{"a traversal that does not unlock", "traverse.go", []string{
		"copied, _ := t.appendChain(first, pairs)\n\tfirst.mutex().Unlock()", "copied, _ := t.appendChain(first, pairs)",
	}, []string{"for range 3 {", "for range 0 {"}, model.P2, "any", traversed},
	{"a traversal that unlocks before it has copied", "traverse.go", []string{
		"copied, _ := t.appendChain(first, pairs)\n\tfirst.mutex().Unlock()", "first.mutex().Unlock()\n\tcopied, _ := t.appendChain(first, pairs)",
	}, []string{"for range 3 {", "for range 0 {"}, model.T1, "int", traversed},
	{"a Grow that makes a table although there is one", "flatmap.go", []string{
		"if m.root.CompareAndSwap(nil, firstTable[K, V](buckets)) {", "if m.root.Store(firstTable[K, V](buckets)); true {",
	}, nil, model.S1, "grown", fresh},
	{"a Compute that does not check whether the value has changed", "flatmap.go", []string{
		"case (b != nil) != loaded, loaded && load(b.value(i), t.kinds.value) != was:", "case (b != nil) != loaded:",
	}, nil, model.S1, "computed", computed},
	{"a Compute that does not check whether the key has gone", "flatmap.go", []string{
		"case (b != nil) != loaded, loaded && ", "case b == nil && loaded && keep:\n\t\t\tloaded = false\n\t\t\tm.insert(t, first, state, encodeKey(t, &key, hash), hash, v)\n\t\tcase (b != nil) != loaded, loaded && ",
	}, nil, model.S1, "computed", moving},
}

// TestTraps explores copies of the map with each mistake, which must be found. The same
// exploration of the map without the mistake must complete and find nothing. The
// default run tries the first.
//
// Clauses: S1, T1, R1, P2, M2
func TestTraps(t *testing.T) {
	if testing.Short() {
		t.Skip("explores copies of the map for some seconds: run without -short")
	}
	for i, x := range traps {
		if i > 0 && !inPart(i) {
			continue
		}
		t.Run(x.name, func(t *testing.T) {
			fallen := x.explore(t)
			if !slices.ContainsFunc(fallen.Violations, func(v explore.Violation) bool { return v.Clause == x.clause }) {
				t.Errorf("the mistake was not found: %v, %d programs, %v", fallen.Coverage, fallen.Programs, fallen.Violations)
			}
			x.edits = nil
			// Two calls of Grow may spin while they wait for each other.
			if right := x.explore(t); !right.Complete() && !(x.of == "grown" && right.Coverage == "bounded: spins") || len(right.Violations) > 0 {
				t.Errorf("the map without the mistake: %v, %d programs, %v", right.Coverage, right.Programs, right.Violations)
			}
		})
	}
}

// TestPointersAsKeysAreExplored explores a map whose keys are pointers, and whose slots
// are therefore nil at times. Such maps have no certificates, because addresses differ
// between runs. Here numbers stand for the pointers.
//
// Clauses: S1, T1, R1, P1, P2
func TestPointersAsKeysAreExplored(t *testing.T) {
	if testing.Short() {
		t.Skip("explores a copy of the map for some seconds: run without -short")
	}
	all := []explore.Options{
		{Size: "2x1", Policies: []string{"mix", "prefix"}, Initials: []string{"one key", "before growth", "before shrink", "k0 +6", "+6 k0", "k0 +10 -10"}},
		{Size: "2x2", Policies: []string{"mix"}, Initials: []string{"one key", "before shrink"}},
	}
	for i, options := range all {
		if !inPart(i) {
			t.Logf("%s is not in this part of the tests: see docs/testing.md", options.Size)
			continue
		}
		c := trap{name: "flatmap with pointers as keys", of: "pointed", options: options}.explore(t)
		t.Logf("%s: %d programs, %d classes", options.Size, c.Programs, c.Classes)
		if !c.Complete() || len(c.Violations) > 0 {
			t.Errorf("%s: %v, %v", options.Size, c.Coverage, c.Violations)
		}
	}
}

// TestTrapsAreUpToDate checks that the texts to replace still occur in the map.
func TestTrapsAreUpToDate(t *testing.T) {
	for _, x := range traps {
		source, err := os.ReadFile(x.file)
		if err != nil {
			t.Fatal(err)
		}
		edits := slices.Concat(x.rare, x.edits)
		for i := 0; i < len(edits); i += 2 {
			if !strings.Contains(string(source), edits[i]) {
				t.Errorf("%s: %s has no %q any more: rewrite the trap", x.name, x.file, edits[i])
			}
		}
	}
}

// explore explores the map with the mistake of x.
func (x trap) explore(t *testing.T) *explore.Certificate {
	c, err := explore.Explore(t.Context(), x.fallInto(t), x.options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fallInto writes a module that contains the map with the mistake of x.
func (x trap) fallInto(t *testing.T) explore.Map {
	dir := t.TempDir()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	sources = append(sources, "testdata/wrapped/wrapped.go")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.com/flatmap\n\ngo 1.26\n")
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(source)
		edits := slices.Concat(x.rare, x.edits)
		for i := 0; i < len(edits) && name == x.file; i += 2 {
			if !strings.Contains(text, edits[i]) {
				t.Fatalf("%s has no %q any more: rewrite the trap", name, edits[i])
			}
			text = strings.ReplaceAll(text, edits[i], edits[i+1])
		}
		write(filepath.Base(name), text)
	}
	m, _ := impl.Find("flatmap")
	maps := map[string]explore.Map{
		"any":    {New: "new(flatmap.Map[any, any])"},
		"int":    {New: "new(flatmap.Map[int, int])", Hash: []string{"example.com/flatmap.hashWord"}},
		"string": {New: "new(flatmap.Map[string, int])", Hash: []string{"example.com/flatmap.hashString"}},
		// Programs on maps with many keys omit Clear if it is promised to be atomic, so
		// these two promise less; see below.
		"cleared":  {New: "new(flatmap.Map[any, any])"},
		"grown":    {New: "new(flatmap.Grown[any, any])"},
		"pointed":  {New: "new(flatmap.Pointed[int])", Hash: []string{"example.com/flatmap.hashWord"}},
		"computed": {New: "new(flatmap.Computed[any, any])"},
	}
	e := maps[x.of]
	e.Name, e.Import, e.Dir, e.Promise = x.name, "example.com/flatmap", dir, m.Subject.Bind().Promise()
	if x.of == "cleared" || x.of == "grown" {
		e.Promise.Clear = model.Weak
	}
	return e
}
