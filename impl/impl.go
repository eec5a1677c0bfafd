// Package impl is the catalogue of the maps in this module and of the toolchain's
// sync.Map. It records where each map comes from, what it promises, and which
// verdicts it must get.
//
// The command and the tests use it to look up maps by name, and to check that the
// checkers still judge them as they should:
//
//	m, _ := impl.Find("go1.15.0")
//	verdicts := property.Judge(ctx, m.Subject, property.Options{})
//	ok, unexpected := m.AsExpected(verdicts)
//
// A promise decides which clauses a map is judged on. An expectation is the verdict
// that a map must get on a clause. Only expectations decide whether a run succeeds:
// go1.15.0 must violate R1, and if it does not, the checkers are broken.
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
	// Expect holds the expected verdicts of those clauses for which they differ
	// from the default; see [Map.Expected]. There are several if the verdict
	// depends on the toolchain's version.
	Expect map[model.Clause][]model.Status
}

// Subject returns the subject of a map with keys and values of type any. Keys are
// strings such as "conn-17", and values are of type [model.Payload].
func Subject(name string, p model.Promise, newMap func() any) model.Subject[any, any] {
	return model.Subject[any, any]{Name: name, New: newMap, Promise: p}
}

// Catalogue returns all maps of the catalogue, in the order in which they are shown.
func Catalogue() []Map {
	syncMapPromise := model.Promise{Zero: true}
	violation := []model.Status{model.Violation}
	return []Map{
		{
			Name:    "go1.14",
			Origin:  "the algorithm of sync.Map in Go 1.14, in impl/readdirty",
			Subject: Subject("go1.14", syncMapPromise, func() any { return new(readdirty.Go114) }),
			Expect: map[model.Clause][]model.Status{
				model.R1: violation,
			},
		},
		{
			Name:    "go1.15.0",
			Origin:  "the algorithm of sync.Map in Go 1.15.0 (golang/go#40999), in impl/readdirty",
			Subject: Subject("go1.15.0", syncMapPromise, func() any { return new(readdirty.Go1150) }),
			Expect: map[model.Clause][]model.Status{
				model.R1: violation, model.R3: violation,
			},
		},
		{
			Name:    "go1.15.2",
			Origin:  "the algorithm of sync.Map from Go 1.15.2 on, in impl/readdirty",
			Subject: Subject("go1.15.2", syncMapPromise, func() any { return new(readdirty.Go1152) }),
			Expect: map[model.Clause][]model.Status{
				model.R1: violation,
			},
		},
		{
			Name:    "go1.23",
			Origin:  "the algorithm of sync.Map in Go 1.23, in impl/readdirty",
			Subject: Subject("go1.23", syncMapPromise, func() any { return new(readdirty.Go123) }),
			Expect: map[model.Clause][]model.Status{
				model.R1: violation, model.R3: violation,
			},
		},
		{
			Name:    "sync.Map",
			Origin:  "the toolchain's own, " + runtime.Version(),
			Subject: Subject("sync.Map", syncMapPromise, func() any { return new(sync.Map) }),
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

// afterPanic returns the expected verdicts on what sync.Map's CompareAndDelete does
// if a comparison panics. In Go 1.24 to 1.27 it leaves a lock held. Nothing is known
// about later versions.
func afterPanic(version string) []model.Status {
	for _, known := range []string{"go1.24", "go1.25", "go1.26", "go1.27"} {
		if version == known || strings.HasPrefix(version, known+".") {
			return []model.Status{model.Violation}
		}
	}
	return []model.Status{model.OK, model.Violation}
}

// Names returns the names of the maps in the catalogue.
func Names() []string {
	var names []string
	for _, m := range Catalogue() {
		names = append(names, m.Name)
	}
	return names
}

// Find returns the map called name, from the catalogue or from package broken.
func Find(name string) (Map, bool) {
	all := append(Catalogue(), Broken()...)
	i := slices.IndexFunc(all, func(m Map) bool { return m.Name == name })
	if i < 0 {
		return Map{}, false
	}
	return all[i], true
}

// Expected returns the verdicts on c that m may get. Unless Expect has an entry for
// c, it is skipped if m does not promise c or lacks what c needs, and ok otherwise.
// The memory model and P1 may also be skipped: they are judged only with -race and
// by exploration.
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
	case c == model.P1: // judged only by exploration
		return []model.Status{model.OK, model.Skipped}
	}
	return []model.Status{model.OK}
}

// AsExpected reports whether m may get all of these verdicts, and returns the
// clauses whose verdicts it may not get.
func (m Map) AsExpected(verdicts []model.Verdict) (bool, []model.Clause) {
	var unexpected []model.Clause
	for _, s := range model.Sentences {
		// A missing verdict counts as skipped.
		if !slices.Contains(m.Expected(s.Clause), model.Find(verdicts, s.Clause).Status) {
			unexpected = append(unexpected, s.Clause)
		}
	}
	return len(unexpected) == 0, unexpected
}
