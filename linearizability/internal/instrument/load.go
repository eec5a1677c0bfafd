package instrument

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"runtime"
)

// loaded is a package with its types.
type loaded struct {
	*listed
	fset    *token.FileSet
	types   *types.Package
	info    *types.Info
	sources []*source // what is copied
}

// source is a file of the original.
type source struct {
	path   string
	text   []byte
	syntax *ast.File
}

// loader type-checks packages.
type loader struct {
	fset     *token.FileSet
	importer types.Importer
}

func newLoader(exports map[string]string) *loader {
	fset := token.NewFileSet()
	return &loader{fset, exportImporter(fset, exports)}
}

// check parses and type-checks a package.
func (l *loader) check(p *listed) (*loaded, error) {
	out := &loaded{listed: p, fset: l.fset, info: &types.Info{
		Types:        make(map[ast.Expr]types.TypeAndValue),
		Defs:         make(map[*ast.Ident]types.Object),
		Uses:         make(map[*ast.Ident]types.Object),
		Selections:   make(map[*ast.SelectorExpr]*types.Selection),
		FileVersions: make(map[*ast.File]string),
	}}
	if err := mayExplore(p); err != nil {
		return nil, err // before types: cgo has none
	}
	var files []*ast.File
	for _, name := range p.GoFiles {
		s := &source{path: filepath.Join(p.Dir, name)}
		var err error
		if s.text, err = os.ReadFile(s.path); err != nil {
			return nil, err
		}
		s.syntax, err = parser.ParseFile(l.fset, s.path, s.text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, s.syntax)
		if !p.Standard || name == toolchainFiles[p.ImportPath].name {
			out.sources = append(out.sources, s)
		}
	}
	conf := types.Config{Importer: l.importer, Sizes: types.SizesFor("gc", runtime.GOARCH)}
	if p.Module != nil && p.Module.GoVersion != "" {
		conf.GoVersion = "go" + p.Module.GoVersion
	}
	var err error
	if out.types, err = conf.Check(p.ImportPath, l.fset, files, out.info); err != nil {
		return nil, fmt.Errorf("types of %s: %w", p.ImportPath, err)
	}
	return out, nil
}

// position is where pos is in the file as it lies on the disk.
func (l *loaded) position(pos token.Pos) token.Position { return l.fset.PositionFor(pos, false) }
