package main

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

// file is a file of a copy with all its mutants. Each mutant is a function next
// to its original, under a number. The original begins by calling the mutant that
// the environment selects.
type file struct {
	name      string // without folders
	path      string
	source    []byte
	set       *token.FileSet
	pkg       string
	functions []*function
	ends      []int // the last line of each mutant in the text written last
}

// readFile reads a file and applies operators to its functions.
func readFile(path string, with []operator) (*file, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &file{name: filepath.Base(path), path: path, source: source, set: token.NewFileSet()}
	syntax, err := parser.ParseFile(f.set, path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f.pkg = syntax.Name.Name
	for _, d := range syntax.Decls {
		if d, ok := d.(*ast.FuncDecl); ok && d.Body != nil {
			x := &function{file: f, decl: d}
			for _, o := range with {
				x.using = o.name
				o.apply(x)
			}
			f.functions = append(f.functions, x)
		}
	}
	known := map[string]int{}
	for _, m := range f.mutants() { // changes that read the same are numbered
		key := m.key()
		if known[key]++; known[key] > 1 {
			m.change += fmt.Sprintf(" (%d)", known[key])
		}
	}
	return f, nil
}

// mutants lists the mutants of all functions.
func (f *file) mutants() (list []*mutant) {
	for _, x := range f.functions {
		list = append(list, x.mutants...)
	}
	return list
}

func (f *file) offset(p token.Pos) int { return f.set.Position(p).Offset }

// between is the source from one position to another.
func (f *file) between(from, to token.Pos) string {
	return string(f.source[f.offset(from):f.offset(to)])
}

// write writes the file with its mutants at the end.
func (f *file) write() error {
	var b bytes.Buffer
	at := 0
	for _, x := range f.functions {
		brace := f.offset(x.decl.Body.Lbrace) + 1
		b.Write(f.source[at:brace])
		b.WriteString(x.dispatch())
		at = brace
	}
	b.Write(f.source[at:])
	lines := func() int { return bytes.Count(b.Bytes(), []byte("\n")) + 1 }
	f.ends = []int{lines()}
	for _, m := range f.mutants() {
		b.WriteString("\n" + m.text())
		f.ends = append(f.ends, lines())
	}
	return os.WriteFile(f.path, b.Bytes(), 0o644)
}

// mutantAt returns the mutant at a line of the text written last, or nil.
func (f *file) mutantAt(line int) *mutant {
	i, _ := slices.BinarySearch(f.ends, line)
	if i == 0 || i == len(f.ends) {
		return nil
	}
	return f.mutants()[i-1]
}

// dispatch is what a function does first: it calls the selected mutant.
func (f *function) dispatch() string {
	if len(f.mutants) == 0 {
		return ""
	}
	var b strings.Builder
	for _, m := range f.mutants {
		fmt.Fprintf(&b, " case %d: %s;", m.number, f.passOn(m.name()))
	}
	return " switch mapspecMutant {" + b.String() + " };"
}

// passOn calls another function with the receiver and arguments of f.
func (f *function) passOn(name string) string {
	names := func(l *ast.FieldList) (all []string) {
		if l != nil {
			for _, field := range l.List {
				for _, id := range field.Names {
					all = append(all, id.Name)
				}
			}
		}
		return all
	}
	if r := names(f.decl.Recv); len(r) > 0 {
		name = r[0] + "." + name
	}
	if p := names(f.decl.Type.TypeParams); len(p) > 0 {
		name += "[" + commas(p) + "]"
	}
	c := name + "(" + commas(names(f.decl.Type.Params)) + ")"
	if f.decl.Type.Results == nil {
		return c + "; return"
	}
	return "return " + c
}

func (m *mutant) name() string { return fmt.Sprintf("%s_%d", m.function.decl.Name.Name, m.number) }

// text is the function as the mutant has it.
func (m *mutant) text() string {
	f := m.function
	edits := append([]edit{put(f.decl.Name, m.name())}, m.edits...)
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var text strings.Builder
	at := f.decl.Pos()
	for _, e := range edits {
		text.WriteString(f.between(at, e.from) + e.text)
		at = e.to
	}
	return text.String() + f.between(at, f.decl.End())
}
