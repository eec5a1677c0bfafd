// Package impl is the catalogue: each map here and the toolchain's own, where
// it comes from, what it promises, and which verdicts it must get.
//
// A promise decides what is judged. An expectation is what the catalogue
// foretells, clause by clause; it alone decides whether a run is as expected.
// So a map of the article is expected to violate R1, and a run in which it does
// not is a failure of the checkers.
package impl

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/mapspec/mapspec/impl/flatmap"
	"github.com/mapspec/mapspec/impl/locked"
	"github.com/mapspec/mapspec/impl/readdirty"
	"github.com/mapspec/mapspec/model"
)

// A Map is an entry of the catalogue.
type Map struct {
	Name    string
	Origin  string
	Subject model.Binder
	// Expect holds the verdicts foretold where they are not what [Map.Expected]
	// says without it. Several where the toolchain's version decides.
	Expect map[model.Clause][]model.Status
}

// Subject returns the subject of a map with keys and values of type any: keys
// are strings, "conn-17", values are [model.Payload].
func Subject(name string, p model.Promise, newMap func() any) model.Subject[any, any] {
	return model.Subject[any, any]{Name: name, New: newMap, Promise: p}
}

// Catalogue returns all maps, in the order in which they are shown.
func Catalogue() []Map {
	history := model.Promise{Zero: true}
	violation := []model.Status{model.Violation}
	return []Map{
		{
			Name:    "go1.14",
			Origin:  "the algorithm of sync.Map in Go 1.14, in impl/readdirty",
			Subject: Subject("go1.14", history, func() any { return new(readdirty.Go114) }),
			Expect: map[model.Clause][]model.Status{
				model.R1: violation,
			},
		},
		{
			Name:    "go1.15.0",
			Origin:  "the algorithm of sync.Map in Go 1.15.0 (golang/go#40999), in impl/readdirty",
			Subject: Subject("go1.15.0", history, func() any { return new(readdirty.Go1150) }),
			Expect: map[model.Clause][]model.Status{
				model.R1: violation, model.R3: violation,
			},
		},
		{
			Name:    "go1.15.2",
			Origin:  "the algorithm of sync.Map from Go 1.15.2 on, in impl/readdirty",
			Subject: Subject("go1.15.2", history, func() any { return new(readdirty.Go1152) }),
			Expect: map[model.Clause][]model.Status{
				model.R1: violation,
			},
		},
		{
			Name:    "go1.23",
			Origin:  "the algorithm of sync.Map in Go 1.23, in impl/readdirty",
			Subject: Subject("go1.23", history, func() any { return new(readdirty.Go123) }),
			Expect: map[model.Clause][]model.Status{
				model.R1: violation, model.R3: violation,
			},
		},
		{
			Name:    "sync.Map",
			Origin:  "the toolchain's own, " + runtime.Version(),
			Subject: Subject("sync.Map", history, func() any { return new(sync.Map) }),
			Expect: map[model.Clause][]model.Status{
				model.S6: afterPanic(runtime.Version()),
				model.P3: afterPanic(runtime.Version()),
			},
		},
		{
			Name:   "locked",
			Origin: "a Go map behind a mutex, in impl/locked",
			Subject: Subject("locked", model.Promise{
				Release: model.ReleasePrompt, Clear: model.Strong, Len: model.Strong,
				Zero: true,
			}, func() any { return new(locked.Map[any, any]) }),
		},
		{
			Name:   "flatmap",
			Origin: "keys and values side by side in flat buckets, in impl/flatmap",
			Subject: Subject("flatmap", model.Promise{
				Release: model.ReleasePrompt, Clear: model.Strong,
				Zero: true, Shrinks: true, LoadFree: true,
			}, func() any { return new(flatmap.Map[any, any]) }),
		},
	}
}

// afterPanic foretells what sync.Map's CompareAndDelete does when a comparison
// panics: in Go 1.24 to 1.27 it leaves a lock held; of later versions nothing
// is known yet.
func afterPanic(version string) []model.Status {
	for _, known := range []string{"go1.24", "go1.25", "go1.26", "go1.27"} {
		if version == known || strings.HasPrefix(version, known+".") {
			return []model.Status{model.Violation}
		}
	}
	return []model.Status{model.OK, model.Violation}
}

// Names returns the names of the catalogue.
func Names() []string {
	var names []string
	for _, m := range Catalogue() {
		names = append(names, m.Name)
	}
	return names
}

// Find returns the map called name, of the catalogue or of package broken, or
// false.
func Find(name string) (Map, bool) {
	all := append(Catalogue(), Broken()...)
	i := slices.IndexFunc(all, func(m Map) bool { return m.Name == name })
	if i < 0 {
		return Map{}, false
	}
	return all[i], true
}

// Expected returns the verdicts on c that m may get. Without an entry in
// Expect these are: skipped, where m does not promise c or lacks what c needs;
// ok or skipped for the memory model, which is judged under -race only, and for
// P1, which only exploration judges; ok otherwise.
func (m Map) Expected(c model.Clause) []model.Status {
	if e, ok := m.Expect[c]; ok {
		return e
	}
	in := m.Subject.Bind()
	switch {
	case model.Unjudged(c, in) != "":
		return []model.Status{model.Skipped}
	case c == model.M1 || c == model.M2:
		return []model.Status{model.OK, model.Skipped}
	case c == model.P1: // skipped where no exploration is asked for
		return []model.Status{model.OK, model.Skipped}
	}
	return []model.Status{model.OK}
}

// AsExpected reports whether every verdict is one that m may get, and names
// the clauses of those that are not.
func (m Map) AsExpected(verdicts []model.Verdict) (bool, []model.Clause) {
	var unexpected []model.Clause
	for _, s := range model.Sentences {
		// A verdict that is not there is skipped, and so not what was foretold.
		if !slices.Contains(m.Expected(s.Clause), model.Find(verdicts, s.Clause).Status) {
			unexpected = append(unexpected, s.Clause)
		}
	}
	return len(unexpected) == 0, unexpected
}
