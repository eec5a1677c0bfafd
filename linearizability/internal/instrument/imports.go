package instrument

import (
	"cmp"
	"go/ast"
	"path"
	"slices"
	"strconv"
)

// redirectImports changes imports of copied packages to the copies, and imports of
// packages with a stand-in to the stand-ins. The names in the file remain the same.
func (r *rewriter) redirectImports() {
	for _, spec := range r.source.syntax.Imports {
		from, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			r.errorf(spec.Pos(), "%v", err)
			continue
		}
		stand, has := standIns[from]
		switch {
		case r.packages.isCopied(from):
			r.edit(spec.Path.Pos(), spec.Path.End(), strconv.Quote(copyPath(from)), Redirected)
		case has && spec.Name != nil && spec.Name.Name == ".":
			r.errorf(spec.Pos(), "a dot import of %s is not supported: give the import a name", from)
		case has && spec.Name != nil:
			r.edit(spec.Path.Pos(), spec.Path.End(), strconv.Quote(stand), Redirected)
		case has:
			r.edit(spec.Path.Pos(), spec.Path.End(), path.Base(from)+" "+strconv.Quote(stand), Redirected)
		}
	}
}

// addImports adds the imports that inserted code needs. They go into the line of the
// package clause, so that line numbers do not change.
func (r *rewriter) addImports() {
	slices.SortFunc(r.support, func(a, b supportImport) int { return cmp.Compare(a.name, b.name) })
	end := r.source.syntax.Name.End()
	for _, s := range slices.Compact(r.support) {
		r.edit(end, end, "; import "+s.name+" "+strconv.Quote(s.path), Imported)
	}
}

// checkReservedNames refuses a file that uses the name of an added import as an
// identifier. One of the two could shadow the other.
func (r *rewriter) checkReservedNames() {
	ast.Inspect(r.source.syntax, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if ok && slices.Contains([]string{orderedImport.name, refuseImport.name, randomImport.name, hashingImport.name}, id.Name) {
			r.errorf(id.Pos(), "the name %s is reserved for inserted code: rename it", id.Name)
		}
		return true
	})
}
