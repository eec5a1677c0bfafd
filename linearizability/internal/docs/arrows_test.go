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
	"linearizability/internal/english": {},
	"model":                            {},
	"impl":                             {"model", "impl/flatmap", "impl/locked", "impl/readdirty", "impl/broken"},
	"impl/flatmap":                     {},
	"impl/locked":                      {},
	"impl/readdirty":                   {},
	"impl/broken":                      {},
	"linearizability":                  {"model", "linearizability/internal/stress", "linearizability/internal/minimise", "linearizability/internal/try", "linearizability/internal/report/text"},
	"linearizability/history":          {"model"},
	"linearizability/internal/check":   {"model", "linearizability/internal/english", "linearizability/history", "github.com/anishathalye/porcupine"},
	"linearizability/internal/stress":  {"model", "linearizability/history", "linearizability/internal/check"},
	"linearizability/explore": {"model", "linearizability/internal/english", "linearizability/internal/instrument", "linearizability/internal/near", "linearizability/internal/worker/wire", "linearizability/internal/program",
		"linearizability/history", "linearizability/internal/check", "linearizability/internal/counterexample", "linearizability/internal/process", "linearizability/internal/shard"},
	"linearizability/internal/engine/search": {"linearizability/internal/engine/sched"},
	"linearizability/internal/engine/sched":  {},
	"linearizability/internal/worker": {"model", "linearizability/internal/english", "linearizability/history", "linearizability/internal/worker/wire", "linearizability/internal/worker/narrate",
		"linearizability/internal/engine/sched", "linearizability/internal/engine/search", "linearizability/internal/program", "linearizability/internal/interval",
		"linearizability/internal/shim/hashing", "linearizability/internal/shim/refuse", "linearizability/internal/process", "property"},
	"linearizability/internal/worker/wire": {"model", "linearizability/internal/counterexample"},
	"linearizability/internal/worker/narrate": {"model", "linearizability/internal/counterexample", "linearizability/internal/engine/sched", "linearizability/internal/engine/search",
		"linearizability/internal/interval", "property"},
	"linearizability/internal/interval":       {"model", "linearizability/history"},
	"linearizability/internal/counterexample": {"model", "linearizability/history"},
	"linearizability/internal/program":        {"model", "linearizability/history"},
	"linearizability/internal/near":           {},
	"linearizability/internal/process":        {},
	"linearizability/internal/shard":          {},
	"linearizability/internal/instrument":     {"linearizability/internal/near", "linearizability/internal/process"},
	"linearizability/internal/minimise": {"model", "linearizability/internal/english", "linearizability/history", "linearizability/internal/stress", "linearizability/internal/counterexample",
		"linearizability/internal/try", "property"},
	"linearizability/internal/try":         {"model", "linearizability/internal/stress", "linearizability/internal/counterexample", "property"},
	"linearizability/internal/report":      {"model", "linearizability/history", "linearizability/internal/check", "linearizability/internal/counterexample"},
	"linearizability/internal/report/text": {"linearizability/internal/counterexample", "linearizability/internal/report"},
	"linearizability/internal/report/page": {"linearizability/internal/check", "linearizability/internal/counterexample", "linearizability/internal/report",
		"linearizability/internal/report/text"},
	"linearizability/internal/report/gotest": {"model", "linearizability/history", "linearizability/internal/counterexample", "linearizability/internal/report",
		"linearizability/internal/report/text"},
	"property":                                   {"model", "pgregory.net/rapid"},
	"linearizability/internal/shim/abi":          {"linearizability/internal/shim/hashing"},
	"linearizability/internal/shim/goarch":       {},
	"linearizability/internal/shim/hash/maphash": {"linearizability/internal/shim/hashing"},
	"linearizability/internal/shim/hashing":      {"linearizability/internal/engine/sched", "linearizability/internal/shim/refuse"},
	"linearizability/internal/shim/ordered":      {"linearizability/internal/shim/hashing"},
	"linearizability/internal/shim/random":       {"linearizability/internal/engine/sched"},
	"linearizability/internal/shim/refuse":       {"linearizability/internal/engine/sched"},
	"linearizability/internal/shim/runtime":      {"linearizability/internal/engine/sched"},
	"linearizability/internal/shim/sync":         {"linearizability/internal/engine/sched", "linearizability/internal/shim/refuse", "linearizability/internal/shim/sync/atomic"},
	"linearizability/internal/shim/sync/atomic":  {"linearizability/internal/engine/sched"},
	"linearizability/cmd/mapspec":                {"*"},
	"linearizability/internal/docs":              {},
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
		"impl/locked": module + "/linearizability/internal/stress", "model": "pgregory.net/rapid", "attic": "fmt",
	} {
		if len(againstArrows(room, []string{path})) != 1 {
			t.Errorf("%s may import %s", room, path)
		}
	}
}
