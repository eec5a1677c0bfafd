package instrument

import (
	"context"
	"fmt"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// BuildOptions says how to build a program.
type BuildOptions struct {
	// Race builds with the race detector, which is told nothing of what the
	// scheduler itself does.
	Race bool
	// Cover counts how often the statements of the copies run: see
	// [Copy.Unreached].
	Cover bool
}

// schedulers are compiled without the race detector: it must see the
// synchronisation of the explored code only.
var schedulers = []string{
	checkerModule + "/linearizability/internal/engine/sched",
	checkerModule + "/linearizability/internal/engine/search",
}

// programsFolder is where programs are, beside copies.
const programsFolder = "mapspec_programs"

// Build writes a package main with the file mainGo into a folder of the
// temporary module, and builds it as the file out. The package can import all
// copies that the copied package can. name is an identifier.
func (c *Copy) Build(ctx context.Context, name string, mainGo []byte, out string, o BuildOptions) error {
	if !token.IsIdentifier(name) {
		return fmt.Errorf("instrument: %q cannot name a program: give an identifier", name)
	}
	out, err := filepath.Abs(out)
	if err != nil {
		return fmt.Errorf("instrument: %w", err)
	}
	folder := path.Join(strings.TrimPrefix(visibleFrom(c.Import), temporaryModule), programsFolder, name)
	folder = strings.TrimPrefix(folder, "/")
	if err := c.write(filepath.Join(c.Root, filepath.FromSlash(folder), "main.go"), mainGo); err != nil {
		return fmt.Errorf("instrument: %w", err)
	}
	args := []string{"build", "-ldflags=-w", "-o", out} // no tables for a debugger: a fifth of the time
	if o.Race {
		args = append(args, "-race")
		for _, s := range schedulers {
			args = append(args, "-gcflags="+s+"=-race=false")
		}
	}
	if o.Cover {
		// A program writes counts only if it is among what is counted.
		args = append(args, "-cover", "-coverpkg="+strings.Join(append(c.packages(), path.Join(temporaryModule, folder)), ","))
	}
	if _, err := c.inCopy().run(ctx, append(args, "./"+folder)...); err != nil {
		return fmt.Errorf("instrument: %s does not build: %s", name, c.inOriginal(err.Error()))
	}
	return nil
}

// visibleFrom is the innermost folder from which everything that may import the
// package can: an internal package is for the tree that internal is in.
func visibleFrom(importPath string) string {
	elements := strings.Split(importPath, "/")
	for i, e := range slices.Backward(elements) {
		if e == "internal" {
			return strings.Join(elements[:i], "/")
		}
	}
	return temporaryModule
}

// packages are the import paths of the copies.
func (c *Copy) packages() []string {
	var all []string
	for _, f := range c.Files {
		if p, err := c.importPath(f); err == nil && strings.HasSuffix(f.Copy, ".go") {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// importPath is the import path of the package that has the file.
func (c *Copy) importPath(f File) (string, error) {
	rel, err := filepath.Rel(c.Root, filepath.Dir(f.Copy))
	return path.Join(temporaryModule, filepath.ToSlash(rel)), err
}

// inOriginal makes an error in a copy one in its original: lines are the same.
func (c *Copy) inOriginal(message string) string {
	for _, f := range c.Files {
		if rest, ok := strings.CutPrefix(message, f.Copy+":"); ok && f.Original != "" {
			return f.Original + ":" + rest
		}
	}
	return message
}
