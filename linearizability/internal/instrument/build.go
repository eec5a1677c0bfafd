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

// BuildOptions configures [Copy.Build].
type BuildOptions struct {
	// Race builds with the race detector. It does not see the scheduler.
	Race bool
	// Cover counts how often each statement of the copies runs, for
	// [Copy.Unreached].
	Cover bool
}

// schedulers are the packages that are compiled without the race detector. It must see
// only the synchronization of the explored code.
var schedulers = []string{
	checkerModule + "/linearizability/internal/engine/sched",
	checkerModule + "/linearizability/internal/engine/search",
}

// programsFolder is the name of the folders that contain programs.
const programsFolder = "mapspec_programs"

// Build writes mainGo as a package main into the temporary module and builds it as the
// file out. The program can import the same copies as the copy of the package can. name
// is an identifier that names the program.
func (c *Copy) Build(ctx context.Context, name string, mainGo []byte, out string, o BuildOptions) error {
	if !token.IsIdentifier(name) {
		return fmt.Errorf("instrument: %q cannot name a program: use an identifier", name)
	}
	out, err := filepath.Abs(out)
	if err != nil {
		return fmt.Errorf("instrument: %w", err)
	}
	folder := path.Join(strings.TrimPrefix(importableFrom(c.Import), temporaryModule), programsFolder, name)
	folder = strings.TrimPrefix(folder, "/")
	if err := c.write(filepath.Join(c.Root, filepath.FromSlash(folder), "main.go"), mainGo); err != nil {
		return fmt.Errorf("instrument: %w", err)
	}
	args := []string{"build", "-ldflags=-w", "-o", out} // leaving out debug tables saves a fifth of the time
	if o.Race {
		args = append(args, "-race")
		for _, s := range schedulers {
			args = append(args, "-gcflags="+s+"=-race=false")
		}
	}
	if o.Cover {
		// A program writes its counts only if its own package is counted, too.
		args = append(args, "-cover", "-coverpkg="+strings.Join(append(c.packages(), path.Join(temporaryModule, folder)), ","))
	}
	if _, err := c.inCopy().run(ctx, append(args, "./"+folder)...); err != nil {
		return fmt.Errorf("instrument: %s does not build: %s", name, c.inOriginal(err.Error()))
	}
	return nil
}

// importableFrom returns the innermost folder from which the package can be imported: an
// internal package can be imported within the parent of the internal folder.
func importableFrom(importPath string) string {
	elements := strings.Split(importPath, "/")
	for i, e := range slices.Backward(elements) {
		if e == "internal" {
			return strings.Join(elements[:i], "/")
		}
	}
	return temporaryModule
}

// packages returns the import paths of the copied packages.
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

// importPath returns the import path of the package that contains the file.
func (c *Copy) importPath(f File) (string, error) {
	rel, err := filepath.Rel(c.Root, filepath.Dir(f.Copy))
	return path.Join(temporaryModule, filepath.ToSlash(rel)), err
}

// inOriginal replaces the name of a copy at the start of a message by the name of its
// original. The lines are the same.
func (c *Copy) inOriginal(message string) string {
	for _, f := range c.Files {
		if rest, ok := strings.CutPrefix(message, f.Copy+":"); ok && f.Original != "" {
			return f.Original + ":" + rest
		}
	}
	return message
}
