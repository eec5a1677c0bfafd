package instrument

import (
	"cmp"
	"go/ast"
	"path"
	"slices"
	"strconv"
)

// redirectImports makes imports of packages that are copied go to the copies,
// and imports of packages that have a stand-in to that. Both keep their names.
func (r *rewriting) redirectImports() {
	for _, spec := range r.source.syntax.Imports {
		from, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			r.errorf(spec.Pos(), "%v", err)
			continue
		}
		stand, has := standIns[from]
		switch {
		case r.packages.copies(from):
			r.edit(spec.Path.Pos(), spec.Path.End(), strconv.Quote(r.packages.copyOf(from)), Redirected)
		case has && spec.Name != nil && spec.Name.Name == ".":
			r.errorf(spec.Pos(), "a dot import of %s is not supported: give the import a name", from)
		case has && spec.Name != nil:
			r.edit(spec.Path.Pos(), spec.Path.End(), strconv.Quote(stand), Redirected)
		case has:
			r.edit(spec.Path.Pos(), spec.Path.End(), path.Base(from)+" "+strconv.Quote(stand), Redirected)
		}
	}
}

// addImports puts what inserted code needs into the line of the package clause:
// all other lines keep their numbers.
func (r *rewriting) addImports() {
	slices.SortFunc(r.support, func(a, b support) int { return cmp.Compare(a.name, b.name) })
	end := r.source.syntax.Name.End()
	for _, s := range slices.Compact(r.support) {
		r.edit(end, end, "; import "+s.name+" "+strconv.Quote(s.path), Imported)
	}
}

// reservedNames refuses a file with an identifier that is the name of an added
// import: it could hide the import, or be hidden.
func (r *rewriting) reservedNames() {
	ast.Inspect(r.source.syntax, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if ok && slices.Contains([]string{orderedImport.name, refuseImport.name, randomImport.name}, id.Name) {
			r.errorf(id.Pos(), "%s is a name that the copy needs for itself: rename it", id.Name)
		}
		return true
	})
}
