// Package counterexample saves a violation and reads it back: the program, what it
// showed, and how small it is.
package counterexample

import (
	"bytes"
	"fmt"
	"reflect"
	"runtime"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// Schema is the version of program.json. It grows when the meaning of a field
// changes. A file with another version is stale.
const Schema = 2

// A Counterexample is a program that makes a map break a clause.
type Counterexample struct {
	Map    string       // its name in the catalogue
	Type   string       // the map's type in Go syntax, such as readdirty.Go1150
	Import string       // the package of that type
	Clause model.Clause // the clause that the map breaks
	Go     string       // the version of Go that it was found with
	Seed   uint64       // the seed of the rounds, if goroutines meet by chance

	model.Witness

	// Minimal says how small the program is, and which smaller ones were tried.
	Minimal model.Coverage
	// Rounds is how many runs it took to see the violation, at most, in a few
	// measurements. It is 1 if every run shows it, and 0 if it was not measured.
	Rounds int

	// Failure is what was seen, without its History. It is nil if the program was
	// written only to be run again, as in a regression test.
	Failure *model.Failure
	// History is what happened in one run that shows the violation, including the
	// reads at rest after it.
	History history.History
	// Steps are the steps of the witness's schedule, if it has one.
	Steps []Step
	// Promise is the map's. It says how strict Clear and Len are.
	Promise model.Promise
}

// Lucky reports whether only some runs show the violation.
func (c Counterexample) Lucky() bool {
	return c.Look == model.LookHistory && len(c.Threads) > 1 || c.Look == model.LookRaces || c.Rounds > 1
}

// Of returns violation v by in's map as a counterexample, with the program and the
// history that v has.
func Of(in model.Instance, v model.Verdict) (Counterexample, error) {
	c := Counterexample{
		Map: in.Name(), Clause: v.Clause, Go: runtime.Version(), Promise: in.Promise(),
		Minimal: model.Bounded("as it was found, not made smaller"),
	}
	if v.Failure == nil {
		return c, fmt.Errorf("%s of %s has no failure to save: %s", v.Clause, in.Name(), v.Reason)
	}
	failure := *v.Failure
	failure.History = nil
	c.Failure = &failure
	if t := reflect.TypeOf(in.Map()); t != nil && t.Kind() == reflect.Pointer && t.Elem().Name() != "" {
		c.Type, c.Import = t.Elem().String(), t.Elem().PkgPath()
	}
	if v.Witness != nil {
		c.Witness = *v.Witness
	}
	var err error
	if len(v.Failure.History) > 0 {
		c.History, err = history.Read(bytes.NewReader(v.Failure.History))
	}
	return c, err
}
