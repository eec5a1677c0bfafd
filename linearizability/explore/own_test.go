package explore_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/model"
)

// own is a map of the module in testdata/own.
func own(name, expression string) explore.Map {
	return explore.Map{Name: name, Import: "example.com/own/" + name, New: expression, Dir: "testdata/own"}
}

// certify explores with what is fit for a toy.
func certify(t *testing.T, m explore.Map, o explore.Options) *explore.Certificate {
	t.Helper()
	if o.Size == "" {
		o.Size = "2x1"
	}
	if o.Workers == 0 {
		o.Workers = 1
	}
	c, err := explore.Explore(t.Context(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func builds(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds; run without -short")
	}
}

// A map that hashes by multiplying is as it is under one policy; when its
// function is named, its hashes collide, and what needs that is found.
//
// Clauses: S1
func TestAMapThatHashesByItselfFollowsThePoliciesIfItsFunctionIsNamed(t *testing.T) {
	builds(t)
	m := own("multiply", "new(multiply.Map[int])")
	c := certify(t, m, explore.Options{})
	if len(c.Violations) > 0 || len(c.Policies) != 1 || !slices.ContainsFunc(c.Notes, func(n string) bool {
		return strings.Contains(n, "asks for no hash that can be chosen")
	}) {
		t.Errorf("without -hash: violations %v, policies %q, notes %q", c.Violations, c.Policies, c.Notes)
	}
	m.Hash = []string{"example.com/own/multiply.hash"}
	if c := certify(t, m, explore.Options{Policies: []string{"mix", "prefix"}}); len(c.Violations) > 0 || len(c.Policies) != 2 {
		t.Errorf("mix and prefix: %v on %q", c.Violations, c.Policies)
	}
	c = certify(t, m, explore.Options{})
	if len(c.Policies) != 3 || len(c.Violations) != 1 || c.Violations[0].Clause != model.S1 || c.Violations[0].Policy != "collide" {
		t.Errorf("with -hash: %+v on %q", c.Violations, c.Policies)
	}
	if !slices.Equal(c.Hash, m.Hash) {
		t.Errorf("the certificate has the hashes %q", c.Hash)
	}
}
