package instrument

import (
	"go/ast"
	"go/types"
)

// orderRange gives a range over a built-in map a fixed order, by ranging over a sequence
// instead. The loop body can break, continue, return and goto as before.
func (r *rewriter) orderRange(s *ast.RangeStmt) {
	if _, ok := coreType(r.info.TypeOf(s.X)).(*types.Map); !ok {
		return
	}
	r.support = append(r.support, orderedImport)
	r.edit(s.X.Pos(), s.X.Pos(), orderedImport.name+".Map(", Ordered)
	r.edit(s.X.End(), s.X.End(), ")", Ordered)
}

// coreType returns the underlying type of t. For a type parameter it returns the
// underlying type that all types in its constraint share, or nil.
func coreType(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	p, ok := types.Unalias(t).(*types.TypeParam)
	if !ok {
		return t.Underlying()
	}
	var shared types.Type
	for _, term := range terms(p.Constraint().Underlying().(*types.Interface)) {
		u := coreType(term)
		if shared != nil && !types.Identical(shared, u) {
			return nil
		}
		shared = u
	}
	return shared
}

// terms returns the types in the unions of an interface.
func terms(i *types.Interface) []types.Type {
	var all []types.Type
	for e := range i.EmbeddedTypes() {
		switch e := types.Unalias(e).(type) {
		case *types.Union:
			for t := range e.Terms() {
				all = append(all, t.Type())
			}
		default:
			if in, ok := e.Underlying().(*types.Interface); ok {
				all = append(all, terms(in)...)
			} else {
				all = append(all, e)
			}
		}
	}
	return all
}
