package explore

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutatedFile is a file of a copy with all its mutants. Each is a function
// beside its original, under a number; the original begins by calling the
// mutant that the environment selects.
type mutatedFile struct {
	name      string
	path      string
	source    []byte
	set       *token.FileSet
	functions []*function
	spans     []span // of the mutants in the text that was written last
}

// span says which lines of a file a mutant takes.
type span struct {
	first, last int
	mutant      *mutant
}

// readMutated reads a file and makes its mutants, with all operators if none is
// named.
func readMutated(path string, with []operator) (*mutatedFile, error) {
	if len(with) == 0 {
		with = operators
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := &mutatedFile{name: filepath.Base(path), path: path, source: source, set: token.NewFileSet()}
	syntax, err := parser.ParseFile(m.set, path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range syntax.Decls {
		if d, ok := d.(*ast.FuncDecl); ok && d.Body != nil {
			f := &function{file: m, decl: d}
			for _, o := range with {
				f.using = o.name
				o.apply(f)
			}
			m.functions = append(m.functions, f)
		}
	}
	m.distinguish()
	return m, nil
}

// distinguish numbers changes that read the same.
func (m *mutatedFile) distinguish() {
	known := map[string]int{}
	for _, x := range m.mutants() {
		key := x.key()
		if known[key]++; known[key] > 1 {
			x.change += fmt.Sprintf(" (%d)", known[key])
		}
	}
}

// keep takes away all mutants but those that which reports.
func (m *mutatedFile) keep(which func(*mutant) bool) {
	for _, f := range m.functions {
		f.mutants = slices.DeleteFunc(f.mutants, func(x *mutant) bool { return !which(x) })
	}
}

func (m *mutatedFile) offset(p token.Pos) int { return m.set.Position(p).Offset }

// mutants lists those of all functions.
func (m *mutatedFile) mutants() (list []*mutant) {
	for _, f := range m.functions {
		list = append(list, f.mutants...)
	}
	return list
}

// write writes the file with its mutants. Lines of the original stay where they
// are.
func (m *mutatedFile) write() error {
	var b bytes.Buffer
	at := 0
	for _, f := range m.functions {
		brace := m.offset(f.decl.Body.Lbrace) + 1
		b.Write(m.source[at:brace])
		b.WriteString(f.dispatch())
		at = brace
	}
	b.Write(m.source[at:])
	m.spans = nil
	for _, x := range m.mutants() {
		first := bytes.Count(b.Bytes(), []byte("\n")) + 1
		fmt.Fprintf(&b, "\n%s\n", x.text())
		m.spans = append(m.spans, span{first, bytes.Count(b.Bytes(), []byte("\n")) + 1, x})
	}
	return os.WriteFile(m.path, b.Bytes(), 0o644)
}

// dispatch is what a function does first: it goes to the selected mutant.
func (f *function) dispatch() string {
	if len(f.mutants) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(" switch mapspecMutant { ")
	for _, x := range f.mutants {
		fmt.Fprintf(&b, "case %d: %s; ", x.number, f.passOn(x.name()))
	}
	b.WriteString("}; ")
	return b.String()
}

// passOn calls another function with f's own arguments.
func (f *function) passOn(name string) string {
	names := func(l *ast.FieldList) (all []string) {
		if l == nil {
			return nil
		}
		for _, field := range l.List {
			for _, id := range field.Names {
				all = append(all, id.Name)
			}
		}
		return all
	}
	if r := names(f.decl.Recv); len(r) > 0 {
		name = r[0] + "." + name
	}
	if p := names(f.decl.Type.TypeParams); len(p) > 0 {
		name += "[" + strings.Join(p, ", ") + "]"
	}
	c := name + "(" + strings.Join(names(f.decl.Type.Params), ", ") + ")"
	if f.decl.Type.Results == nil {
		return c + "; return"
	}
	return "return " + c
}

func (m *mutant) name() string { return fmt.Sprintf("%s_%d", m.function.decl.Name.Name, m.number) }

// text is the function as the mutant has it.
func (m *mutant) text() string {
	f := m.function
	edits := append(slices.Clone(m.edits), textEdit{f.decl.Name.Pos(), f.decl.Name.End(), m.name()})
	slices.SortStableFunc(edits, func(a, b textEdit) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	at := f.decl.Pos()
	for _, e := range edits {
		b.Write(f.file.source[f.file.offset(at):f.file.offset(e.from)])
		b.WriteString(e.text)
		at = e.to
	}
	b.Write(f.file.source[f.file.offset(at):f.file.offset(f.decl.End())])
	return b.String()
}
