package instrument

import (
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// temporaryModule is the path of the temporary module.
const temporaryModule = checkerModule + "/linearizability/explored"

// writeModule writes the go.mod and go.sum of the temporary module.
func (c *Copy) writeModule() error {
	if err := os.MkdirAll(c.Root, 0o755); err != nil {
		return unwritable(c.Root, err)
	}
	entries, err := os.ReadDir(c.Root)
	if err != nil {
		return unwritable(c.Root, err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: name a new folder", c.Root)
	}
	language := strings.TrimPrefix(version.Lang(c.Go), "go")
	if language == "" {
		return fmt.Errorf("%q is not a released version of Go: use one that is", c.Go)
	}
	mod := fmt.Sprintf("module %s\n\ngo %s\n\nrequire %s v0.0.0\n\nreplace %s => %s\n",
		temporaryModule, language, checkerModule, checkerModule, quotePath(c.Checker))
	if err := c.write(filepath.Join(c.Root, "go.mod"), []byte(mod)); err != nil {
		return err
	}
	// The copy needs the same modules as the checker.
	sum, err := os.ReadFile(filepath.Join(c.Checker, "go.sum"))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return c.write(filepath.Join(c.Root, "go.sum"), sum)
}

// quotePath writes a path in the syntax of go.mod.
func quotePath(path string) string {
	if strings.ContainsAny(path, " \t\"'`()[]{},") {
		return fmt.Sprintf("%q", path)
	}
	return path
}

// add adds a file to the copy and writes it.
func (c *Copy) add(f File, text []byte) error {
	c.Files = append(c.Files, f)
	return c.write(f.Copy, text)
}

// write writes a file with write permission, as files are replaced later. Originals in
// the module cache are read-only.
func (c *Copy) write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return unwritable(c.Root, err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return unwritable(c.Root, err)
	}
	return nil
}

// unwritable wraps an error from writing to root. It says what to do about it.
func unwritable(root string, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("no space left for the copy in %s: free some, or name another folder: %w", root, err)
	}
	return fmt.Errorf("the copy cannot be written to %s: name another folder: %w", root, err)
}
