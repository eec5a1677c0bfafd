package explore

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/model"
)

// TB is what Run needs of a testing.TB.
type TB interface {
	Helper()
	Context() context.Context
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Run explores b's map in a test: without Options.Size all programs of three
// threads of one operation, with -short of two, on every initial map. A
// violation of what the map promises fails the test, with the program and its
// schedule; the certificate is logged. So does whatever keeps the exploration
// from covering all that was asked for.
//
// What is explored is a copy of the package of the map's type, made with new(T):
// the functions of a test file cannot be called from there. For a map that is
// made otherwise say so with a [Map], and use [RunMap].
func Run(t TB, b model.Binder, o Options) {
	t.Helper()
	m, err := Of(b)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	RunMap(t, m, o)
}

// RunMap is Run for a map that is made by an expression.
func RunMap(t TB, m Map, o Options) {
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
			t.Errorf("%s breaks %s: %s\nrepeat: %s", m.Name, v.Clause, v.Evidence, repeat(m, o))
		}
	}
	if !c.AsFarAsAsked() {
		t.Errorf("%s: %s", m.Name, c.Coverage)
	}
}

// repeat is the command that explores m again.
func repeat(m Map, o Options) string {
	return fmt.Sprintf("go run github.com/mapspec/mapspec/linearizability/cmd/mapspec explore -pkg %s -new '%s' -size %s", m.Import, m.New, o.Size)
}
