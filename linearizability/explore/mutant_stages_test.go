package explore

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// mutatedMap is code that is mutated, and the maps of the catalogue that have it.
type mutatedMap struct {
	name     string
	files    []string
	subjects []string
	// small are stages that explore every class, the quickest first; large are
	// those for what survives them; races those under the race detector.
	small, large, races []stage
	// with are the operators; none: all.
	with []operator
}

// mutatedMaps are the maps here and the toolchain's. The versions of the
// read/dirty map share their code: go1.23 has all methods, and go1.15.2 does not
// break R3 by itself. flatmap has words in its buckets, strings, and boxes of
// what is neither; and Compute, which is no method of programs, but may be behind
// those that are: see on for what else is. It is long, and so is the toolchain's: they
// are spared what is a mistake without other threads as well.
var mutatedMaps = []mutatedMap{
	{"locked", []string{"locked.go"}, []string{"locked"}, small(Policies[:1]), large(Policies[:1]), raced, nil},
	{"readdirty", []string{"readdirty.go", "entry.go"}, []string{"go1.15.2", "go1.23"}, small(Policies[:1]), large(Policies[:1]), raced, nil},
	{"hash trie", []string{"hashtriemap.go"}, []string{"sync.Map"}, append(smallTrie, small(Policies[1:])...), largeTrie, raced, concurrent},
	{"flatmap", []string{"flatmap.go", "lock.go", "slot.go", "table.go", "resize.go", "traverse.go"}, []string{"flatmap", ofWords, ofBoth, ofStrings, byCompute},
		smallFlat, largeFlat, racedFlat, concurrent},
}

// concurrent are the operators whose mistakes need other threads.
var concurrent = slices.Concat(memoryOperators, lockOperators, conditionOperators[:4], releaseOperators)

// ofWords is flatmap with words for keys and values, ofBoth with words for keys and
// boxes for values, ofStrings with strings and words, ofPointers with words and
// pointers. Others are in the file wrapped.
const (
	ofWords    = "flatmap of words"
	ofBoth     = "flatmap of words and boxes"
	ofStrings  = "flatmap of strings"
	ofPointers = "flatmap of pointers"
	byCompute  = "flatmap by Compute"
	thatGrows  = "flatmap that grows"
	busy       = "busy flatmap"
	stubborn   = "stubborn flatmap"
	paused     = "paused flatmap"
	wrapped    = "../../impl/flatmap/testdata/wrapped/wrapped.go"
)

// inWrapped are the maps of the file wrapped.
var inWrapped = []string{byCompute, thatGrows, busy, stubborn, paused}

// mapNamed returns the map of a subject.
func mapNamed(name string) (Map, error) {
	expression, ofFlatmap := map[string]string{
		ofWords: "new(flatmap.Map[int, int])", ofBoth: "new(flatmap.Map[int, any])", ofStrings: "new(flatmap.Map[string, int])",
		ofPointers: "new(flatmap.Map[int, *int])", byCompute: "new(flatmap.Computed[int, int])",
		thatGrows: "new(flatmap.Grown[int, int])", busy: "new(flatmap.Busy)", stubborn: "new(flatmap.Stubborn)", paused: "new(flatmap.Paused)",
	}[name]
	if !ofFlatmap {
		entry, _ := impl.Find(name)
		return Of(entry.Subject)
	}
	entry, _ := impl.Find("flatmap")
	m, err := Of(entry.Subject)
	m.Name, m.New, m.Hash = name, expression, []string{m.Import + ".hashWord", m.Import + ".hashString"}
	return m, err
}

var (
	basic = []model.Method{model.Load, model.Store, model.LoadAndDelete, model.LoadOrStore}
	onKey = append([]model.Method{model.CompareAndSwap, model.CompareAndDelete}, basic...)
	most  = append([]model.Method{model.Range, model.Clear}, onKey...)
)

// stage is an exploration that mutants have to survive.
type stage struct {
	name string
	job  wire.Job
	of   []string // the functions whose mutants it is for; none: all
	on   string   // the map that it is on; "": every one of the mutated code's subjects
}

func newStage(size string, keys int, methods []model.Method, policies, initials []string) stage {
	return stage{name: size, job: wire.Job{
		Size: size, Keys: keys, Methods: methods, Policies: policies, Initials: initials, Shards: 1, Steps: mostSteps, Patience: patience,
	}}
}

func (s stage) String() string {
	methods := "all methods"
	if len(s.job.Methods) > 0 {
		methods = strings.Join(methodNames(s.job.Methods), ", ")
	}
	text := fmt.Sprintf("%s on %d keys of %s; hashes: %s; maps: %s", s.name, s.job.Keys, methods, strings.Join(s.job.Policies, ", "), strings.Join(s.job.Initials, ", "))
	if len(s.of) > 0 {
		text += "; for mutants of " + strings.Join(s.of, ", ")
	}
	if s.on != "" {
		text += "; on the " + s.on
	}
	return text
}

func methodNames(methods []model.Method) (names []string) {
	for _, m := range methods {
		names = append(names, m.String())
	}
	return names
}

// isFor reports whether x, as subject has it, is to survive s.
func (s stage) isFor(x *mutant, subject *subject) bool {
	if s.on != subject.name && (s.on != "" || subject.aside) {
		return false
	}
	return len(s.of) == 0 || slices.Contains(s.of, x.function.decl.Name.Name)
}

// aside returns the maps that only single stages are on.
func (m mutatedMap) aside() (names []string) {
	for _, s := range slices.Concat(m.small, m.large) {
		if s.on != "" && !slices.Contains(m.subjects, s.on) && !slices.Contains(names, s.on) {
			names = append(names, s.on)
		}
	}
	return names
}

// mostSteps ends an execution of a mutant that runs in circles. The longest of
// the maps as they are take some hundred.
const mostSteps = 1000

// patience is how long a mutant may take no step.
const patience = 8 * time.Second

var (
	few      = []string{wire.Empty, wire.OneKey}
	initials = append(few, wire.Traversed)
	oneKey   = few[1:]
)

// small are the small stages; two keys meet under hashes.
func small(hashes []string) []stage {
	return []stage{
		newStage("2x1", 2, nil, Policies, wire.Initials),
		newStage("1x3", 2, most, Policies, initials),
		newStage("1x4", 2, basic, hashes, initials),
	}
}

func large(hashes []string) []stage {
	return []stage{
		newStage("3x1", 2, most, hashes, few),
		newStage("2x2", 1, onKey, Policies[:1], few),
		newStage("2x2", 2, basic, hashes, few),
		newStage("2x3", 2, basic[1:3], hashes[:1], few),
	}
}

// ofChains are the trie's functions that walk a chain of equal hashes, or change
// it. Three keys tell what is in its middle from what is at its ends.
var ofChains = []string{"swap", "compareAndSwap", "loadAndDelete", "compareAndDelete", "lookup", "lookupWithValue", "iter", "expand"}

// smallTrie are small stages on what others do not reach: a node deep in the
// trie whose last key goes, and three keys in a chain.
var smallTrie = []stage{
	newStage("2x1", 1, onKey, Policies[:1], []string{wire.Left}),
	of(newStage("2x1", 3, onKey, Policies[2:], []string{"k0 k1 k2"}), ofChains),
	of(newStage("1x3", 3, onKey, Policies[2:], oneKey), ofChains),
}

func of(s stage, functions []string) stage {
	s.of = functions
	return s
}

// on is a stage on a map that only mutants of some functions need: one with what
// nobody else calls, or with what rarely comes between two steps behind one method.
func on(name string, s stage, functions ...string) stage {
	s.on = name
	return of(s, functions)
}

// long is a stage whose executions may take many steps.
func long(s stage) stage {
	s.job.Steps = 1 << 17
	return s
}

// largeTrie is large for a map whose programs take many steps: other methods do
// the same there with the same code.
var largeTrie = []stage{
	newStage("3x1", 2, []model.Method{model.Store, model.Load, model.CompareAndSwap, model.CompareAndDelete}, Policies[2:], oneKey),
	newStage("2x3", 1, basic[1:3], Policies[:1], []string{wire.Left}),
	newStage("3x1", 2, basic, Policies[1:], few),
	newStage("2x2", 1, []model.Method{model.Store, model.CompareAndSwap, model.CompareAndDelete}, Policies[:1], oneKey),
	newStage("2x2", 2, basic[1:3], Policies[2:], oneKey),
	of(newStage("2x3", 1, []model.Method{model.Store, model.CompareAndDelete}, Policies[:1], []string{wire.Left}), []string{"CompareAndDelete"}),
}

// sampled are the stages that try a few schedules a program, by PCT.
func sampled() []stage {
	list := []stage{
		newStage("2x1", 2, nil, Policies, wire.Initials),
		newStage("3x1", 2, basic, Policies, few),
	}
	for i := range list {
		list[i].job.Depth, list[i].job.Schedules, list[i].job.Seed = 3, 30/(i+1), 1
	}
	return list
}

// raced is the stage under the race detector.
var raced = []stage{newStage("2x1", 2, nil, Policies, wire.Initials)}

// The stages of flatmap are on maps of which one bucket is full, or on its way to
// another table, or on its way back; or two buckets are, under prefix, which takes
// two steps.
const (
	fullBucket  = "k0 +5"
	fullBuckets = "+12"
	growing     = "k0 +6"
	growing2    = "k0 k1 +11"
	shrinking   = "k0 +10 -10"
	shrinking2  = "k0 k1 +20 -19"
)

// gaps are maps of one bucket, with k0 in one of its later slots and free ones before
// it, which hold what was in them. Maps of one key have it in the first slot.
var gaps = []string{"+2 k0 -2", "+3 k0 -3", "+4 k0 -4", "+5 k0 -5"}

var (
	smallFlat = []stage{
		newStage("2x1", 2, nil, Policies, initials),
		newStage("2x1", 1, onKey, Policies[:1], []string{growing}),
		newStage("2x1", 2, onKey, Policies[1:2], []string{shrinking}),
		newStage("2x1", 2, basic[:3], Policies[1:2], []string{growing2, shrinking2}),
		newStage("2x1", 2, onKey, Policies[:1], []string{fullBucket}),
		newStage("1x3", 2, most, Policies, initials),
		of(newStage("2x1", 1, []model.Method{model.Range, model.Store}, Policies[:1], gaps), []string{"fill"}),
		on(ofPointers, newStage("2x1", 1, onKey, Policies[:1], few), "Store"),
		on(thatGrows, newStage("2x1", 1, []model.Method{model.Load, model.Store, model.LoadOrStore, model.Clear}, Policies[:1], few), "Grow", "finish", "step"),
		on(busy, newStage("2x1", 1, []model.Method{model.Range, model.Delete}, Policies[:1], oneKey), "copyChain"),
		on(stubborn, long(newStage("1x1", 1, []model.Method{model.Store}, Policies[:1], few)), "compute"),
		on(paused, long(newStage("1x1", 1, []model.Method{model.Range}, Policies[1:2], few)), "Range"),
	}
	largeFlat = []stage{
		newStage("3x1", 2, most, Policies[:1], oneKey),
		newStage("2x2", 2, basic[1:3], Policies[2:], oneKey),
		newStage("2x2", 2, basic[:2], Policies[1:2], []string{shrinking}),
		newStage("2x2", 1, basic[:3], Policies[:1], []string{growing}),
		newStage("2x2", 1, basic, Policies[:1], few),
		newStage("2x2", 2, basic[1:2], Policies[1:2], []string{fullBuckets}),
		newStage("2x2", 2, basic[:3], Policies[:1], []string{fullBucket}),
		newStage("2x2", 2, []model.Method{model.Range, model.Store, model.LoadAndDelete}, Policies[:1], oneKey),
	}
	racedFlat = []stage{
		newStage("2x1", 2, nil, Policies[:1], initials),
		newStage("2x1", 1, onKey, Policies[:1], []string{growing}),
		newStage("2x1", 2, onKey, Policies[1:2], []string{shrinking}),
		newStage("2x1", 2, basic[:2], Policies[1:2], []string{growing2, shrinking2}),
	}
)
