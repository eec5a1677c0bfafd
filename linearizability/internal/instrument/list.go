package instrument

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// listedPackage is a package as go list describes it.
type listedPackage struct {
	Dir, ImportPath, Name, Export string
	Standard, DepOnly             bool
	GoFiles, CgoFiles, EmbedFiles []string
	Imports                       []string
	Module                        *struct{ GoVersion string }
	// Files in other languages.
	CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles, SwigFiles, SwigCXXFiles, SysoFiles []string
}

// packageSet is a package and all packages that it needs.
type packageSet struct {
	target  string            // the import path of the package itself
	name    string            // its name
	copied  []*listedPackage  // the packages to copy, sorted by import path
	exports map[string]string // the files with the types of packages, by import path
	version string            // the version of Go
}

// isCopied reports whether the package with the given path is copied.
func (p *packageSet) isCopied(path string) bool {
	return slices.ContainsFunc(p.copied, func(l *listedPackage) bool { return l.ImportPath == path })
}

// copyPath returns the import path of a package's copy.
func copyPath(path string) string { return temporaryModule + "/" + path }

// listPackages finds the packages that s needs. It compiles all of them.
func listPackages(ctx context.Context, s Source) (*packageSet, error) {
	g, err := inSource(s.Dir)
	if err != nil {
		return nil, err
	}
	if s.Import == "" || strings.HasPrefix(s.Import, "-") || strings.Contains(s.Import, "...") {
		return nil, fmt.Errorf("%q is not the import path of a package: name one package", s.Import)
	}
	version, err := g.run(ctx, "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	all, err := g.list(ctx, s.Import)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Import, err)
	}
	p := &packageSet{exports: make(map[string]string)}
	p.version, _, _ = strings.Cut(strings.TrimSpace(string(version)), " ")
	byPath := make(map[string]*listedPackage)
	for _, l := range all {
		p.exports[l.ImportPath] = l.Export
		if !l.DepOnly {
			p.target, p.name = l.ImportPath, l.Name
		}
		if !l.Standard {
			byPath[l.ImportPath] = l
		}
	}
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		p.copied = append(p.copied, byPath[path])
	}
	target := all[len(all)-1]
	if target.ImportPath == toolchainMap {
		p.copied, err = toolchainPackages(p.version, all)
		return p, err
	}
	return p, p.checkTarget(s.Import, target)
}

// checkTarget returns an error if the package cannot be explored.
func (p *packageSet) checkTarget(path string, target *listedPackage) error {
	switch {
	case target.Standard:
		return fmt.Errorf("%s is in the standard library: sync is the only package there that can be explored", path)
	case target.Name == "main":
		return fmt.Errorf("%s is a command: explore the package that it imports", path)
	case target.ImportPath == "command-line-arguments" || target.Module == nil:
		return fmt.Errorf("%s is not in a module: run go mod init in %s", path, target.Dir)
	case p.isCopied(schedulers[0]):
		return fmt.Errorf("%s imports the scheduler, which must not be copied: explore a package that does not", path)
	}
	return nil
}

// list runs go list. Packages come after the packages that they import.
func (g goCommand) list(ctx context.Context, patterns ...string) ([]*listedPackage, error) {
	args := append([]string{"list", "-export", "-deps", "-json", "--"}, patterns...)
	out, err := g.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	var all []*listedPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		l := new(listedPackage)
		if err := d.Decode(l); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, l)
	}
	if len(all) == 0 {
		return nil, errors.New("there is no such package")
	}
	return all, nil
}

// checkOnlyGo returns an error if a package has files in another language, which
// the scheduler could not control.
func checkOnlyGo(l *listedPackage) error {
	if l.Standard {
		return nil
	}
	c := slices.Concat(l.CgoFiles, l.CFiles, l.CXXFiles, l.MFiles, l.FFiles, l.SwigFiles, l.SwigCXXFiles)
	for _, foreign := range []struct {
		language string
		files    []string
	}{{"cgo", c}, {"assembly", slices.Concat(l.SFiles, l.SysoFiles)}} {
		if len(foreign.files) > 0 {
			return fmt.Errorf("%s: %s is not supported: exclude it from the build, for example by a build tag in GOFLAGS",
				filepath.Join(l.Dir, foreign.files[0]), foreign.language)
		}
	}
	return nil
}
