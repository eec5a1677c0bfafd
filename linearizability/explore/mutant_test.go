package explore

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"slices"
	"strings"
)

// operator is one way to break a map's code, applied wherever it can be.
type operator struct {
	name string
	// why says which mistake of people it stands for.
	why   string
	apply func(f *function)
}

// operators are all of them, in the order of the table.
var operators = slices.Concat(memoryOperators, lockOperators, conditionOperators, releaseOperators, flowOperators)

// mutant is one change of one function.
type mutant struct {
	number   int
	operator string
	file     string // without folders
	line     int
	change   string // "function: what is changed"
	edits    []textEdit
	function *function
}

// key names a mutant by what stays the same when lines move.
func (m *mutant) key() string { return m.file + ", " + m.operator + ": " + m.change }

func (m *mutant) where() string { return fmt.Sprintf("%s:%d", m.file, m.line) }

// textEdit puts text in place of what is from one position to another.
type textEdit struct {
	from, to token.Pos
	text     string
}

// function is a function of the copy, and the mutants that were made of it.
type function struct {
	file    *mutatedFile
	decl    *ast.FuncDecl
	using   string // the operator that is applied now
	mutants []*mutant
}

// add notes a mutant. The change is told by format and args, after the name of
// the function.
func (f *function) add(at ast.Node, edits []textEdit, format string, args ...any) {
	f.mutants = append(f.mutants, &mutant{
		operator: f.using, file: f.file.name, line: f.file.set.Position(at.Pos()).Line, function: f,
		change: f.decl.Name.Name + ": " + strings.ReplaceAll(fmt.Sprintf(format, args...), columns, "|"), edits: edits,
	})
}

// text is what the source says, in one line.
func (f *function) text(n ast.Node) string {
	var b bytes.Buffer
	if err := format.Node(&b, f.file.set, n); err != nil {
		panic(err)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// brief is text, cut where it gets long.
func (f *function) brief(n ast.Node) string {
	const most = 60
	s := f.text(n)
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// source is what the source says, as it stands there.
func (f *function) source(n ast.Node) string {
	return string(f.file.source[f.file.offset(n.Pos()):f.file.offset(n.End())])
}

// drop makes n unreachable: it stays in the text, so that what it mentions is in
// use.
func (f *function) drop(n ast.Node) []textEdit {
	return []textEdit{{n.Pos(), n.Pos(), "if false { "}, {n.End(), n.End(), " }"}}
}

// replace puts text in place of n.
func (f *function) replace(n ast.Node, format string, args ...any) []textEdit {
	return []textEdit{{n.Pos(), n.End(), fmt.Sprintf(format, args...)}}
}

// before inserts text before n.
func (f *function) before(n ast.Node, text string) textEdit {
	return textEdit{n.Pos(), n.Pos(), text}
}

// exchange lets a and b, which comes later, change places.
func (f *function) exchange(a, b ast.Node) []textEdit {
	return []textEdit{{a.Pos(), a.End(), f.source(b)}, {b.Pos(), b.End(), f.source(a)}}
}

// inspect calls visit for each node of the body.
func (f *function) inspect(visit func(ast.Node)) {
	ast.Inspect(f.decl.Body, func(n ast.Node) bool {
		if n != nil {
			visit(n)
		}
		return true
	})
}

// blocks calls visit for the statements of each block of the body, the
// outermost first.
func (f *function) blocks(visit func(list []ast.Stmt)) {
	f.inspect(func(n ast.Node) {
		if b, ok := n.(*ast.BlockStmt); ok {
			visit(b.List)
		}
	})
}

// call is n as a call of a method, as a statement or deferred, and what it is
// called on.
func call(n ast.Node, names ...string) (c *ast.CallExpr, on ast.Expr, ok bool) {
	switch s := n.(type) {
	case *ast.ExprStmt:
		n = s.X
	case *ast.DeferStmt:
		n = s.Call
	}
	c, ok = n.(*ast.CallExpr)
	if !ok {
		return nil, nil, false
	}
	s, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains(names, s.Sel.Name) {
		return nil, nil, false
	}
	return c, s.X, true
}

func isNil(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "nil"
}
