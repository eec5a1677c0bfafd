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

// rewriteDirectives turns some comments that are directives into plain comments.
//
// Build constraints are no longer needed, as only files that are built are copied. They
// would even be harmful: they could exclude the file under -race, or select a version of
// the language that lacks what the inserted code uses.
func (r *rewriter) rewriteDirectives() {
	for _, group := range r.source.syntax.Comments {
		for _, c := range group.List {
			m := linkname.FindStringSubmatch(c.Text)
			switch {
			case constraint.MatchString(c.Text):
				r.neutralize(c.Pos())
			case m != nil && randomness.MatchString(m[2]) && r.randomFunction(m[1]) != nil:
				r.neutralize(c.Pos())
			case strings.HasPrefix(c.Text, "//go:linkname"):
				r.errorf(c.Pos(), "%s is not supported: only functions without parameters that return the runtime's random numbers are",
					strings.TrimPrefix(c.Text, "//"))
			}
		}
	}
}

// neutralize turns a directive into a plain comment.
func (r *rewriter) neutralize(at token.Pos) { r.edit(at, at+2, "// ", Neutralized) }

// addBodies adds a body to functions that are linked to the runtime.
func (r *rewriter) addBodies() {
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
			r.errorf(f.Pos(), "%s has no body here, and assembly is not supported: exclude it from the build, for example by a build tag", f.Name.Name)
			continue
		}
		if r.randomFunction(f.Name.Name) != nil { // rewriteDirectives refuses the others
			r.addBody(f)
		}
	}
}

// addBody makes f return the stand-in's random numbers.
func (r *rewriter) addBody(f *ast.FuncDecl) {
	result := f.Type.Results.List[0].Type
	from, to := r.position(result.Pos()).Offset, r.position(result.End()).Offset
	body := " { return " + string(r.source.text[from:to]) + "(" + randomImport.name + ".Uint64()) }"
	r.edit(f.End(), f.End(), body, Implemented)
	r.support = append(r.support, randomImport)
	if f.Doc == nil {
		return
	}
	for _, c := range f.Doc.List {
		if strings.HasPrefix(c.Text, "//go:noescape") { // not allowed on a function with a body
			r.neutralize(c.Pos())
		}
	}
}

// randomFunction returns the function with the given name if it has no body and no
// parameters and returns an integer, or nil.
func (r *rewriter) randomFunction(name string) *ast.FuncDecl {
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
