package explore

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/model"
)

// TB is the part of testing.TB that Run needs.
type TB interface {
	Helper()
	Context() context.Context
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Run explores b's map in a test. Without Options.Size these are all programs of
// three threads of one operation, with -short of two, on every initial map. The
// test fails if the map breaks a clause that it promises, with the program and its
// schedule, and if anything keeps the exploration from covering all that was asked
// for. The certificate is logged in any case.
//
// What is explored is a copy of the package of the map's type, and maps are made
// with new(T): the functions of a test file cannot be called from there. If that
// does not make your map, use [RunMap].
func Run(t TB, b model.Binder, o Options) {
	t.Helper()
	m, err := Of(b)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	run(t, m, o, "the map was made with "+m.New+", and not as the test makes it: if its zero value is not ready for use, say with RunMap how one is made")
}

// RunMap is Run for a map that is made by an expression.
func RunMap(t TB, m Map, o Options) {
	t.Helper()
	run(t, m, o, "")
}

// run is RunMap, with a remark on a map that panics.
func run(t TB, m Map, o Options, panics string) {
	t.Helper()
	if o.Size == "" {
		o.Size = "3x1"
		if testing.Short() {
			o.Size = "2x1"
		}
	}
	c, err := Explore(t.Context(), m, o)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	var text strings.Builder
	if err := c.Text(&text, func(Violation) string { return "" }); err != nil {
		t.Fatalf("%v", err)
		return
	}
	t.Logf("%s", text.String())
	for _, v := range c.Violations {
		if m.Promise.Fails(v.Clause) {
			remark := ""
			if panics != "" && panicked(v.Failure) {
				remark = "\n" + panics
			}
			evidence := v.Evidence
			if v.Failure == nil {
				evidence = fmt.Sprintf("not explained: %v", v.err)
			}
			t.Errorf("%s breaks %s: %s%s\nrepeat: %s", m.Name, v.Clause, evidence, remark, repeat(m, o))
		}
	}
	if !c.AsFarAsAsked() {
		t.Errorf("%s: %s", m.Name, c.Coverage)
	}
}

// repeat is the command that explores m again, all shards of it.
func repeat(m Map, o Options) string {
	words := []string{"go run github.com/mapspec/mapspec/linearizability/cmd/mapspec explore -pkg", m.Import, "-new", quoted(m.New), "-size", o.Size}
	add := func(set bool, flag ...any) {
		if set {
			words = append(words, strings.TrimSpace(fmt.Sprintln(flag...)))
		}
	}
	for _, h := range m.Hash {
		add(true, "-hash", quoted(h))
	}
	add(o.Keys != 0, "-keys", o.Keys)
	add(len(o.Policies) > 0, "-hashes", strings.Join(o.Policies, ","))
	add(len(o.Initials) > 0, "-initial", quoted(strings.Join(o.Initials, ",")))
	for _, method := range o.Methods {
		add(true, "-methods", method)
	}
	sampled := o.Policy != "" && o.Policy != "dpor"
	add(sampled, "-policy", o.Policy)
	add(sampled, "-seed", o.Seed)
	add(sampled && o.Schedules != 0, "-schedules", o.Schedules)
	add(o.Nested, "-nested")
	add(!o.Stalls, "-stalls=false")
	add(o.Race, "-race")
	return strings.Join(words, " ")
}

// quoted is s as one word of a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
