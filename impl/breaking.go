package impl

import (
	"slices"

	"github.com/mapspec/mapspec/impl/broken"
	"github.com/mapspec/mapspec/model"
)

// Broken returns the maps of package broken. They are not part of the catalogue, but
// [Find] finds them.
func Broken() []Map {
	var list []Map
	for _, m := range broken.Maps {
		list = append(list, Map{
			Name:    m.Name,
			Origin:  "in impl/broken: " + m.Comment,
			Subject: Subject(m.Name, brokenPromise(m.Promise), m.New),
			Expect:  brokenExpect(m),
		})
	}
	return list
}

func brokenPromise(p broken.Promise) model.Promise {
	return model.Promise{
		Release: model.Release(p.Release), Clear: model.Level(p.Clear), Len: model.Level(p.Len),
		Zero: p.Zero, Shrinks: p.Shrinks, LoadFree: p.LoadFree,
	}
}

// brokenExpect returns the expected verdicts of m that differ from the default. It
// must break its own clause if running it can show that, and may break the clauses
// in Also.
func brokenExpect(m broken.Map) map[model.Clause][]model.Status {
	expect := map[model.Clause][]model.Status{}
	for _, c := range m.Also {
		expect[model.Clause(c)] = []model.Status{model.Violation, model.OK, model.Unknown}
	}
	own := []model.Status{model.Violation}
	if slices.Contains([]broken.Sight{broken.Exploration, broken.Race}, m.Sees) {
		own = append(own, model.Skipped)
	}
	expect[model.Clause(m.Clause)] = own
	return expect
}
