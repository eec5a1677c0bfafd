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

// listed is a package as go list tells.
type listed struct {
	Dir, ImportPath, Name, Export string
	Standard, DepOnly             bool
	GoFiles, CgoFiles, EmbedFiles []string
	Imports                       []string
	Module                        *struct{ GoVersion string }
	// Files that are not Go.
	CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles, SwigFiles, SwigCXXFiles, SysoFiles []string
}

// packages is all that a package needs.
type packages struct {
	target  string            // the package that is asked for
	name    string            // its name
	copied  []*listed         // what is copied, by import path
	exports map[string]string // where a package's types are, by import path
	version string            // of Go
}

// copies reports whether the package is copied.
func (p *packages) copies(path string) bool {
	return slices.ContainsFunc(p.copied, func(l *listed) bool { return l.ImportPath == path })
}

// copyOf is the import path of a package's copy.
func (p *packages) copyOf(path string) string { return temporaryModule + "/" + path }

// list finds the packages that s needs. All of them are compiled on the way.
func list(ctx context.Context, s Source) (*packages, error) {
	g, err := inSource(s.Dir)
	if err != nil {
		return nil, err
	}
	if s.Import == "" || strings.HasPrefix(s.Import, "-") || strings.Contains(s.Import, "...") {
		return nil, fmt.Errorf("%q names no package: give one import path", s.Import)
	}
	version, err := g.run(ctx, "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	all, err := g.list(ctx, s.Import)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Import, err)
	}
	p := &packages{exports: make(map[string]string)}
	p.version, _, _ = strings.Cut(strings.TrimSpace(string(version)), " ")
	byPath := make(map[string]*listed)
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
	return p, p.check(s, all)
}

// check says what is wrong with the package that is asked for.
func (p *packages) check(s Source, all []*listed) error {
	target := all[len(all)-1]
	switch {
	case target.ImportPath == toolchainMap:
		copied, err := toolchainPackages(p.version, all)
		p.copied = copied
		return err
	case target.Standard:
		return fmt.Errorf("%s is a package of the standard library: of these only sync can be explored", s.Import)
	case target.Name == "main":
		return fmt.Errorf("%s is a command: explore the package that it imports", s.Import)
	case target.ImportPath == "command-line-arguments" || target.Module == nil:
		return fmt.Errorf("%s is in no module: run go mod init in its folder", s.Import)
	case p.copies(schedulers[0]):
		return fmt.Errorf("%s imports the scheduler, which must not be copied: explore a package that does not", s.Import)
	}
	return nil
}

// list runs go list: dependencies come before what needs them.
func (g gocommand) list(ctx context.Context, patterns ...string) ([]*listed, error) {
	args := append([]string{"list", "-export", "-deps", "-json", "--"}, patterns...)
	out, err := g.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	var all []*listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		l := new(listed)
		if err := d.Decode(l); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, l)
	}
	if len(all) == 0 {
		return nil, errors.New("no such package")
	}
	return all, nil
}

// mayExplore says what of a package is not Go, and so is out of the scheduler's
// reach altogether.
func mayExplore(l *listed) error {
	if l.Standard {
		return nil
	}
	c := slices.Concat(l.CgoFiles, l.CFiles, l.CXXFiles, l.MFiles, l.FFiles, l.SwigFiles, l.SwigCXXFiles)
	for _, foreign := range []struct {
		what  string
		files []string
	}{{"cgo", c}, {"assembly", slices.Concat(l.SFiles, l.SysoFiles)}} {
		if len(foreign.files) > 0 {
			return fmt.Errorf("%s: %s is not supported: build without it, by a build tag in GOFLAGS if there is one",
				filepath.Join(l.Dir, foreign.files[0]), foreign.what)
		}
	}
	return nil
}
