package docs_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mapspec/mapspec/impl"
)

// Every line of a block marked sh is a command that a reader can type at the root
// of the repository: git, cd, go get, go test, go run with mapspec or mutate, or
// go -C with a nested module. Comments and blank lines are skipped.

const (
	mapspecPackage = "./linearizability/cmd/mapspec"
	mutatePackage  = "./linearizability/internal/mutate"
)

// A world has what commands refer to.
type world struct {
	// tests returns the names of the tests in the packages of a pattern, "./model"
	// or "./model/...". There is an error if it matches no package.
	tests func(pattern string) ([]string, error)
	// flags returns the flags of one of mapspec's commands; "" is check. There is an
	// error if there is no such command.
	flags func(command string) ([]string, error)
	maps  []string
}

// present returns the world of this repository.
func present(t *testing.T) world {
	w := world{tests: testsOf, maps: impl.Names(), flags: mapspecFlags(t)}
	for _, m := range impl.Broken() {
		w.maps = append(w.maps, m.Name)
	}
	return w
}

func TestCommandsExist(t *testing.T) {
	w := present(t)
	for _, p := range pages(t) {
		report(t, checkCommands(p, w))
	}
}

// checkCommands checks every line of p's blocks marked sh.
func checkCommands(p page, w world) (problems []string) {
	for i, line := range p.lines {
		line = strings.TrimSpace(line)
		if p.fence[i] != "sh" || line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "```") {
			continue
		}
		if err := checkCommand(line, w); err != nil {
			problems = append(problems, fmt.Sprintf("%s%s: %v", p.at(i), line, err))
		}
	}
	return problems
}

func checkCommand(line string, w world) error {
	words := shellWords(line)
	if strings.HasPrefix(words[0], "MAPSPEC_TESTS=") && len(words) > 1 { // see package testpart
		words = words[1:]
	}
	switch {
	case words[0] == "git", words[0] == "cd":
		return nil
	case len(words) > 2 && words[0] == "go" && words[1] == "get":
		return nil
	case len(words) > 2 && words[0] == "go" && words[1] == "test":
		return checkGoTest(words[2:], w)
	case len(words) > 4 && words[0] == "go" && words[1] == "-C":
		return checkNested(words[2], words[3:], w)
	case len(words) > 2 && words[0] == "go" && words[1] == "run" && words[2] == mutatePackage:
		return checkFlags(filepath.Join(root, mutatePackage), words[3:])
	case len(words) > 2 && words[0] == "go" && words[1] == "run":
		words = words[2:]
		if words[0] == "-race" {
			words = words[1:]
		}
		if len(words) > 0 && words[0] == mapspecPackage {
			return checkMapspec(words[1:], w)
		}
	}
	return fmt.Errorf("want git, cd, go get, go test, go -C or go run %s or %s", mapspecPackage, mutatePackage)
}

// checkNested checks a command that runs the program or the tests of a nested
// module.
func checkNested(module string, command []string, w world) error {
	dir := filepath.Join(root, filepath.FromSlash(module))
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return fmt.Errorf("%s is not a module: %w", dir, err)
	}
	switch line := strings.Join(command, " "); {
	case command[0] == "test" && slices.Contains(command, "./..."):
		args := slices.Clone(command[1:])
		args[slices.Index(args, "./...")] = "./" + module + "/..."
		return checkGoTest(args, w)
	case line != "run ." && !strings.HasPrefix(line, "run . -"):
		return fmt.Errorf("go -C %s %s: want run . or test ./...", module, line)
	}
	return checkFlags(dir, command[2:])
}

// checkFlags checks the flags of the program in dir.
func checkFlags(dir string, args []string) error {
	known, err := flagsIn(dir)
	if err != nil {
		return err
	}
	for _, word := range args {
		name, isFlag := strings.CutPrefix(word, "-")
		name, _, _ = strings.Cut(name, "=")
		if isFlag && name != "h" && !slices.Contains(known, name) {
			return fmt.Errorf("the program in %s has no flag -%s", dir, name)
		}
	}
	return nil
}

// flagsIn returns the flags that the program in dir defines with BoolVar and the
// like. It reads the source, as building the program would download its modules.
func flagsIn(dir string) (names []string, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 3 {
				return true
			}
			method, isMethod := call.Fun.(*ast.SelectorExpr)
			flag, isLiteral := call.Args[1].(*ast.BasicLit)
			if isMethod && isLiteral && strings.HasSuffix(method.Sel.Name, "Var") {
				names = append(names, strings.Trim(flag.Value, `"`))
			}
			return true
		})
	}
	return names, nil
}

// shellWords splits line at spaces outside of single quotes.
func shellWords(line string) (words []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

// valued are the flags of go test whose value may be the next word.
var valued = []string{"-run", "-fuzz", "-bench", "-count", "-fuzztime", "-benchtime", "-timeout", "-cpu"}

// checkGoTest checks the packages, and the tests named by -run and -fuzz.
func checkGoTest(args []string, w world) error {
	var packages, names []string
	for i := 0; i < len(args); i++ {
		name, value, split := strings.Cut(args[i], "=")
		switch {
		case strings.HasPrefix(args[i], "./"):
			packages = append(packages, args[i])
			continue
		case !strings.HasPrefix(args[i], "-"):
			return fmt.Errorf("%q is neither a flag nor a package path beginning with ./", args[i])
		case !split && slices.Contains(valued, name) && i+1 < len(args):
			i++
			value = args[i]
		}
		if name == "-run" || name == "-fuzz" {
			names = append(names, strings.Split(value, "|")...)
		}
	}
	if len(packages) == 0 {
		return errors.New("name the packages, as in ./model")
	}
	var tests []string
	for _, p := range packages {
		found, err := w.tests(p)
		if err != nil {
			return err
		}
		tests = append(tests, found...)
	}
	for _, name := range names {
		if err := matches(name, tests); err != nil {
			return err
		}
	}
	return nil
}

// matches returns an error unless the first element of a pattern for -run matches
// one of the tests.
func matches(pattern string, tests []string) error {
	first, _, _ := strings.Cut(pattern, "/")
	re, err := regexp.Compile(first)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(tests, re.MatchString) {
		return fmt.Errorf("no test matches %q", first)
	}
	return nil
}

// checkMapspec checks the command, its flags, and the maps named by -map.
func checkMapspec(args []string, w world) error {
	command := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = args[0], args[1:]
	}
	flags, err := w.flags(command)
	if err != nil {
		return err
	}
	for i, arg := range args {
		name, value, split := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		if !strings.HasPrefix(arg, "-") || name == "h" {
			continue
		}
		if !slices.Contains(flags, name) {
			return fmt.Errorf("%s has no flag -%s", command, name)
		}
		if !split && i+1 < len(args) {
			value = args[i+1]
		}
		if name == "map" && !slices.Contains(w.maps, value) {
			return fmt.Errorf("no map %q in the catalogue or impl/broken", value)
		}
	}
	return nil
}

// testsOf returns the names of the tests in the packages of a pattern.
func testsOf(pattern string) ([]string, error) {
	dir, all := strings.CutSuffix(pattern, "...")
	dir = filepath.Join(root, filepath.FromSlash(dir))
	var tests []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && (!all || isIgnored(d.Name())):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && testName.MatchString(f.Name.Name) {
				tests = append(tests, f.Name.Name)
			}
		}
		return nil
	})
	return tests, err
}

var (
	commandLine = regexp.MustCompile(`(?m)^  ([a-z]+) `)
	flagLine    = regexp.MustCompile(`(?m)^  -([a-z-]+)`)
)

// mapspecFlags builds mapspec and returns a function that asks it for the flags of
// a command.
func mapspecFlags(t *testing.T) func(command string) ([]string, error) {
	binary := buildMapspec(t)
	usage, err := exec.Command(binary, "-h").Output()
	if err != nil {
		t.Fatalf("mapspec -h: %v", err)
	}
	commands := submatches(commandLine, usage)
	return func(command string) ([]string, error) {
		if command == "" {
			command = "check"
		}
		if !slices.Contains(commands, command) {
			return nil, fmt.Errorf("mapspec has no command %q: it has %s", command, strings.Join(commands, ", "))
		}
		usage, err := exec.Command(binary, command, "-h").Output()
		if err != nil {
			return nil, fmt.Errorf("mapspec %s -h: %w", command, err)
		}
		return submatches(flagLine, usage), nil
	}
}

func submatches(re *regexp.Regexp, text []byte) (all []string) {
	for _, m := range re.FindAllSubmatch(text, -1) {
		all = append(all, string(m[1]))
	}
	return all
}

// buildMapspec returns the path of mapspec, which the first caller builds.
func buildMapspec(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		built.binary = filepath.Join(built.dir, "mapspec.exe")
		build := exec.Command("go", "build", "-o", built.binary, mapspecPackage)
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatalf("mapspec does not build: %v", built.err)
	}
	return built.binary
}

// built is mapspec, in a directory that TestMain makes and removes.
var built struct {
	once        sync.Once
	dir, binary string
	err         error
}

// small is a world with one map, and one package of two tests.
var small = world{
	tests: func(pattern string) ([]string, error) {
		if pattern != "./model" && pattern != "./..." && pattern != "./docs/gallery/..." {
			return nil, fmt.Errorf("no package %s", pattern)
		}
		return []string{"TestStep", "FuzzStep"}, nil
	},
	flags: func(command string) ([]string, error) {
		if command != "" && command != "check" {
			return nil, fmt.Errorf("mapspec has no command %q", command)
		}
		return []string{"map", "budget", "json"}, nil
	},
	maps: []string{"locked"},
}

func TestWrongCommandsAreReported(t *testing.T) {
	const run = "go run ./linearizability/cmd/mapspec"
	for _, test := range []struct{ line, problem string }{
		{"git clone https://example.org/mapspec", ""},
		{"cd mapspec", ""},
		{"# a comment", ""},
		{"go get github.com/mapspec/mapspec", ""},
		{"go test ./...", ""},
		{"MAPSPEC_TESTS=complete go test ./...", ""},
		{"MAPSPEC_TESTS=complete go build ./...", "want git, cd,"},
		{"go test -race -count=1 ./model -run TestStep/locked", ""},
		{"go test ./model -run 'TestStep|FuzzStep' -v", ""},
		{run, ""},
		{run + " -json", ""},
		{run + " check -map locked -budget 10s -json", ""},
		{run + " check -h", ""},
		{"go run -race ./linearizability/cmd/mapspec check", ""},
		{"go -C docs/gallery run .", ""},
		{"go -C docs/gallery test ./...", ""},
		{"go -C docs/gallery test -race ./...", ""},
		{"go -C docs/gallery test -run TestStep -v ./...", ""},
		{"go -C docs/gallery test -run TestStop ./...", `no test matches "TestStop"`},
		{"go -C docs/gallery test .", "want run . or test ./..."},
		{"go -C docs/gallery run . -o .", ""},
		{"go -C docs/gallery run . -h", ""},
		{"go -C docs/gallery run . -x", "no flag -x"},
		{"go run " + mutatePackage + " -only 'no lock' locked", ""},
		{"go run " + mutatePackage + " -x", "no flag -x"},
		{"go -C docs/gallery run main.go", "want run . or test ./..."},
		{"go -C docs/gallery vet .", "want run . or test ./..."},
		{"go -C docs run .", "docs is not a module"},
		{"mapspec check", "want git, cd,"},
		{"go build ./model", "want git, cd,"},
		{"go run ./model", "want git, cd,"},
		{"go run -race", "want git, cd,"},
		{"go test ./nowhere", "no package ./nowhere"},
		{"go test model", `"model" is neither a flag nor`},
		{"go test -v", "name the packages"},
		{"go test ./model -run TestStop", `no test matches "TestStop"`},
		{"go test ./model -run=TestStop", `no test matches "TestStop"`},
		{"go test ./model -run 'TestStep|TestStop'", `no test matches "TestStop"`},
		{"go test ./model -fuzz FuzzStop", `no test matches "FuzzStop"`},
		{run + " explain", `mapspec has no command "explain"`},
		{run + " check -mop locked", "check has no flag -mop"},
		{run + " check -map lokced", `no map "lokced"`},
		{run + " check -map=lokced", `no map "lokced"`},
	} {
		t.Run(test.line, func(t *testing.T) {
			var want []string
			if test.problem != "" {
				want = []string{test.problem}
			}
			p := parsePage("p.md", "```sh\n"+test.line+"\n```\n```text\nnot a command\n```\n")
			wantProblems(t, checkCommands(p, small), want...)
		})
	}
}

func TestPackagesAndTheirTestsAreFound(t *testing.T) {
	if _, err := testsOf("./nowhere"); err == nil {
		t.Error("./nowhere is found")
	}
	here, err := testsOf("./linearizability/internal/docs")
	if err != nil || matches("TestPackagesAndTheirTestsAreFound", here) != nil {
		t.Errorf("this test is not among %v, %v", here, err)
	}
	if all, err := testsOf("./..."); err != nil || len(all) <= len(here) {
		t.Errorf("all packages have %d tests, this one %d, %v", len(all), len(here), err)
	}
}
