package instrument

import (
	"fmt"
	"go/types"
	"go/version"
	"slices"
)

// toolchainMap is the import path that stands for the toolchain's sync.Map.
const toolchainMap = "sync"

// supportedToolchain is the version of Go whose sync.Map is laid out as this
// file expects: sync.Map in sync/map.go around a HashTrieMap in
// internal/sync/hashtriemap.go. Only these two files are copied; the rest of
// the two packages is what the stand-in for sync stands for.
const supportedToolchain = "go1.26"

var toolchainFiles = map[string]string{
	"internal/sync": "hashtriemap.go",
	"sync":          "map.go",
}

// preludeName is the name of a generated file: no package has it.
const preludeName = "mapspec_prelude.go"

// preludes are the declarations that the copied files need of their siblings.
var preludes = map[string]string{
	"internal/sync": "package sync\n\nimport shim \"" + shimPath + "sync\"\n\ntype Mutex = shim.Mutex\n",
	"sync":          "package sync\n\ntype noCopy struct{}\n\nfunc (*noCopy) Lock()   {}\nfunc (*noCopy) Unlock() {}\n",
}

// preludeNames are what the preludes declare.
var preludeNames = map[string][]string{"internal/sync": {"Mutex"}, "sync": {"noCopy"}}

// toolchain finds the packages that sync.Map is made of.
func toolchain(v string, all []*listed) ([]*listed, error) {
	if version.Lang(v) != supportedToolchain {
		return nil, fmt.Errorf("sync.Map of %s is not supported: use %s", v, supportedToolchain)
	}
	var copied []*listed
	for _, l := range all {
		if file, ok := toolchainFiles[l.ImportPath]; ok {
			if !slices.Contains(l.GoFiles, file) {
				return nil, fmt.Errorf("%s has no %s here: sync.Map of this %s cannot be explored", l.Dir, file, v)
			}
			copied = append(copied, l)
		}
	}
	return copied, nil
}

// missingSibling names what the file needs of files that are not copied.
func (r *rewriting) missingSibling() {
	if !r.Standard {
		return
	}
	for id, obj := range r.info.Uses {
		if obj.Pkg() != r.types || obj.Parent() != r.types.Scope() || r.inside(obj) ||
			slices.Contains(preludeNames[r.ImportPath], obj.Name()) {
			continue
		}
		if r.fset.File(id.Pos()) == r.fset.File(r.source.syntax.Package) {
			r.errorf(id.Pos(), "%s is in another file: sync.Map of this toolchain cannot be explored", obj.Name())
		}
	}
}

// inside reports whether obj is declared in a file that is copied.
func (r *rewriting) inside(obj types.Object) bool {
	return slices.ContainsFunc(r.sources, func(s *source) bool {
		return r.fset.File(s.syntax.Package) == r.fset.File(obj.Pos())
	})
}
