package flatmap_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// A suite is a set of Go's own tests of a map, to be run on this one.
type suite struct {
	directory string // relative to $GOROOT/src
	files     []string
	without   []string // tests to leave out
	tests     int      // the least number of tests that must pass, including subtests
}

// suites are Go's tests of sync.Map, and those of the hash trie that implements it today. Two
// of the latter replace the trie's hash function and are left out.
var suites = []suite{
	{"sync", []string{"map_test.go", "map_reference_test.go", "map_bench_test.go"}, nil, 10},
	{"internal/sync", []string{"hashtriemap_test.go", "hashtriemap_bench_test.go"},
		[]string{"TestHashTrieMapBadHash", "TestHashTrieMapTruncHash"}, 36},
}

// rewrite lists the replacements that turn Go's tests into tests of another map.
var rewrite = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`\bisync "internal/sync"`), `"github.com/mapspec/mapspec/impl/flatmap"`},
	{regexp.MustCompile(`"internal/testenv"`), `"dropin/testenv"`},
	{regexp.MustCompile(`\bisync\.HashTrieMap\b`), `flatmap.Map`},
	{regexp.MustCompile(`\bsync\.Map\b`), `flatmap.Map[any, any]`},
}

// TestGoOwnTestsPassWhereSyncMapIsReplaced replaces sync.Map with Map[any, any] in Go's own
// tests, which must still pass. It copies them from the Go installation; this repository does not
// contain them.
func TestGoOwnTestsPassWhereSyncMapIsReplaced(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs tests of the standard library, some ten seconds: run without -short")
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	module := t.TempDir()
	write(t, filepath.Join(module, "go.mod"), "module dropin\n\ngo 1.26\n\nrequire github.com/mapspec/mapspec v0.0.0\n\nreplace github.com/mapspec/mapspec => "+root+"\n")
	write(t, filepath.Join(module, "testenv", "testenv.go"), "package testenv\n\nimport \"testing\"\n\nfunc SkipIfOptimizationOff(t testing.TB) {}\n")
	for i, s := range suites {
		t.Run(s.directory, func(t *testing.T) {
			if s.directory != "sync" && !inPart(i) {
				t.Skip("not in the default run: MAPSPEC_TESTS=complete go test ./impl/flatmap -run TestGoOwnTests runs it, too")
			}
			var names []string
			for _, file := range s.files {
				source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(goroot)), "src", s.directory, file))
				if err != nil {
					t.Fatal(err)
				}
				rewritten, tests := s.rewritten(t, source)
				write(t, filepath.Join(module, s.directory, file), rewritten)
				names = append(names, tests...)
			}
			arguments := []string{"test", "-mod=mod", "-v", "-count=1", "-timeout=0"}
			if raceEnabled() {
				arguments = append(arguments, "-race", "-short")
			}
			test := exec.Command("go", append(arguments, "./"+s.directory)...)
			test.Dir = module
			test.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off")
			out, err := test.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if n := strings.Count(string(out), "--- PASS: "); n < s.tests {
				t.Errorf("%d tests passed, want %d:\n%s", n, s.tests, out)
			}
			for _, name := range names {
				if !strings.Contains(string(out), "--- PASS: "+name+" ") {
					t.Errorf("%s did not pass", name)
				}
			}
		})
	}
}

// rewritten returns the rewritten source and the names of its tests.
func (s suite) rewritten(t *testing.T, source []byte) (rewritten string, tests []string) {
	files := gotoken.NewFileSet()
	file, err := parser.ParseFile(files, "", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	result := bytes.Clone(source)
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		switch {
		case !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test"):
		case slices.Contains(s.without, f.Name.Name):
			for i := files.Position(f.Pos()).Offset; i < files.Position(f.End()).Offset; i++ {
				if result[i] != '\n' {
					result[i] = ' '
				}
			}
		default:
			tests = append(tests, f.Name.Name)
		}
	}
	rewritten = string(result)
	for _, r := range rewrite {
		rewritten = r.from.ReplaceAllString(rewritten, r.to)
	}
	if !strings.Contains(rewritten, "mapspec/impl/flatmap\"") {
		rewritten = strings.Replace(rewritten, "import (", "import (\n\t\"github.com/mapspec/mapspec/impl/flatmap\"", 1)
	}
	for _, used := range []string{"sync.Mutex", "flatmap.Map[int, int]"} { // an import may be left without another use
		if name, _, _ := strings.Cut(used, "."); regexp.MustCompile(`(?m)^\t"(.*/)?` + name + `"$`).MatchString(rewritten) {
			rewritten += "\nvar _ " + used + "\n"
		}
	}
	return rewritten, tests
}

// raceEnabled reports whether this test is built with -race.
func raceEnabled() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}
