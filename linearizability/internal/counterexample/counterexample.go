// Package counterexample holds a violation as a value that can be saved, read
// back and run again: the program, what was seen, and how small it is.
package counterexample

import (
	"bytes"
	"reflect"
	"runtime"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// Schema is the version of program.json. It grows when a field changes its
// meaning; a file with another number is stale.
const Schema = 2

// A Counterexample is a program that makes a map break a clause.
type Counterexample struct {
	Map    string       // its name in the catalogue
	Type   string       // the map's type in Go syntax, such as readdirty.Go1150
	Import string       // the package of that type
	Clause model.Clause // the clause broken
	Go     string       // the toolchain it was found with
	Seed   uint64       // of the rounds, where goroutines meet by luck

	model.Witness

	// Minimal says how small the program is, and how far that was looked into.
	Minimal model.Coverage
	// Rounds is how many runs it took to see the violation, the most of a few
	// times; 1 where every run shows it, 0 where that was not measured.
	Rounds int

	// Failure is what was seen; its own History is empty. It is nil only where a
	// program was written down to be run again.
	Failure *model.Failure
	// History is what happened in one violating run, and at rest after it.
	History history.History
	// Steps are the steps of the witness's schedule, if it has one.
	Steps []Step
	// Promise decides how Clear and Len are judged.
	Promise model.Promise
}

// Lucky reports whether it is a matter of luck that a run shows the violation.
func (c Counterexample) Lucky() bool {
	return c.Look == model.LookHistory && len(c.Threads) > 1 || c.Look == model.LookRaces || c.Rounds > 1
}

// Of returns the violation v of in's map as a counterexample, as it was found.
// Its history is v's, if v has one.
func Of(in model.Instance, v model.Verdict) (Counterexample, error) {
	c := Counterexample{
		Map: in.Name(), Clause: v.Clause, Go: runtime.Version(), Promise: in.Promise(),
		Minimal: model.Bounded("as it was found, not made smaller"),
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
