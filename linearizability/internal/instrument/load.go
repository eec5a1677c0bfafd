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

// loadedPackage is a package with its syntax and types.
type loadedPackage struct {
	*listedPackage
	fset    *token.FileSet
	types   *types.Package
	info    *types.Info
	sources []*sourceFile // the files to copy
}

// sourceFile is a file of the original.
type sourceFile struct {
	path   string
	text   []byte
	syntax *ast.File
}

// loader parses and type-checks packages.
type loader struct {
	fset     *token.FileSet
	importer types.Importer
}

func newLoader(exports map[string]string) *loader {
	fset := token.NewFileSet()
	return &loader{fset, exportImporter(fset, exports)}
}

// load parses and type-checks a package.
func (l *loader) load(p *listedPackage) (*loadedPackage, error) {
	out := &loadedPackage{listedPackage: p, fset: l.fset, info: &types.Info{
		Types:        make(map[ast.Expr]types.TypeAndValue),
		Defs:         make(map[*ast.Ident]types.Object),
		Uses:         make(map[*ast.Ident]types.Object),
		Selections:   make(map[*ast.SelectorExpr]*types.Selection),
		FileVersions: make(map[*ast.File]string),
	}}
	if err := checkOnlyGo(p); err != nil { // first, as cgo has no types
		return nil, err
	}
	var files []*ast.File
	for _, name := range p.GoFiles {
		s := &sourceFile{path: filepath.Join(p.Dir, name)}
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
		return nil, fmt.Errorf("type-checking %s: %w", p.ImportPath, err)
	}
	return out, nil
}

// position returns the position of pos in the file on disk, regardless of line
// directives.
func (l *loadedPackage) position(pos token.Pos) token.Position { return l.fset.PositionFor(pos, false) }
