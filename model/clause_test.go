package model_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

// declaredClauses reads the constants of type Clause from the source, so that
// Sentences cannot lack a new one.
func declaredClauses(t *testing.T) (clauses []Clause) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "clause.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Clause" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil || value != spec.Names[0].Name {
				t.Errorf("constant %s is %q", spec.Names[0].Name, value)
			}
			clauses = append(clauses, Clause(value))
		}
		return true
	})
	return clauses
}

func TestSentencesHasEveryClauseOnceInOrder(t *testing.T) {
	declared := declaredClauses(t)
	var listed []Clause
	for _, s := range Sentences {
		listed = append(listed, s.Clause)
	}
	if len(declared) != 24 || !slices.Equal(declared, listed) {
		t.Errorf("declared %v\n  listed %v", declared, listed)
	}
}

func TestClauseKnowsItsTitleSentenceAndOrder(t *testing.T) {
	seen := map[string]bool{"": true}
	for i, s := range Sentences {
		if s.Clause.Title() != string(s.Clause)+" "+s.Name || s.Clause.Sentence() != s.Sentence || s.Clause.Order() != i {
			t.Errorf("%s: title %q, sentence %q, order %d", s.Clause, s.Clause.Title(), s.Clause.Sentence(), s.Clause.Order())
		}
		for _, text := range []string{s.Name, s.Sentence} {
			if seen[text] {
				t.Errorf("%s: %q is empty, or another clause has it too", s.Clause, text)
			}
			seen[text] = true
		}
	}
	for _, c := range []Clause{"", "S0", "S10", "s1", "X1"} {
		if c.Title() != string(c) || c.Sentence() != "" || c.Order() != -1 {
			t.Errorf("%q is no clause, but has title %q, sentence %q, order %d", c, c.Title(), c.Sentence(), c.Order())
		}
	}
}
