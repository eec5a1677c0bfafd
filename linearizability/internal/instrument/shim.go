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

// shimPath is the prefix of the import paths of the stand-ins.
const shimPath = checkerModule + "/linearizability/internal/shim/"

// standIns has the stand-ins for packages of the standard library. The last two are
// for the copy of the toolchain's sync.Map.
var standIns = map[string]string{
	"sync":            shimPath + "sync",
	"sync/atomic":     shimPath + "sync/atomic",
	"runtime":         shimPath + "runtime",
	"hash/maphash":    shimPath + "hash/maphash",
	"internal/abi":    shimPath + "abi",
	"internal/goarch": shimPath + "goarch",
}

// supportImport is an import that inserted code needs.
type supportImport struct{ name, path string }

// Files that use one of these names are refused: see checkReservedNames.
var (
	orderedImport = supportImport{"mapspecOrdered", shimPath + "ordered"}
	refuseImport  = supportImport{"mapspecRefuse", shimPath + "refuse"}
	randomImport  = supportImport{"mapspecRandom", shimPath + "random"}
	hashingImport = supportImport{"mapspecHashing", shimPath + "hashing"}
)

// shimSet has the types of the stand-ins that the copies import.
type shimSet struct {
	byStandard map[string]*types.Package // by the path of the standard package
}

// loadShims loads the stand-ins that the packages need.
func (c *Copy) loadShims(ctx context.Context, p *packageSet) (*shimSet, error) {
	wanted := make(map[string]bool)
	for _, l := range p.copied {
		for _, path := range l.Imports {
			if _, ok := standIns[path]; ok && !p.isCopied(path) {
				wanted[path] = true
			}
		}
	}
	s := &shimSet{byStandard: make(map[string]*types.Package)}
	if len(wanted) == 0 {
		return s, nil
	}
	var patterns []string
	for _, path := range slices.Sorted(maps.Keys(wanted)) {
		patterns = append(patterns, standIns[path])
	}
	all, err := c.inCopy().list(ctx, patterns...)
	if err != nil {
		return nil, fmt.Errorf("loading the stand-ins in %s: %w", c.Checker, err)
	}
	exports := make(map[string]string)
	for _, l := range all {
		exports[l.ImportPath] = l.Export
	}
	imp := exportImporter(token.NewFileSet(), exports)
	for path := range wanted {
		if s.byStandard[path], err = imp.Import(standIns[path]); err != nil {
			return nil, fmt.Errorf("loading the stand-in for %s: %w", path, err)
		}
	}
	return s, nil
}

// exportImporter reads the types of packages from the compiler's export files.
func exportImporter(fset *token.FileSet, exports map[string]string) types.Importer {
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		file := exports[path]
		if file == "" {
			return nil, fmt.Errorf("go list has no export file of %s", path)
		}
		return os.Open(file)
	})
}

// lacks reports whether obj belongs to a package with a stand-in, but not to the
// stand-in.
func (s *shimSet) lacks(obj types.Object) bool {
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

// receiverName returns the name of the type whose method f is, or nil.
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
