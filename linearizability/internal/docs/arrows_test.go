package docs_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/mapspec/mapspec"

// publicPackages is what a user may import.
var publicPackages = []string{
	"impl", "impl/broken", "impl/flatmap", "impl/locked", "impl/readdirty",
	"linearizability", "linearizability/explore", "linearizability/history",
	"model", "property",
}

// arrows says which packages of ours each package imports, and which third-party
// module. ~ stands for linearizability/internal. Tests may import more.
var arrows = map[string][]string{
	"model":          {},
	"property":       {"model", "pgregory.net/rapid"},
	"impl":           {"model", "impl/broken", "impl/flatmap", "impl/locked", "impl/readdirty"},
	"impl/broken":    {},
	"impl/flatmap":   {},
	"impl/locked":    {},
	"impl/readdirty": {},

	"linearizability":         {"model", "~/minimise", "~/report/text", "~/stress", "~/try"},
	"linearizability/history": {"model"},
	"linearizability/explore": {"model", "linearizability/history", "~/check", "~/counterexample", "~/english", "~/instrument", "~/near", "~/process",
		"~/program", "~/shard", "~/worker/wire"},

	// Values.
	"~/english":        {},
	"~/counterexample": {"model", "linearizability/history"},
	"~/program":        {"model", "linearizability/history"},

	// Judges run nothing.
	"~/check":    {"model", "linearizability/history", "~/english", "github.com/anishathalye/porcupine"},
	"~/interval": {"model", "linearizability/history"},

	// What runs programs and makes them smaller.
	"~/stress":   {"model", "linearizability/history", "~/check"},
	"~/try":      {"model", "property", "linearizability/explore", "~/counterexample", "~/english", "~/stress"},
	"~/minimise": {"model", "property", "linearizability/history", "~/counterexample", "~/english", "~/stress", "~/try"},

	// The engine knows no map.
	"~/engine/sched":  {},
	"~/engine/search": {"~/engine/sched"},

	// A worker explores in a process of its own.
	"~/worker": {"model", "property", "linearizability/history", "~/engine/sched", "~/engine/search", "~/english", "~/interval", "~/process", "~/program",
		"~/shim/hashing", "~/shim/refuse", "~/worker/narrate", "~/worker/wire"},
	"~/worker/narrate": {"model", "property", "~/counterexample", "~/engine/sched", "~/engine/search", "~/interval"},
	"~/worker/wire":    {"model", "~/counterexample"},

	// The copy of a map, and what its imports are replaced by.
	"~/instrument":        {"~/near", "~/process"},
	"~/shim/abi":          {"~/shim/hashing"},
	"~/shim/goarch":       {},
	"~/shim/hash/maphash": {"~/shim/hashing"},
	"~/shim/hashing":      {"~/engine/sched", "~/shim/refuse"},
	"~/shim/ordered":      {"~/shim/hashing"},
	"~/shim/random":       {"~/engine/sched"},
	"~/shim/refuse":       {"~/engine/sched"},
	"~/shim/runtime":      {"~/engine/sched"},
	"~/shim/sync":         {"~/engine/sched", "~/shim/refuse", "~/shim/sync/atomic"},
	"~/shim/sync/atomic":  {"~/engine/sched"},

	// Reports run nothing.
	"~/report":        {"model", "linearizability/history", "~/check", "~/counterexample", "~/english"},
	"~/report/text":   {"~/counterexample", "~/english", "~/report"},
	"~/report/page":   {"~/check", "~/counterexample", "~/report", "~/report/text"},
	"~/report/gotest": {"model", "linearizability/history", "~/counterexample", "~/report", "~/report/text"},

	// How much of the long tests is run.
	"~/testpart": {},

	// Programs, and what they share.
	"~/near":    {},
	"~/process": {},
	"~/shard":   {},
	"~/mutate":  {"impl", "linearizability/explore", "model", "~/instrument", "~/near", "~/process", "~/worker/wire"},
	"linearizability/cmd/mapspec": {"impl", "linearizability", "linearizability/explore", "linearizability/history", "model", "property", "~/check",
		"~/counterexample", "~/english", "~/minimise", "~/near", "~/process", "~/program", "~/report/gotest", "~/report/page", "~/report/text", "~/shard", "~/try"},
}

// A listed is a package as go list prints it.
type listed struct {
	ImportPath, Name string
	GoFiles, Imports []string
}

// path returns the package's path as the table has it.
func (p listed) path() string { return inTable(p.ImportPath) }

func inTable(path string) string {
	path = strings.TrimPrefix(path, module+"/")
	if below, ok := strings.CutPrefix(path, "linearizability/internal/"); ok {
		return "~/" + below
	}
	return path
}

// packages lists the packages of the module, without those that have only tests.
func packages(t *testing.T) (all []listed) {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,GoFiles,Imports", module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
}

// Imports go one way: a map imports no checker, and each third-party module has one
// package that imports it.
func TestImportsGoOneWay(t *testing.T) {
	report(t, checkArrows(packages(t), arrows))
}

// checkArrows compares the imports of packages with those of a table.
func checkArrows(all []listed, table map[string][]string) (problems []string) {
	absent := maps.Clone(table)
	for _, p := range all {
		allowed, known := table[p.path()]
		delete(absent, p.path())
		if !known {
			problems = append(problems, p.path()+" is not in the table of arrows_test.go")
			continue
		}
		var imports []string
		for _, path := range p.Imports {
			if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
				imports = append(imports, inTable(path))
			}
		}
		for _, path := range imports {
			if !slices.Contains(allowed, path) {
				problems = append(problems, fmt.Sprintf("%s may not import %s", p.path(), path))
			}
		}
		for _, path := range allowed {
			if !slices.Contains(imports, path) {
				problems = append(problems, fmt.Sprintf("%s does not import %s: remove it from the table of arrows_test.go", p.path(), path))
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(absent)) {
		problems = append(problems, fmt.Sprintf("there is no package %s: remove it from the table of arrows_test.go", path))
	}
	return problems
}

func TestPublicPackagesAreThoseOfTheList(t *testing.T) {
	if got := public(packages(t)); !slices.Equal(got, publicPackages) {
		t.Errorf("the public packages are\n%q, want\n%q", got, publicPackages)
	}
}

// public returns the packages that another module can import, sorted.
func public(all []listed) (paths []string) {
	for _, p := range all {
		if p.Name != "main" && !slices.Contains(strings.Split(p.ImportPath, "/"), "internal") {
			paths = append(paths, p.path())
		}
	}
	slices.Sort(paths)
	return paths
}

func TestWrongImportsAreReported(t *testing.T) {
	table := map[string][]string{"impl": {"model"}, "model": {}, "~/check": {"m.org/p"}}
	check := listed{ImportPath: module + "/linearizability/internal/check", Imports: []string{"fmt", "m.org/p"}}
	model := listed{ImportPath: module + "/model", Imports: []string{"encoding/json"}}
	impl := listed{ImportPath: module + "/impl", Imports: []string{module + "/model"}}
	wantProblems(t, checkArrows([]listed{check, impl, model}, table))
	for problem, wrong := range map[string]listed{
		"impl may not import ~/check":   {ImportPath: impl.ImportPath, Imports: []string{module + "/model", check.ImportPath}},
		"impl may not import m.org/p":   {ImportPath: impl.ImportPath, Imports: []string{module + "/model", "m.org/p"}},
		"impl does not import model":    {ImportPath: impl.ImportPath},
		"attic is not in the table":     {ImportPath: module + "/attic"},
		"~/attic/b is not in the table": {ImportPath: module + "/linearizability/internal/attic/b"},
	} {
		all := []listed{check, model, wrong}
		if wrong.ImportPath != impl.ImportPath {
			all = append(all, impl)
		}
		wantProblems(t, checkArrows(all, table), problem)
	}
	wantProblems(t, checkArrows([]listed{impl, model}, table), "there is no package ~/check")
}

func TestPublicPackagesAreNeitherInternalNorPrograms(t *testing.T) {
	all := []listed{
		{ImportPath: module + "/model", Name: "model"}, {ImportPath: module + "/cmd", Name: "main"}, {ImportPath: module + "/internal", Name: "internal"},
		{ImportPath: module + "/a/internal/b", Name: "b"}, {ImportPath: module + "/internals", Name: "internals"},
	}
	if got := public(all); !slices.Equal(got, []string{"internals", "model"}) {
		t.Errorf("public are %q", got)
	}
}
