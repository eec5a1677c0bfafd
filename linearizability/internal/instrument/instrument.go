// Package instrument copies Go packages and rewrites the copies, so that their
// atomics and locks call package sched. An exploration of a copy then controls
// every interleaving. The original source is only read, so what is explored is the
// code that ships. [Copy] lists every place where the copy differs from it. Lincheck
// does the same to bytecode. Loom and shuttle need a map that is written for their
// types instead.
//
// # The copy
//
// A temporary module has a copy of the package and of every package outside the
// standard library that it needs. The module's path is
// github.com/mapspec/mapspec/linearizability/explored, so that it may import the
// internal packages of mapspec. The copy of a package has the path
// explored/IMPORTPATH, so that the internal folders of the map remain visible to
// the same packages. Only the files that are built on this machine are copied.
// Their imports of each other are adapted, and imports of sync, sync/atomic,
// runtime and hash/maphash go to the packages in folder shim. Every change stays
// within its line, so that line numbers are those of the original.
//
// # What the scheduler cannot control
//
// The explored operations may never reach a go statement, a channel operation, a
// timer or a random number that is somewhere in the package. Therefore a call of
// refuse.At is inserted before each of these. An exploration that reaches one stops
// and says why. Where no call can be inserted (cgo, assembly, initializers of
// package variables), [New] returns an error.
package instrument

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Source says what to copy.
type Source struct {
	// Dir is a folder in a module or workspace. Import is the import path of the
	// package as seen from Dir. The path "sync" means the toolchain's sync.Map.
	Dir    string
	Import string
	// Hash names the functions of the map that compute hashes, as PKG.FUNC or
	// PKG.TYPE.METHOD, where PKG is an import path: "example.com/fast.hash64".
	// Methods may also be written as in stack traces:
	// "example.com/fast.(*Map[...]).hash". In the copy these functions call
	// shim/hashing instead. A function must take a key, which is an integer, a
	// string, an empty interface or of a type parameter. It may also take a seed,
	// which is an integer. It must return an unsigned integer of at least 32 bits.
	Hash []string
}

// Copy is an instrumented copy of a package and of all packages outside the
// standard library that it needs.
type Copy struct {
	Root    string   // the folder of the temporary module
	Import  string   // the import path of the copy of Source.Import
	Package string   // the name of that package
	Digest  string   // the SHA-256, in hexadecimal, of the original files, their paths, Hash and Go
	Go      string   // the version of Go, such as go1.26.8
	Checker string   // the folder of the mapspec module that the copy uses
	Hash    []string // the functions of Source.Hash, as PKG.FUNC or PKG.TYPE.METHOD, sorted
	Files   []File   // sorted by package and file
	// Variables lists the package variables that may outlive a map, as
	// "file:line name". An exploration must reset them or assume that they do not
	// matter.
	Variables []string
}

// File is a file of the copy.
type File struct {
	Original string // empty if the file was generated
	Copy     string
	Edits    []Edit // sorted by offset
}

// New copies the package that s names, and the packages that it needs, into the
// folder root, which must be empty or not exist. Every error has one line.
func New(ctx context.Context, s Source, root string) (*Copy, error) {
	c, err := newCopy(ctx, s, root)
	if err != nil {
		return nil, fmt.Errorf("instrument: %w", err)
	}
	return c, nil
}

func newCopy(ctx context.Context, s Source, root string) (*Copy, error) {
	if fi, err := os.Stat(s.Dir); err != nil || !fi.IsDir() {
		return nil, fmt.Errorf("%s is not a folder: name a folder in the module that has %s", s.Dir, s.Import)
	}
	packages, err := listPackages(ctx, s)
	if err != nil {
		return nil, err
	}
	c := &Copy{Go: packages.version, Package: packages.name}
	if c.Root, err = filepath.Abs(root); err != nil {
		return nil, err
	}
	if c.Checker, err = findChecker(ctx, s.Dir); err != nil {
		return nil, err
	}
	if err := c.writeModule(); err != nil {
		return nil, err
	}
	shims, err := c.loadShims(ctx, packages)
	if err != nil {
		return nil, err
	}
	loader := newLoader(packages.exports)
	hashes := newHashFunctions(s.Hash)
	for _, p := range packages.copied {
		l, err := loader.load(p)
		if err != nil {
			return nil, err
		}
		if err := c.copyPackage(l, packages, shims, hashes); err != nil {
			return nil, err
		}
	}
	if err := hashes.checkAllFound(); err != nil {
		return nil, err
	}
	c.Hash = hashes.names()
	c.Import = copyPath(packages.target)
	c.Digest, err = c.digest()
	return c, err
}

// copyPackage writes the rewritten files of a package.
func (c *Copy) copyPackage(l *loadedPackage, packages *packageSet, shims *shimSet, hashes *hashFunctions) error {
	dir := filepath.Join(c.Root, filepath.FromSlash(l.ImportPath))
	for _, f := range l.sources {
		r := &rewriter{loadedPackage: l, source: f, packages: packages, shims: shims, hashes: hashes}
		r.rewrite()
		if err := r.firstError(); err != nil {
			return err
		}
		to := File{Original: f.path, Copy: filepath.Join(dir, filepath.Base(f.path)), Edits: r.edits}
		if err := c.add(to, apply(f.text, r.edits)); err != nil {
			return err
		}
	}
	for _, name := range l.EmbedFiles {
		from := filepath.Join(l.Dir, name)
		text, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := c.add(File{Original: from, Copy: filepath.Join(dir, name)}, text); err != nil {
			return err
		}
	}
	if text := preludes[l.ImportPath]; l.Standard && text != "" {
		if err := c.add(File{Copy: filepath.Join(dir, preludeName)}, []byte(text)); err != nil {
			return err
		}
	}
	c.Variables = append(c.Variables, l.variables()...)
	return nil
}
