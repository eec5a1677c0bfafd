package gotest_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/report/gotest"
	"github.com/mapspec/mapspec/model"
)

// A generated is a test that was generated, and is to fail or pass.
type generated struct {
	name string
	src  []byte
	pass bool
}

var (
	packageClause = regexp.MustCompile(`(?m)^package .*$`)
	testFunction  = regexp.MustCompile(`(?m)^func (Test\w*)\(`)
)

// generate returns the test of c under another name.
func generate(t *testing.T, c counterexample.Counterexample, name string, pass bool) generated {
	t.Helper()
	src, err := gotest.Source(c)
	if err != nil {
		t.Fatalf("%s: %v", c.Map, err)
	}
	src = packageClause.ReplaceAll(src, []byte("package generated_test"))
	src = testFunction.ReplaceAll(src, []byte("func "+name+"("))
	return generated{name, src, pass}
}

// onRightMap is c for a map that is right, and promises all that c's promises.
func onRightMap(c counterexample.Counterexample) counterexample.Counterexample {
	c.Map, c.Type, c.Import = "locked", "locked.Map[interface {},interface {}]", "github.com/mapspec/mapspec/impl/locked"
	return c
}

// Each generated test fails on the map that it was generated for, and passes
// on a right one: no file to paste is a false alarm.
func TestGeneratedTestsFailOnTheMapAndPassOnARightOne(t *testing.T) {
	if testing.Short() {
		t.Skip("judges the broken maps, compiles tests of some and runs them, some 20 s: run without -short")
	}
	found := violations(t)
	slices.SortFunc(found, func(a, b counterexample.Counterexample) int { // they come as they are found
		return cmp.Or(strings.Compare(a.Map, b.Map), strings.Compare(string(a.Clause), string(b.Clause)))
	})
	failsAndPasses(t, found)
}

// So do tests of saved counterexamples, of each form that plain Go has.
func TestSavedCounterexamplesFailAsPlainTests(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles tests and runs them, some 20 s: run without -short")
	}
	var plain []counterexample.Counterexample
	for _, name := range []string{
		"clear-in-halves", "equal-keys", "heap", "late-len", "leaked-lock", "lock-order", "missed-resident", "nil-table", "pin", "pump", "retained-key",
		"retained-value", "sequence", "swallowed-panic", "swap-returns-new", "wrong-at-rest",
	} {
		c, err := counterexample.Load(filepath.Join("..", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		plain = append(plain, c)
	}
	failsAndPasses(t, plain)
}

// failsAndPasses generates and runs a test of each counterexample, on its map and
// on a right one.
func failsAndPasses(t *testing.T, list []counterexample.Counterexample) {
	t.Helper()
	var all []generated
	plain := 0
	for i, c := range list {
		all = append(all, generate(t, c, fmt.Sprintf("TestBroken%d", i), false))
		if !bytes.Contains(all[len(all)-1].src, []byte("linearizability.RunCounterexample")) {
			plain++
		}
		if c.Clause != model.R4 { // which locked does not promise
			all = append(all, generate(t, onRightMap(c), fmt.Sprintf("TestRight%d", i), true))
		}
	}
	if plain*3 < len(list)*2 {
		t.Errorf("%d of %d tests are plain Go, want most of them", plain, len(list))
	}
	binary := compile(t, all)
	var both sync.WaitGroup
	slots := make(chan struct{}, 12) // tests that hang wait for their time limit
	for _, g := range all {
		both.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			out, err := exec.Command(binary, "-test.run", "^"+g.name+"$", "-test.v").CombinedOutput()
			passed := bytes.Contains(out, []byte("--- PASS: "+g.name))
			failed := bytes.Contains(out, []byte("--- FAIL: "+g.name))
			if passed != g.pass || failed == g.pass {
				t.Errorf("passed %t, failed %t, want passed %t: %v\n%s\n%s", passed, failed, g.pass, err, out, g.src)
			}
		})
	}
	both.Wait()
}

// compile vets and compiles tests in a module of their own.
func compile(t *testing.T, all []generated) (binary string) {
	t.Helper()
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mod := fmt.Sprintf("module generated\n\ngo 1.26\n\nrequire github.com/mapspec/mapspec v0.0.0\n\nreplace github.com/mapspec/mapspec => %s\n", root)
	own, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	_, requires, _ := strings.Cut(string(own), "require (")
	write(t, dir, "go.mod", mod+"\nrequire ("+requires)
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "go.sum", string(sums))
	for _, g := range all {
		write(t, dir, strings.ToLower(g.name)+"_test.go", string(g.src))
	}
	binary = filepath.Join(dir, "generated.test")
	for _, args := range [][]string{{"vet", "."}, {"test", "-c", "-o", binary, "."}} {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	return binary
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
