package broken

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// clauses are the clauses of model.Sentences.
var clauses = strings.Fields("S1 S2 S3 S4 S5 S6 S7 S8 S9 T1 T2 T3 T4 T5 T6 R1 R2 R3 R4 M1 M2 P1 P2 P3")

func TestEachClauseHasAMapThatBreaksIt(t *testing.T) {
	for _, c := range clauses {
		if !slices.ContainsFunc(Maps, func(m Map) bool { return m.Clause == c }) {
			t.Errorf("no map breaks %s", c)
		}
	}
}

func TestEachRowOfTheCatalogueIsWhole(t *testing.T) {
	names := map[string]bool{}
	for _, m := range Maps {
		typ := reflect.TypeOf(m.New()).Elem().Name()
		if want := rowName(typ); m.Name != want {
			t.Errorf("row %q makes a %s: name it %q", m.Name, typ, want)
		}
		if names[m.Name] {
			t.Errorf("two rows are called %q", m.Name)
		}
		names[m.Name] = true
		if !strings.HasPrefix(m.Name, m.Clause+"-") || m.Comment == "" {
			t.Errorf("row %q: clause %q, comment %q", m.Name, m.Clause, m.Comment)
		}
		for _, c := range append([]string{m.Clause}, m.Also...) {
			if !slices.Contains(clauses, c) {
				t.Errorf("row %q: %q is not a clause", m.Name, c)
			}
		}
		if reason := notPromised(m.Promise, m.Clause); reason != "" {
			t.Errorf("row %q breaks %s but does not promise it: it lacks %s", m.Name, m.Clause, reason)
		}
		if a, ok := m.New().(surface); !ok || a == m.New() {
			t.Errorf("row %q: New does not return a new map with every method", m.Name)
		}
	}
}

var (
	broken  = regexp.MustCompile(`^[A-Z]\d[A-Z]`)
	capital = regexp.MustCompile(`[A-Z]`)
)

// rowName converts S1LostSwap to S1-lost-swap.
func rowName(typ string) string {
	words := strings.Replace(typ[2:], "NaN", "Nan", 1)
	return typ[:2] + capital.ReplaceAllStringFunc(words, func(c string) string { return "-" + strings.ToLower(c) })
}

func TestEachTypeSaysWhatItBreaks(t *testing.T) {
	docs := typeDocs(t)
	for name := range docs {
		if !slices.ContainsFunc(Maps, func(m Map) bool { return m.Name == rowName(name) }) {
			t.Errorf("%s is not in the catalogue", name)
		}
	}
	for _, m := range Maps {
		name := reflect.TypeOf(m.New()).Elem().Name()
		for _, want := range []string{name + " breaks " + m.Clause, " Modelled on ", " Shown"} {
			if !strings.Contains(docs[name], want) {
				t.Errorf("the comment on %s does not say %q", name, want)
			}
		}
	}
}

// typeDocs returns the doc comment of each broken type, joined into one line.
func typeDocs(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string]string{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			d, ok := d.(*ast.GenDecl)
			if !ok || d.Tok != token.TYPE {
				continue
			}
			if name := d.Specs[0].(*ast.TypeSpec).Name.Name; broken.MatchString(name) {
				docs[name] = strings.Join(strings.Fields(d.Doc.Text()), " ")
			}
		}
	}
	return docs
}

// notPromised returns the promise that clause needs and p lacks, like
// model.Promise.Reason.
func notPromised(p Promise, clause string) string {
	switch {
	case clause == "S9" && !p.Zero:
		return "a usable zero value"
	case clause == "R1" && p.Release != "prompt":
		return "prompt release"
	case clause == "R4" && !p.Shrinks:
		return "a table that shrinks"
	case clause == "P1" && !p.LoadFree:
		return "a Load that never waits"
	}
	return ""
}
