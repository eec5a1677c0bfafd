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
// a new one cannot be forgotten in Sentences.
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

func TestClauseKnowsItsSentenceAndItsOrder(t *testing.T) {
	seen := map[string]bool{"": true}
	for i, s := range Sentences {
		if s.Clause.Sentence() != s.Sentence || s.Clause.Order() != i {
			t.Errorf("%s: sentence %q, order %d", s.Clause, s.Clause.Sentence(), s.Clause.Order())
		}
		if seen[s.Sentence] {
			t.Errorf("%s: the sentence %q is empty or another clause's", s.Clause, s.Sentence)
		}
		seen[s.Sentence] = true
	}
	for _, c := range []Clause{"", "S0", "S10", "s1", "X1"} {
		if c.Sentence() != "" || c.Order() != -1 {
			t.Errorf("%q, no clause: sentence %q, order %d", c, c.Sentence(), c.Order())
		}
	}
}
