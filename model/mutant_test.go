package model_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// mutated lists the files in which a test must notice a change of any branch, each
// with the tests.
var mutated = map[string]string{
	"step.go":      "^Test(Step|Allows|Blame)",
	"state.go":     "^TestState|^TestStep",
	"traversal.go": "^TestTraversal",
	"promise.go":   "^TestPromise",
}

// mutantTests lists the files with these tests. The other test files take long to
// compile.
var mutantTests = []string{"blame_test.go", "promise_test.go", "state_test.go", "step_test.go", "transition_test.go", "traversal_test.go"}

// mutantSeed is the seed of the random tests, so that a mutant dies always or never.
const mutantSeed = 1

// equivalentMutants are the mutants that no test can kill, each with the reason.
var equivalentMutants = map[string]string{
	"stepHashable: return c, Result{} → return Cell{}, Result{}": "where this is returned c is absent, and the zero Cell is the only absent one",
	"Allows: return s, true → return State{}, true":              "on a map with entries a nil callback must panic, so s is the empty state here",
	"Observe: !slices.Contains(e.held, c.cell.Value) → true":     "the values held are a set, kept without repetition only to keep it short",
	"Hash: h ^= h >> 29 → nothing":                               "a hash that mixes less is slower to search with, and no less correct",
	"Hash: 29 → 30":                                              "the same",
}

// sampleOf is how many mutants there are for one that the default run tries.
const sampleOf = 12

// TestEveryMutantDies changes one place of the code at a time and wants a test
// to fail. All mutants are compiled into one test binary, each function beside
// its original under a number that the environment selects; the files in the
// tree stay as they are. All of them are tried in the complete run: see docs/testing.md.
func TestEveryMutantDies(t *testing.T) {
	if testing.Short() {
		t.Skip("runs some tests for each of some 400 mutants, some 10 s: run without -short")
	}
	all, binary := buildMutants(t)
	var mutants []mutant
	for i, m := range all {
		if i%sampleOf == 0 || inPart(i) {
			mutants = append(mutants, m)
		}
	}
	for _, tests := range mutated {
		if out, err := runMutant(binary, mutant{tests: tests}); err != nil {
			t.Fatalf("the original does not survive %s: %v\n%s", tests, err, out)
		}
	}
	var survivors []string
	var mu sync.Mutex
	var workers sync.WaitGroup
	next := make(chan mutant)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for m := range next {
				if _, err := runMutant(binary, m); err == nil {
					mu.Lock()
					survivors = append(survivors, m.change)
					mu.Unlock()
				}
			}
		})
	}
	for _, m := range mutants {
		next <- m
	}
	close(next)
	workers.Wait()
	for _, change := range survivors {
		if equivalentMutants[change] == "" {
			t.Errorf("no test notices that %s", change)
		}
	}
	for change := range equivalentMutants {
		isTried := slices.ContainsFunc(mutants, func(m mutant) bool { return m.change == change })
		isPlace := slices.ContainsFunc(all, func(m mutant) bool { return m.change == change })
		if isTried && !slices.Contains(survivors, change) || !isPlace {
			t.Errorf("a test notices, or no place has, what is listed as equivalent: %s", change)
		}
	}
	t.Logf("%d mutants, %d killed, %d equivalent", len(mutants), len(mutants)-len(survivors), len(equivalentMutants))
}

// runMutant runs the tests with m in place. A crash or an endless loop is a
// death like any other. A loop is ended by the processor time that it takes, so
// that tests on a busy machine are not mistaken for one.
func runMutant(binary string, m mutant) (output []byte, err error) {
	c := exec.Command("sh", "-c", `ulimit -t 20; exec "$0" "$@"`, binary, "-test.run", m.tests, "-test.failfast", "-test.short",
		"-rapid.seed", strconv.Itoa(mutantSeed), "-rapid.nofailfile", "-rapid.shrinktime=1ns")
	c.Env = append(os.Environ(), "MAPSPEC_MUTANT="+strconv.Itoa(m.number))
	output, err = c.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		panic(err)
	}
	return output, err
}

// A mutant is one change to one function.
type mutant struct {
	number int    // 0 for none
	change string // "function: old → new", unique in its file
	tests  string
}

// selector is the code that selects the mutant.
const selector = `package model

import (
	"os"
	"runtime/debug"
	"strconv"
)

var mutant, _ = strconv.Atoi(os.Getenv("MAPSPEC_MUTANT"))

func init() { debug.SetMaxStack(16 << 20) }
`

func buildMutants(t *testing.T) (mutants []mutant, binary string) {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replace := map[string]string{}
	write := func(name string, source []byte) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, source, 0o666); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(here, name)] = path
	}
	write("mutant_selector.go", []byte(selector))
	tests, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tests {
		if !slices.Contains(mutantTests, name) {
			replace[filepath.Join(here, name)] = "" // is not there
		}
	}
	for _, name := range slices.Sorted(maps.Keys(mutated)) {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := newMutator(source)
		if err != nil {
			t.Fatal(err)
		}
		mutants = f.mutate(mutants, mutated[name])
		write(name, f.source())
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	write("overlay.json", overlay)
	binary = filepath.Join(dir, "model.test")
	c := exec.Command("go", "test", "-c", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, ".")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("the mutants do not compile: %v\n%s", err, out)
	}
	return mutants, binary
}

// A mutator makes the mutants of one file.
type mutator struct {
	files    *token.FileSet
	file     *ast.File
	original []byte
	dispatch map[int]string // where a function's body begins: what it does first
	added    bytes.Buffer   // the mutants
}

func newMutator(source []byte) (*mutator, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &mutator{files: files, file: file, original: source, dispatch: map[int]string{}}, nil
}

// source returns the file with its mutants.
func (m *mutator) source() []byte {
	var b bytes.Buffer
	last := 0
	for _, at := range slices.Sorted(maps.Keys(m.dispatch)) {
		b.Write(m.original[last:at])
		b.WriteString(m.dispatch[at])
		last = at
	}
	b.Write(m.original[last:])
	b.Write(m.added.Bytes())
	return b.Bytes()
}

// mutate appends the mutants of the file to list, and continues its numbers.
func (m *mutator) mutate(list []mutant, tests string) []mutant {
	known := map[string]int{}
	for _, d := range m.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name == "String" {
			continue
		}
		name := f.Name.Name
		var cases strings.Builder
		for _, p := range places(m, f) {
			number := len(list) + 1
			change := fmt.Sprintf("%s: %s", name, p.change)
			if known[change]++; known[change] > 1 {
				change += fmt.Sprintf(" (%d)", known[change])
			}
			list = append(list, mutant{number, change, tests})
			p.do()
			f.Name.Name = fmt.Sprintf("%s_%d", name, number)
			fmt.Fprintf(&m.added, "\n%s\n", m.text(f))
			fmt.Fprintf(&cases, "case %d: %s; ", number, call(f))
			f.Name.Name = name
			p.undo()
		}
		m.dispatch[m.files.Position(f.Body.Lbrace).Offset+1] = "\nswitch mutant { " + cases.String() + "}\n"
	}
	return list
}

// call returns a call of f with f's own parameters as arguments.
func call(f *ast.FuncDecl) string {
	s := f.Name.Name + "("
	if f.Recv != nil {
		s = f.Recv.List[0].Names[0].Name + "." + s
	}
	for _, field := range f.Type.Params.List {
		_, variadic := field.Type.(*ast.Ellipsis)
		for _, name := range field.Names {
			s += name.Name
			if variadic {
				s += "..."
			}
			s += ", "
		}
	}
	if f.Type.Results == nil {
		return s + "); return"
	}
	return "return " + s + ")"
}

func (m *mutator) text(n any) string {
	var b bytes.Buffer
	if err := format.Node(&b, m.files, n); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// oneLine returns n as it is shown in a report.
func (m *mutator) oneLine(n any) string { return strings.Join(strings.Fields(m.text(n)), " ") }

// A place is where a function can be changed, and one way to change it.
type place struct {
	change   string
	do, undo func()
}

// swap is a place whose content is exchanged for another.
func swap[T any](m *mutator, at *T, by T, old, new string) place {
	was := *at
	return place{old + " → " + new, func() { *at = by }, func() { *at = was }}
}

// places lists the changes to f: each condition, and each operand of one, held
// true and held false; && and || exchanged; bounds moved by one; each statement
// that changes something left out; each result replaced by one that says less;
// each field of a literal left out; each case of a switch left out; constants
// exchanged.
func places(m *mutator, f *ast.FuncDecl) (list []place) {
	left := map[ast.Node]bool{} // alone, because a case of a switch is left out as a whole
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if left[n] {
			return false
		}
		switch n := n.(type) {
		case *ast.IfStmt:
			list = append(list, m.conditions(&n.Cond)...)
		case *ast.ForStmt:
			if n.Cond != nil {
				list = append(list, m.conditions(&n.Cond)...)
			}
		case *ast.SwitchStmt:
			list = append(list, m.cases(n, left)...)
		case *ast.BlockStmt:
			list = append(list, m.statements(n.List, f.Type)...)
		case *ast.CaseClause:
			list = append(list, m.statements(n.Body, f.Type)...)
		case *ast.CompositeLit:
			list = append(list, m.fields(n)...)
		case *ast.BinaryExpr:
			if by, ok := otherOperator[n.Op]; ok {
				old := m.oneLine(n)
				n.Op, by = by, n.Op
				new := m.oneLine(n)
				n.Op, by = by, n.Op
				list = append(list, swap(m, &n.Op, by, old, new))
			}
		case *ast.SelectorExpr:
			return false // a field is no constant
		case *ast.Ident:
			if by, ok := otherConstant[n.Name]; ok {
				list = append(list, swap(m, &n.Name, by, n.Name, by))
			}
		case *ast.BasicLit:
			if v, err := strconv.Atoi(n.Value); err == nil {
				by := strconv.Itoa(v + 1)
				list = append(list, swap(m, &n.Value, by, n.Value, by))
			}
		}
		return true
	})
	return list
}

var otherOperator = map[token.Token]token.Token{
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.OR: token.AND, token.SHL: token.SHR, token.ADD: token.SUB, token.SUB: token.ADD,
}

var otherConstant = map[string]string{
	"NaN": "Unhashable", "Unhashable": "NaN", "Uncomparable": "Foreign", "Zero": "Foreign",
	"Keys": "Values", "Values": "Keys", "Store": "Load", "Swap": "Load", "LoadOrStore": "Load",
	"PanicHash": "PanicOther", "PanicCompare": "PanicOther", "PanicNilFunc": "PanicOther",
	"true": "false", "false": "true",
}

// conditions replaces e, and each operand of its && and ||, by true and by false.
func (m *mutator) conditions(e *ast.Expr) (list []place) {
	if b, ok := (*e).(*ast.BinaryExpr); ok && (b.Op == token.LAND || b.Op == token.LOR) {
		return append(m.conditions(&b.X), m.conditions(&b.Y)...)
	}
	// The condition stays in the text, so that what it mentions is in use.
	always := &ast.ParenExpr{X: &ast.BinaryExpr{X: ast.NewIdent("true"), Op: token.LOR, Y: *e}}
	never := &ast.ParenExpr{X: &ast.BinaryExpr{X: ast.NewIdent("false"), Op: token.LAND, Y: *e}}
	text := m.oneLine(*e)
	return []place{swap[ast.Expr](m, e, always, text, "true"), swap[ast.Expr](m, e, never, text, "false")}
}

// cases leaves out the cases of a switch on a value, and treats those of a
// switch on nothing as conditions.
func (m *mutator) cases(s *ast.SwitchStmt, left map[ast.Node]bool) (list []place) {
	for _, c := range s.Body.List {
		c := c.(*ast.CaseClause)
		for i := range c.List {
			if s.Tag == nil {
				list = append(list, m.conditions(&c.List[i])...)
				continue
			}
			left[c.List[i]] = true
			var none ast.Expr = ast.NewIdent("methods")
			if m.oneLine(s.Tag) == "c" {
				none = &ast.BasicLit{Kind: token.STRING, Value: strconv.Quote("no clause " + strconv.Itoa(i))}
			}
			list = append(list, swap(m, &c.List[i], none, "case "+m.oneLine(c.List[i]), "never"))
		}
	}
	return list
}

// statements leaves out what has an effect, and changes what is returned.
func (m *mutator) statements(body []ast.Stmt, f *ast.FuncType) (list []place) {
	for i, s := range body {
		if m.hasEffect(s) {
			list = append(list, swap[ast.Stmt](m, &body[i], unreached(s), m.oneLine(s), "nothing"))
		}
		r, ok := s.(*ast.ReturnStmt)
		if !ok || f.Results == nil || len(r.Results) != f.Results.NumFields() {
			continue
		}
		for j, result := range r.Results {
			for _, by := range m.lesser(result, typeAt(f.Results, j), f.Params) {
				other := &ast.ReturnStmt{Results: slices.Clone(r.Results)}
				other.Results[j] = ast.NewIdent(by)
				// The old statement stays in the text, so that what it mentions is in use.
				block := &ast.BlockStmt{List: []ast.Stmt{unreached(s), other}}
				list = append(list, swap[ast.Stmt](m, &body[i], block, m.oneLine(s), m.oneLine(other)))
			}
		}
	}
	return list
}

func (m *mutator) hasEffect(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE
	case *ast.ExprStmt, *ast.IncDecStmt, *ast.BranchStmt:
		return true
	}
	return false
}

func unreached(s ast.Stmt) ast.Stmt {
	return &ast.IfStmt{Cond: ast.NewIdent("false"), Body: &ast.BlockStmt{List: []ast.Stmt{s}}}
}

// typeAt returns the type of field j, if it has a name.
func typeAt(fields *ast.FieldList, j int) string {
	for _, field := range fields.List {
		if n := max(1, len(field.Names)); j >= n {
			j -= n
			continue
		}
		if id, ok := field.Type.(*ast.Ident); ok {
			return id.Name
		}
		return ""
	}
	return ""
}

// lesser returns what may stand for a result of type typ: the argument of that
// type as it came, nothing, the other truth.
func (m *mutator) lesser(result ast.Expr, typ string, params *ast.FieldList) (by []string) {
	for _, field := range params.List {
		if id, ok := field.Type.(*ast.Ident); ok && id.Name == typ && typ != "bool" {
			by = append(by, field.Names[0].Name)
		}
	}
	by = append(by, map[string][]string{
		"State": {"State{}"}, "Cell": {"Cell{}"}, "Result": {"Result{}"}, "bool": {"true", "false"},
		"Panic": {`""`}, "Clause": {`""`}, "string": {`""`}, "error": {"nil"}, "uint64": {"0"},
	}[typ]...)
	return slices.DeleteFunc(by, func(s string) bool { return s == m.oneLine(result) })
}

// fields removes each field of a literal.
func (m *mutator) fields(l *ast.CompositeLit) (list []place) {
	for i, e := range l.Elts {
		if _, ok := e.(*ast.KeyValueExpr); ok {
			without := slices.Delete(slices.Clone(l.Elts), i, i+1)
			list = append(list, swap(m, &l.Elts, without, m.oneLine(e), "left out"))
		}
	}
	return list
}
