package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"iter"
	"slices"
	"strings"
)

// mutant is one change of one function, and its row.
type mutant struct {
	row
	known    bool // the row has results
	tried    bool // they are of this run
	number   int  // from 1, in the order of the table
	function *function
	edits    []edit
}

// edit puts text in place of what is from one position to another.
type edit struct {
	from, to token.Pos
	text     string
}

// put puts text in place of a node.
func put(n ast.Node, text string) edit { return edit{n.Pos(), n.End(), text} }

// function is a function of the copy, and the mutants made of it.
type function struct {
	*file
	decl    *ast.FuncDecl
	using   string // the operator that is being applied
	mutants []*mutant
}

// add notes a mutant.
func (f *function) add(at ast.Node, change string, edits ...edit) {
	f.mutants = append(f.mutants, &mutant{function: f, edits: edits, row: row{
		operator: f.using,
		where:    fmt.Sprintf("%s:%d", f.name, f.set.Position(at.Pos()).Line),
		change:   f.decl.Name.Name + ": " + strings.ReplaceAll(change, separator, "|"),
	}})
}

// text is the source of n on one line.
func (f *function) text(n ast.Node) string {
	var b bytes.Buffer
	if err := format.Node(&b, f.set, n); err != nil {
		panic(err)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// brief is the beginning of text.
func (f *function) brief(n ast.Node) string {
	const most = 60
	if r := []rune(f.text(n)); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return f.text(n)
}

// source is the source of n as it stands in the file.
func (f *function) source(n ast.Node) string { return f.between(n.Pos(), n.End()) }

// drop makes n unreachable. It stays in the text, so that its variables are used.
func (f *function) drop(n ast.Node) edit { return put(n, "if false { "+f.source(n)+" }") }

// before puts text before n.
func (f *function) before(n ast.Node, text string) edit { return put(n, text+f.source(n)) }

// nodes yields the nodes of type T in the body of f, the outermost first.
func nodes[T ast.Node](f *function) iter.Seq[T] {
	return func(yield func(T) bool) {
		for n := range ast.Preorder(f.decl.Body) {
			if x, ok := n.(T); ok && !yield(x) {
				return
			}
		}
	}
}

// methodCall is a call of a method, or of another selected function.
type methodCall struct {
	*ast.CallExpr
	on   ast.Expr
	name *ast.Ident
}

// callIn returns e as a call of a method with one of the names, or nil.
func callIn(e ast.Expr, names ...string) *methodCall {
	if c, ok := e.(*ast.CallExpr); ok {
		if s, ok := c.Fun.(*ast.SelectorExpr); ok && slices.Contains(names, s.Sel.Name) {
			return &methodCall{c, s.X, s.Sel}
		}
	}
	return nil
}

// call is callIn for a statement, deferred or not.
func call(s ast.Stmt, names ...string) *methodCall {
	switch s := s.(type) {
	case *ast.ExprStmt:
		return callIn(s.X, names...)
	case *ast.DeferStmt:
		return callIn(s.Call, names...)
	}
	return nil
}

func locks(s ast.Stmt) *methodCall   { return call(s, "Lock", "RLock") }
func unlocks(s ast.Stmt) *methodCall { return call(s, "Unlock", "RUnlock") }

// defersUnlock reports whether list begins with a deferred Unlock.
func defersUnlock(list []ast.Stmt) bool {
	if len(list) == 0 || unlocks(list[0]) == nil {
		return false
	}
	_, ok := list[0].(*ast.DeferStmt)
	return ok
}

// stores reports whether s stores to an atomic, to a slot of a map or to a field.
func stores(s ast.Stmt) bool {
	a, ok := s.(*ast.AssignStmt)
	if !ok {
		c := call(s, "Store")
		return c != nil && len(c.Args) == 1
	}
	if a.Tok != token.ASSIGN || len(a.Lhs) != 1 {
		return false
	}
	switch a.Lhs[0].(type) {
	case *ast.IndexExpr, *ast.SelectorExpr:
		return true
	}
	return false
}

// removes reports whether s stores nil or 0, deletes, or clears.
func removes(s ast.Stmt) bool {
	if c := call(s, "Store"); c != nil {
		return isName(c.Args[0], "nil")
	}
	switch s := s.(type) {
	case *ast.AssignStmt:
		lit, ok := s.Rhs[0].(*ast.BasicLit)
		return isName(s.Rhs[0], "nil") || ok && lit.Value == "0"
	case *ast.ExprStmt:
		c, ok := s.X.(*ast.CallExpr)
		return ok && isName(c.Fun, "delete", "clear")
	}
	return false
}

// isName reports whether e is one of the names.
func isName(e ast.Expr, names ...string) bool {
	id, ok := e.(*ast.Ident)
	return ok && slices.Contains(names, id.Name)
}
