package instrument

import (
	"context"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"slices"
)

// shimPath is where the stand-ins are.
const shimPath = checkerModule + "/linearizability/internal/shim/"

// standIns are the packages of the standard library that have a stand-in. The
// last two are for copies of the toolchain's own packages.
var standIns = map[string]string{
	"sync":            shimPath + "sync",
	"sync/atomic":     shimPath + "sync/atomic",
	"runtime":         shimPath + "runtime",
	"hash/maphash":    shimPath + "hash/maphash",
	"internal/abi":    shimPath + "abi",
	"internal/goarch": shimPath + "goarch",
}

// support is what inserted code imports.
type support struct{ name, path string }

// The names are such that no package will have them.
var (
	orderedImport = support{"mapspecOrdered", shimPath + "ordered"}
	refuseImport  = support{"mapspecRefuse", shimPath + "refuse"}
	randomImport  = support{"mapspecRandom", shimPath + "random"}
	hashingImport = support{"mapspecHashing", shimPath + "hashing"}
)

// shims are the stand-ins that some copies import.
type shims struct {
	byStandard map[string]*types.Package
}

// loadShims loads the stand-ins that the packages need.
func (c *Copy) loadShims(ctx context.Context, p *packages) (*shims, error) {
	wanted := make(map[string]bool)
	for _, l := range p.copied {
		for _, path := range l.Imports {
			if _, ok := standIns[path]; ok && !p.copies(path) {
				wanted[path] = true
			}
		}
	}
	s := &shims{byStandard: make(map[string]*types.Package)}
	if len(wanted) == 0 {
		return s, nil
	}
	var patterns []string
	for _, path := range slices.Sorted(maps.Keys(wanted)) {
		patterns = append(patterns, standIns[path])
	}
	all, err := c.inCopy().list(ctx, patterns...)
	if err != nil {
		return nil, fmt.Errorf("the stand-ins in %s: %w", c.Checker, err)
	}
	exports := make(map[string]string)
	for _, l := range all {
		exports[l.ImportPath] = l.Export
	}
	imp := exportImporter(token.NewFileSet(), exports)
	for path := range wanted {
		if s.byStandard[path], err = imp.Import(standIns[path]); err != nil {
			return nil, fmt.Errorf("the stand-in for %s: %w", path, err)
		}
	}
	return s, nil
}

// exportImporter reads the types of packages from what the compiler wrote.
func exportImporter(fset *token.FileSet, exports map[string]string) types.Importer {
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		file := exports[path]
		if file == "" {
			return nil, fmt.Errorf("go list names no types of %s", path)
		}
		return os.Open(file)
	})
}

// lacks reports whether obj is of a package that has a stand-in, which lacks it.
func (s *shims) lacks(obj types.Object) bool {
	if obj.Pkg() == nil {
		return false
	}
	stand := s.byStandard[obj.Pkg().Path()]
	if stand == nil {
		return false
	}
	if obj.Parent() == obj.Pkg().Scope() {
		return stand.Scope().Lookup(obj.Name()) == nil
	}
	f, ok := obj.(*types.Func)
	if !ok {
		return false
	}
	receiver := receiverName(f)
	if receiver == nil {
		return false
	}
	named := stand.Scope().Lookup(receiver.Name())
	if named == nil {
		return true
	}
	method, _, _ := types.LookupFieldOrMethod(named.Type(), true, stand, f.Name())
	return method == nil
}

// receiverName is the type whose method f is.
func receiverName(f *types.Func) *types.TypeName {
	recv := f.Signature().Recv()
	if recv == nil {
		return nil
	}
	t := types.Unalias(recv.Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj()
	}
	return nil
}
