// Package instrument copies Go packages and rewrites the copies, so that their
// atomics and locks call the scheduler of package sched. The source is only read: what is explored is the code that ships, and [Copy]
// says where the two differ.
//
//	instrument.go   this introduction; Source and Copy
//	gocommand.go    the go command, and what its errors say
//	list.go         which packages there are, and which files of them are built
//	checker.go      where the source of mapspec is
//	module.go       the temporary module
//	digest.go       what the original files were
//	shim.go         which packages of the standard library have a stand-in, and what it has
//	toolchain.go    the toolchain's own sync.Map
//	load.go         parsing and type-checking
//	edit.go         substitutions by byte offset
//	rewrite.go      all substitutions in a file
//	imports.go      imports go to copies and stand-ins
//	ranges.go       traversals of built-in maps get an order
//	linkname.go     functions of the runtime that give random numbers
//	hashed.go       functions that hash for a map itself
//	refuse.go       where an exploration has to stop
//	unsupported.go  what the scheduler cannot control
//	loopvar.go      loops whose meaning depends on the version of the language
//	variables.go    variables that outlive a map
//	build.go        programs in the temporary module
//	coverage.go     statements that no program reached
//	verify.go       the copies against the originals, once more
//	substitution.go what verify.go lets pass, by patterns of its own
//
// # The copy
//
// A temporary module holds a copy of each package outside the standard library
// that the package needs, itself included. The module is called MAPSPEC/explored,
// where MAPSPEC is github.com/mapspec/mapspec/linearizability, so that it may
// import the packages internal to mapspec; a copy is at explored/IMPORTPATH, so
// that rules about the map's own internal folders hold as before.
// Only files that are built here are copied. Imports among them are rewritten.
// Imports of sync, sync/atomic, runtime and hash/maphash go to package shim. All
// changes are within lines: line numbers are those of the original.
//
// # What the scheduler cannot control
//
// A go statement, a channel, a timer or a random number in a function may be
// out of every explored operation's reach. A call of refuse.At is inserted
// before it: an exploration that gets there stops, and says why. What cannot be
// held up in this way (cgo, assembly, initialisers of package variables) is an
// error of [New].
package instrument

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Source is what to copy: a package, by its import path as seen from Dir, a
// folder in a module or workspace. "sync" is the toolchain's own sync.Map.
type Source struct {
	Dir    string
	Import string
	// Hash names functions of what is copied that hash for a map: PKG.FUNC, or
	// PKG.TYPE.METHOD, with PKG an import path, such as
	// "example.com/fast.hash64". Method names may also be written as in stack
	// traces: "example.com/fast.(*Map[...]).hash". In the copy they hash by
	// shim/hashing. They take a key, an integer, a string, an interface without
	// methods or of a type parameter, and perhaps an integer as a seed, and
	// return an unsigned integer of at least 32 bits.
	Hash []string
}

// Copy is an instrumented copy of a package, with all that it needs of packages
// outside the standard library.
type Copy struct {
	Root    string   // the folder of the temporary module
	Import  string   // the import path of the copy of Source.Import
	Package string   // the name of that package
	Digest  string   // SHA-256, in hexadecimal, of the original files, their places and Go's version
	Go      string   // the version of Go, such as go1.26.8
	Checker string   // the folder of the mapspec module that is used
	Hash    []string // the functions of Source.Hash, as PKG.FUNC or PKG.TYPE.METHOD, in order
	Files   []File   // in the order of packages and files
	// Variables lists package variables that may outlive a map, as
	// "file:line name". Whoever explores assumes that they do not matter, or
	// resets them.
	Variables []string
}

// File is a file of the copy.
type File struct {
	Original string // empty for a generated one
	Copy     string
	Edits    []Edit // in the order of their offsets
}

// New copies the package that s names, and the packages that it needs, into the
// folder root, which must be empty or not there yet. Errors are of one line.
func New(ctx context.Context, s Source, root string) (*Copy, error) {
	c, err := newCopy(ctx, s, root)
	if err != nil {
		return nil, fmt.Errorf("instrument: %w", err)
	}
	return c, nil
}

func newCopy(ctx context.Context, s Source, root string) (*Copy, error) {
	if fi, err := os.Stat(s.Dir); err != nil || !fi.IsDir() {
		return nil, fmt.Errorf("%s is no folder: name one in the module that has %s", s.Dir, s.Import)
	}
	packages, err := list(ctx, s)
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
	stand, err := c.loadShims(ctx, packages)
	if err != nil {
		return nil, err
	}
	load := newLoader(packages.exports)
	named := newHashes(s.Hash)
	for _, p := range packages.copied {
		l, err := load.check(p)
		if err != nil {
			return nil, err
		}
		if err := c.copyPackage(l, packages, stand, named); err != nil {
			return nil, err
		}
	}
	if err := named.missing(); err != nil {
		return nil, err
	}
	c.Hash = named.names()
	c.Import = packages.copyOf(packages.target)
	c.Digest, err = c.digest()
	return c, err
}

// copyPackage writes the rewritten files of a package.
func (c *Copy) copyPackage(l *loaded, all *packages, stand *shims, named *hashes) error {
	dir := filepath.Join(c.Root, filepath.FromSlash(l.ImportPath))
	for _, f := range l.sources {
		r := &rewriting{loaded: l, source: f, packages: all, shims: stand, hashes: named}
		r.all()
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
