package instrument

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"strings"
)

var (
	linkname   = regexp.MustCompile(`^//go:linkname\s+(\w+)(?:\s+(\S+))?\s*$`)
	randomness = regexp.MustCompile(`^runtime\.(rand|rand32|rand64|cheaprand|cheaprand64|fastrand|fastrand64|fastrandu)$`)
	constraint = regexp.MustCompile(`^//go:build\s`)
)

// directives looks at the comments that mean something to the toolchain.
//
// Build constraints have done their work: the files that are copied are those
// that are built. Left in place they could choose otherwise under -race, and
// they could set a version of the language that lacks what is inserted.
func (r *rewriting) directives() {
	for _, group := range r.source.syntax.Comments {
		for _, c := range group.List {
			m := linkname.FindStringSubmatch(c.Text)
			switch {
			case constraint.MatchString(c.Text):
				r.neutralise(c.Pos())
			case m != nil && randomness.MatchString(m[2]) && r.randomFunction(m[1]) != nil:
				r.neutralise(c.Pos())
			case strings.HasPrefix(c.Text, "//go:linkname"):
				r.errorf(c.Pos(), "%s is not supported: only functions without arguments that return the runtime's random numbers are",
					strings.TrimPrefix(c.Text, "//"))
			}
		}
	}
}

// neutralise makes a directive a comment.
func (r *rewriting) neutralise(at token.Pos) { r.edit(at, at+2, "// ", Neutralised) }

// functions gives a body to functions that have one in the runtime.
func (r *rewriting) functions() {
	linked := make(map[string]bool)
	for _, group := range r.source.syntax.Comments {
		for _, c := range group.List {
			if m := linkname.FindStringSubmatch(c.Text); m != nil {
				linked[m[1]] = true
			}
		}
	}
	for _, d := range r.source.syntax.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body != nil {
			continue
		}
		if !linked[f.Name.Name] {
			r.errorf(f.Pos(), "%s has no body here, and assembly is not supported: build without it, by a build tag if there is one", f.Name.Name)
			continue
		}
		if r.randomFunction(f.Name.Name) != nil { // directives complains of the others
			r.giveBody(f)
		}
	}
}

func (r *rewriting) giveBody(f *ast.FuncDecl) {
	result := f.Type.Results.List[0].Type
	from, to := r.position(result.Pos()).Offset, r.position(result.End()).Offset
	body := " { return " + string(r.source.text[from:to]) + "(" + randomImport.name + ".Uint64()) }"
	r.edit(f.End(), f.End(), body, Bodied)
	r.support = append(r.support, randomImport)
	if f.Doc == nil {
		return
	}
	for _, c := range f.Doc.List {
		if strings.HasPrefix(c.Text, "//go:noescape") { // is for functions without a body
			r.neutralise(c.Pos())
		}
	}
}

// randomFunction finds a function without body and arguments that returns an
// integer.
func (r *rewriting) randomFunction(name string) *ast.FuncDecl {
	for _, d := range r.source.syntax.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Name.Name != name || f.Body != nil {
			continue
		}
		sig := r.info.Defs[f.Name].(*types.Func).Signature()
		if sig.Params().Len() != 0 || sig.Results().Len() != 1 {
			return nil
		}
		b, ok := sig.Results().At(0).Type().(*types.Basic)
		if !ok || b.Info()&types.IsInteger == 0 {
			return nil
		}
		return f
	}
	return nil
}
