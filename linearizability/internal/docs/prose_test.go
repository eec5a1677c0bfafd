package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// renderer is the one file that puts failures into words, and may look at them.
const renderer = "model/sentence.go"

// prose are the methods, fields and variables that hold a failure in words.
var prose = []string{"Sentence", "Evidence", "Lines", "Did", "Wanted", "evidence", "sentence"}

// No code reads back what a failure says in words: it looks at the failure's
// kind and fields.
func TestNobodyReadsASentence(t *testing.T) {
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".."):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.ToSlash(path) == root+"/"+renderer:
			return nil
		}
		files++
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, problem := range readsProse(fset, f) {
			t.Error(problem)
		}
		return nil
	})
	if err != nil || files < 200 {
		t.Errorf("%d files, %v", files, err)
	}
}

// readsProse names the places in f where a failure's words are inspected: by a
// function of package strings or a regular expression, by a comparison with a
// text, or by an index.
func readsProse(fset *token.FileSet, f *ast.File) []string {
	var problems []string
	for _, d := range f.Decls {
		r := reader{named: map[string]bool{}}
		r.follow(d)
		ast.Inspect(d, func(n ast.Node) bool {
			if how := r.reads(n); how != "" {
				problems = append(problems, fmt.Sprintf("%v: %s: look at the failure's kind and fields instead", fset.Position(n.Pos()), how))
			}
			return true
		})
	}
	return problems
}

// A reader knows which variables of a function hold prose.
type reader struct{ named map[string]bool }

// follow notes the variables of d that prose is assigned to, directly or through
// others.
func (r reader) follow(d ast.Node) {
	for before := -1; before < len(r.named); {
		before = len(r.named)
		ast.Inspect(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for i, e := range n.Rhs {
					if r.isProse(e) && i < len(n.Lhs) {
						r.note(n.Lhs[i])
					}
				}
			case *ast.ValueSpec:
				for i, e := range n.Values {
					if r.isProse(e) && i < len(n.Names) {
						r.note(n.Names[i])
					}
				}
			case *ast.RangeStmt:
				if r.isProse(n.X) && n.Value != nil {
					r.note(n.Value)
				}
			}
			return true
		})
	}
}

func (r reader) note(e ast.Expr) {
	if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
		r.named[id.Name] = true
	}
}

// isProse reports whether e is a failure in words: the result of one of the
// methods, a field or variable of that name, or a variable that holds it.
func (r reader) isProse(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return r.isProse(e.X)
	case *ast.BinaryExpr:
		return e.Op == token.ADD && (r.isProse(e.X) || r.isProse(e.Y))
	case *ast.CallExpr:
		s, ok := e.Fun.(*ast.SelectorExpr)
		if ok && isPackage(s.X, "strings") {
			return len(e.Args) > 0 && r.isProse(e.Args[0]) // trimmed, or in another case
		}
		return ok && slices.Contains(prose, s.Sel.Name)
	case *ast.SelectorExpr:
		return slices.Contains(prose, e.Sel.Name)
	case *ast.Ident:
		return r.named[e.Name] || slices.Contains(prose, e.Name)
	}
	return false
}

// builds are the functions of package strings that make a text of others, and
// look into none.
var builds = []string{"Join", "Repeat", "NewReader", "NewReplacer", "ToUpper", "ToLower", "ToTitle", "TrimSpace", "TrimRight", "TrimLeft"}

// inspected are the methods of a regular expression.
var inspected = []string{"Match", "Find", "Replace", "Split"}

// reads says how n inspects prose, if it does.
func (r reader) reads(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallExpr:
		s, ok := n.Fun.(*ast.SelectorExpr)
		if !ok || !slices.ContainsFunc(n.Args, r.isProse) {
			return ""
		}
		expression := slices.ContainsFunc(inspected, func(m string) bool { return strings.HasPrefix(s.Sel.Name, m) })
		if isPackage(s.X, "strings") && !slices.Contains(builds, s.Sel.Name) || isPackage(s.X, "regexp") || expression {
			return fmt.Sprintf("%s reads a sentence", s.Sel.Name)
		}
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			if r.isProse(n.X) && isText(n.Y) || r.isProse(n.Y) && isText(n.X) {
				return "a sentence is compared with a text"
			}
		}
	case *ast.SwitchStmt:
		if n.Tag != nil && r.isProse(n.Tag) {
			return "a switch reads a sentence"
		}
	case *ast.IndexExpr:
		if r.isProse(n.X) {
			return "a sentence is indexed"
		}
	case *ast.SliceExpr:
		if r.isProse(n.X) {
			return "a sentence is cut"
		}
	}
	return ""
}

func isPackage(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// isText reports whether e is a string literal that is not empty: whether there
// is a sentence at all may be asked.
func isText(e ast.Expr) bool {
	l, ok := e.(*ast.BasicLit)
	return ok && l.Kind == token.STRING && len(l.Value) > 2
}

func TestReadingASentenceIsSeen(t *testing.T) {
	for body, want := range map[string]int{
		`_ = strings.Contains(v.Evidence(), " never returned: ")`:           1,
		`_, rest, _ := strings.Cut(f.Sentence(), ", want "); _ = rest`:      1,
		`s := f.Sentence(); if strings.HasPrefix(s, "k0") { return }`:       1,
		`var s = "seen: " + f.Sentence(); _ = strings.Fields(s)`:            1,
		`for _, line := range v.Lines() { _ = strings.Index(line, "#") }`:   1,
		`_ = pattern.FindString(v.Evidence())`:                              1,
		`_, _ = regexp.MatchString("a", p.Did())`:                           1,
		`if p.Wanted() == "returned" { return }`:                            1,
		`if "returned" != c.Evidence { return }`:                            1,
		`switch evidence { case "a": }`:                                     1,
		`_ = f.Sentence()[1:]`:                                              1,
		`_ = v.Lines(nil)[0]`:                                               1,
		`_ = strings.Contains(strings.TrimSpace(f.Sentence()), "k0")`:       1,
		`fmt.Println(f.Sentence()); _ = strings.Join(v.Lines(), "\n")`:      0,
		`if v.Evidence() != "" { print(v.Evidence()) }`:                     0,
		`_ = strings.Contains(path, "k0"); _ = rows[1:]; _ = c.Kind == "a"`: 0,
	} {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "", "package p; func f() {\n"+body+"\n}", parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if problems := readsProse(fset, f); len(problems) != want {
			t.Errorf("%s: %q, want %d", body, problems, want)
		}
	}
}
