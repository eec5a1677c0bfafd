package docs_test

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/mapspec/mapspec"

// arrows says which rooms a room may import, and which third-party module is
// its own. Tests may import more.
var arrows = map[string][]string{
	"model":                   {},
	"impl":                    {"model", "impl/flatmap", "impl/locked", "impl/readdirty", "impl/broken"},
	"impl/flatmap":            {},
	"impl/locked":             {},
	"impl/readdirty":          {},
	"impl/broken":             {},
	"linearizability":         {"model", "linearizability/stress", "linearizability/minimise", "linearizability/report"},
	"linearizability/history": {"model"},
	"linearizability/check":   {"model", "linearizability/history", "github.com/anishathalye/porcupine"},
	"linearizability/stress":  {"model", "linearizability/history", "linearizability/check"},
	"linearizability/explore": {"model", "linearizability/instrument", "linearizability/near", "linearizability/explore/job", "linearizability/explore/program",
		"linearizability/history", "linearizability/check", "linearizability/counterexample"},
	"linearizability/explore/search": {"linearizability/explore/sched"},
	"linearizability/explore/sched":  {},
	"linearizability/explore/job":    {"model", "linearizability/history", "linearizability/counterexample"},
	"linearizability/explore/worker": {"model", "linearizability/history", "linearizability/counterexample", "linearizability/explore/job", "linearizability/explore/sched",
		"linearizability/explore/search", "linearizability/explore/program", "linearizability/explore/interval",
		"linearizability/shim/hashing", "linearizability/shim/refuse", "property/release"},
	"linearizability/explore/interval": {"model", "linearizability/history"},
	"linearizability/counterexample":   {"model", "linearizability/history"},
	"linearizability/explore/program":  {"model", "linearizability/history"},
	"linearizability/near":             {},
	"linearizability/instrument":       {"linearizability/near"},
	"linearizability/minimise": {"model", "linearizability/history", "linearizability/stress", "linearizability/counterexample",
		"property", "property/release"},
	"linearizability/report":            {"model", "linearizability/history", "linearizability/check", "linearizability/counterexample"},
	"property":                          {"model", "property/release", "pgregory.net/rapid"},
	"property/release":                  {"model"},
	"linearizability/shim/abi":          {"linearizability/shim/hashing"},
	"linearizability/shim/goarch":       {},
	"linearizability/shim/hash/maphash": {"linearizability/shim/hashing"},
	"linearizability/shim/hashing":      {"linearizability/explore/sched", "linearizability/shim/refuse"},
	"linearizability/shim/ordered":      {"linearizability/shim/hashing"},
	"linearizability/shim/random":       {"linearizability/explore/sched"},
	"linearizability/shim/refuse":       {"linearizability/explore/sched"},
	"linearizability/shim/runtime":      {"linearizability/explore/sched"},
	"linearizability/shim/sync":         {"linearizability/explore/sched", "linearizability/shim/refuse", "linearizability/shim/sync/atomic"},
	"linearizability/shim/sync/atomic":  {"linearizability/explore/sched"},
	"linearizability/cmd/mapspec":       {"*"},
	"docs":                              {},
}

// Imports go one way: a map imports no checker, and each third-party module
// has one room.
func TestImportsGoOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; seen++ {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, complaint := range againstArrows(strings.TrimPrefix(p.ImportPath, module+"/"), p.Imports) {
			t.Error(complaint)
		}
	}
	if seen < len(arrows)-1 { // docs has tests only, and may not be listed
		t.Errorf("%d packages listed, want the %d of the table", seen, len(arrows))
	}
}

// againstArrows names the imports that room may not have.
func againstArrows(room string, imports []string) []string {
	allowed, known := arrows[room]
	if !known {
		return []string{room + " is no room: add it to the table in docs/arrows_test.go"}
	}
	var wrong []string
	for _, path := range imports {
		name := strings.TrimPrefix(path, module+"/")
		first, _, _ := strings.Cut(path, "/")
		std := !strings.Contains(first, ".")
		if !std && !slices.Contains(allowed, name) && !slices.Contains(allowed, "*") {
			wrong = append(wrong, room+" may not import "+name)
		}
	}
	return wrong
}

func TestArrowsRefuseAMapThatImportsAChecker(t *testing.T) {
	for room, path := range map[string]string{
		"impl/locked": module + "/linearizability/stress", "model": "pgregory.net/rapid", "attic": "fmt",
	} {
		if len(againstArrows(room, []string{path})) != 1 {
			t.Errorf("%s may import %s", room, path)
		}
	}
}
