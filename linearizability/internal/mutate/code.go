package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// code is source that is mutated, and how its mutants are tried.
type code struct {
	name     string
	files    []string
	threads  bool     // only by operators whose mistakes need other threads
	subjects []string // the maps that every trial is on
	aside    []string // maps that only their own trials are on
	hash     []string // functions of the package that hash: see explore.Map
	extra    string   // a file to add to the package, from the root of the module
	// small has the quickest trials, large the trials for survivors, raced the
	// trials under the race detector.
	small, large, raced []trial
}

// trial is an exploration that mutants have to survive.
type trial struct {
	wire.Job
	of []string // the functions whose mutants it is for; none: all
	on string   // the one map that it is on; "": every subject
}

// codes are the maps of this module and the toolchain's. The versions of the
// read/dirty map share their code: go1.23 has all methods, and go1.15.2 does not
// break R3 without a mutant. The subjects of flatmap differ in what is in the
// buckets: words, strings, or boxes. Explored programs do not call Compute, so
// wrappers do. flatmap and the hash trie are long: mistakes that show in one
// thread are left out.
var codes = []*code{
	{
		name: "locked", files: []string{"locked.go"}, subjects: []string{"locked"},
		small: small(mix), large: large(mix), raced: smallest,
	},
	{
		name: "readdirty", files: []string{"readdirty.go", "entry.go"}, subjects: []string{"go1.15.2", "go1.23"},
		small: small(mix), large: large(mix), raced: smallest,
	},
	{
		name: "hash trie", files: []string{"hashtriemap.go"}, threads: true, subjects: []string{"sync.Map"},
		small: smallTrie, large: largeTrie, raced: smallest,
	},
	{
		name: "flatmap", files: []string{"flatmap.go", "lock.go", "slot.go", "table.go", "resize.go", "traverse.go"}, threads: true,
		subjects: []string{"flatmap", "flatmap of words", "flatmap of words and boxes", "flatmap of strings", "flatmap by Compute"},
		aside:    []string{"flatmap of pointers", "flatmap that grows", "busy flatmap", "stubborn flatmap", "paused flatmap"},
		hash:     []string{"hashWord", "hashString"}, extra: "impl/flatmap/testdata/wrapped/wrapped.go",
		small: smallFlat, large: largeFlat, raced: racedFlat,
	},
}

// made says how to make the maps that are not in the catalogue.
var made = map[string]string{
	"flatmap of words":           "new(flatmap.Map[int, int])",
	"flatmap of words and boxes": "new(flatmap.Map[int, any])",
	"flatmap of strings":         "new(flatmap.Map[string, int])",
	"flatmap of pointers":        "new(flatmap.Map[int, *int])",
	"flatmap by Compute":         "new(flatmap.Computed[int, int])",
	"flatmap that grows":         "new(flatmap.Grown[int, int])",
	"busy flatmap":               "new(flatmap.Busy)",
	"stubborn flatmap":           "new(flatmap.Stubborn)",
	"paused flatmap":             "new(flatmap.Paused)",
}

// maps returns the maps of c, the subjects first.
func (c *code) maps() (list []explore.Map, err error) {
	for _, name := range slices.Concat(c.subjects, c.aside) {
		entry, ok := impl.Find(name)
		if !ok {
			entry, _ = impl.Find(c.subjects[0])
		}
		m, err := explore.Of(entry.Subject)
		if err != nil {
			return nil, err
		}
		if !ok {
			m.Name, m.New = name, made[name]
		}
		for _, h := range c.hash {
			m.Hash = append(m.Hash, m.Import+"."+h)
		}
		list = append(list, m)
	}
	return list, nil
}

func (c *code) operators() []operator {
	return slices.DeleteFunc(slices.Clone(operators), func(o operator) bool { return c.threads && !o.threads })
}

// newTrial returns an exploration. Mutants may loop for ever, so steps and the time
// for a step are limited. An execution without a mutant takes a few hundred steps;
// more only where a single call is explored.
func newTrial(size string, keys int, methods []model.Method, policies, initials []string, of ...string) trial {
	t := trial{of: of, Job: wire.Job{
		Size: size, Keys: keys, Methods: methods, Policies: policies, Initials: initials, Shards: 1, Steps: 1000, Patience: 8 * time.Second,
	}}
	if size == "1x1" {
		t.Steps = 1 << 17
	}
	return t
}

// on moves a trial to a map that calls functions that the subjects never call, or
// that does between two steps what they rarely do.
func on(name string, t trial) trial {
	t.on = name
	return t
}

// sample limits a trial to some schedules of each program, by PCT.
func sample(schedules int, t trial) trial {
	t.Depth, t.Schedules, t.Seed = 3, schedules, 1
	return t
}

func (t trial) String() string {
	methods := "all methods"
	if len(t.Methods) > 0 {
		methods = commas(strings.Fields(strings.Trim(fmt.Sprint(t.Methods), "[]")))
	}
	text := fmt.Sprintf("%s on %d keys of %s; hashes: %s; maps: %s", t.Size, t.Keys, methods, commas(t.Policies), commas(t.Initials))
	if len(t.of) > 0 {
		text += "; for mutants of " + commas(t.of)
	}
	if t.on != "" {
		text += "; on the " + t.on
	}
	return text
}

func commas(list []string) string { return strings.Join(list, ", ") }

var (
	hashes   = explore.Policies
	mix      = []string{"mix"}
	prefix   = []string{"prefix"}
	collide  = []string{"collide"}
	unspread = slices.Concat(prefix, collide)

	basic = []model.Method{model.Load, model.Store, model.LoadAndDelete, model.LoadOrStore}
	onKey = append([]model.Method{model.CompareAndSwap, model.CompareAndDelete}, basic...)
	most  = append([]model.Method{model.Range, model.Clear}, onKey...)

	few      = []string{wire.Empty, wire.OneKey}
	oneKey   = few[1:]
	initials = []string{wire.Empty, wire.OneKey, wire.Traversed}

	smallest = []trial{newTrial("2x1", 2, nil, hashes, wire.Initials)}
	sampled  = []trial{sample(30, smallest[0]), sample(15, newTrial("3x1", 2, basic, hashes, few))}
)

// small returns trials of small programs. Two keys meet under the policies.
func small(policies []string) []trial {
	return []trial{smallest[0], newTrial("1x3", 2, most, hashes, initials), newTrial("1x4", 2, basic, policies, initials)}
}

func large(policies []string) []trial {
	return []trial{
		newTrial("3x1", 2, most, policies, few),
		newTrial("2x2", 1, onKey, mix, few),
		newTrial("2x2", 2, basic, policies, few),
		newTrial("2x3", 2, basic[1:3], policies[:1], few),
	}
}

// ofChains are the functions of the trie that walk a chain of equal hashes, or
// change it. Three keys tell the middle of a chain from its ends.
var ofChains = []string{"swap", "compareAndSwap", "loadAndDelete", "compareAndDelete", "lookup", "lookupWithValue", "iter", "expand"}

var (
	// smallTrie reaches what small does not: a node deep in the trie whose last
	// key goes, and three keys in a chain.
	smallTrie = append([]trial{
		newTrial("2x1", 1, onKey, mix, []string{wire.Left}),
		newTrial("2x1", 3, onKey, collide, []string{"k0 k1 k2"}, ofChains...),
		newTrial("1x3", 3, onKey, collide, oneKey, ofChains...),
	}, small(unspread)...)
	// largeTrie has fewer methods than large, as programs take many steps: the
	// others do the same with the same code.
	largeTrie = []trial{
		newTrial("3x1", 2, []model.Method{model.Store, model.Load, model.CompareAndSwap, model.CompareAndDelete}, collide, oneKey),
		newTrial("2x3", 1, basic[1:3], mix, []string{wire.Left}),
		newTrial("3x1", 2, basic, unspread, few),
		newTrial("2x2", 1, []model.Method{model.Store, model.CompareAndSwap, model.CompareAndDelete}, mix, oneKey),
		newTrial("2x2", 2, basic[1:3], collide, oneKey),
		newTrial("2x3", 1, []model.Method{model.Store, model.CompareAndDelete}, mix, []string{wire.Left}, "CompareAndDelete"),
	}
)

// Initial maps of flatmap. A bucket is full, or is moving to a larger table or to a
// smaller one. Under prefix two buckets are, which takes two steps. In a map with
// gaps, k0 is in a later slot of its bucket, after slots that were used and freed.
var (
	full      = []string{"k0 +5"}
	full2     = []string{"+12"}
	growing   = []string{"k0 +6"}
	shrinking = []string{"k0 +10 -10"}
	moving2   = []string{"k0 k1 +11", "k0 k1 +20 -19"}
	gaps      = []string{"+2 k0 -2", "+3 k0 -3", "+4 k0 -4", "+5 k0 -5"}
)

var (
	smallFlat = []trial{
		newTrial("2x1", 2, nil, hashes, initials),
		newTrial("2x1", 1, onKey, mix, growing),
		newTrial("2x1", 2, onKey, prefix, shrinking),
		newTrial("2x1", 2, basic[:3], prefix, moving2),
		newTrial("2x1", 2, onKey, mix, full),
		newTrial("1x3", 2, most, hashes, initials),
		newTrial("2x1", 1, []model.Method{model.Range, model.Store}, mix, gaps, "fill"),
		on("flatmap of pointers", newTrial("2x1", 1, onKey, mix, few, "Store")),
		on("flatmap that grows", newTrial("2x1", 1, []model.Method{model.Load, model.Store, model.LoadOrStore, model.Clear}, mix, few, "Grow", "finish", "step")),
		on("busy flatmap", newTrial("2x1", 1, []model.Method{model.Range, model.Delete}, mix, oneKey, "copyChain")),
		on("stubborn flatmap", newTrial("1x1", 1, []model.Method{model.Store}, mix, few, "compute")),
		on("paused flatmap", newTrial("1x1", 1, []model.Method{model.Range}, prefix, few, "Range")),
	}
	largeFlat = []trial{
		newTrial("3x1", 2, most, mix, oneKey),
		newTrial("2x2", 2, basic[1:3], collide, oneKey),
		newTrial("2x2", 2, basic[:2], prefix, shrinking),
		newTrial("2x2", 1, basic[:3], mix, growing),
		newTrial("2x2", 1, basic, mix, few),
		newTrial("2x2", 2, basic[1:2], prefix, full2),
		newTrial("2x2", 2, basic[:3], mix, full),
		newTrial("2x2", 2, []model.Method{model.Range, model.Store, model.LoadAndDelete}, mix, oneKey),
	}
	racedFlat = []trial{newTrial("2x1", 2, nil, mix, initials), smallFlat[1], smallFlat[2], newTrial("2x1", 2, basic[:2], prefix, moving2)}
)
