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

// temporaryModule is what the module of the copies is called.
const temporaryModule = checkerModule + "/linearizability/explored"

// writeModule writes the go.mod and go.sum of the temporary module.
func (c *Copy) writeModule() error {
	if err := os.MkdirAll(c.Root, 0o755); err != nil {
		return unwritable(c.Root, err)
	}
	there, err := os.ReadDir(c.Root)
	if err != nil {
		return unwritable(c.Root, err)
	}
	if len(there) > 0 {
		return fmt.Errorf("%s is not empty: name a new folder", c.Root)
	}
	language := strings.TrimPrefix(version.Lang(c.Go), "go")
	if language == "" {
		return fmt.Errorf("%q is no version of Go: use a released one", c.Go)
	}
	mod := fmt.Sprintf("module %s\n\ngo %s\n\nrequire %s v0.0.0\n\nreplace %s => %s\n",
		temporaryModule, language, checkerModule, checkerModule, quotePath(c.Checker))
	if err := c.write(filepath.Join(c.Root, "go.mod"), []byte(mod)); err != nil {
		return err
	}
	// What the checker needs is checked by the checker's own sums.
	sum, err := os.ReadFile(filepath.Join(c.Checker, "go.sum"))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return c.write(filepath.Join(c.Root, "go.sum"), sum)
}

// quotePath writes a path as go.mod wants it.
func quotePath(path string) string {
	if strings.ContainsAny(path, " \t\"'`()[]{},") {
		return fmt.Sprintf("%q", path)
	}
	return path
}

// add writes a file of the copy.
func (c *Copy) add(f File, text []byte) error {
	c.Files = append(c.Files, f)
	return c.write(f.Copy, text)
}

// write writes a file that can be replaced, whatever the mode of the original
// is: files in the module cache are read-only.
func (c *Copy) write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return unwritable(c.Root, err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return unwritable(c.Root, err)
	}
	return nil
}

// unwritable says what to do when nothing can be written to root.
func unwritable(root string, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("no space left for the copy in %s: free some, or name a folder elsewhere: %w", root, err)
	}
	return fmt.Errorf("the copy cannot be written to %s: name another folder: %w", root, err)
}
