package instrument

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// variables returns the package's variables, as "file:line name". It leaves out blank
// variables, and variables of type error, which usually never change.
func (l *loadedPackage) variables() []string {
	var all []string
	for _, s := range l.sources {
		for _, d := range s.syntax.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if name.Name == "_" || isError(l.info.Defs[name].Type()) {
						continue
					}
					at := l.position(name.Pos())
					all = append(all, fmt.Sprintf("%s:%d %s", at.Filename, at.Line, name.Name))
				}
			}
		}
	}
	return all
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }
