package instrument

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// digest returns the digest of the original files, in order. Each file is hashed with
// the path of its copy in the temporary module, which is the same on every machine.
// The version of Go and the hash functions are included, as they change the map. The
// path of the temporary module is not. Of Go files only the code counts, and the lines
// it is on, as certificates and steps name lines: a comment that is reworded within
// its lines makes no certificate stale.
func (c *Copy) digest() (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %q\n", c.Go, "explored"+strings.TrimPrefix(c.Import, temporaryModule), c.Hash)
	for _, f := range c.Files {
		if f.Original == "" {
			continue
		}
		path, err := filepath.Rel(c.Root, f.Copy)
		if err != nil {
			return "", err
		}
		text, err := os.ReadFile(f.Original)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s\n", filepath.ToSlash(path))
		if err := hashCode(h, path, text); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hashCode hashes the tokens of a Go file with their lines, comments left out but for
// directives, and any other file as it is.
func hashCode(h io.Writer, path string, text []byte) error {
	if filepath.Ext(path) != ".go" {
		_, err := h.Write(text)
		return err
	}
	tokens, err := scan(text)
	for _, t := range tokens {
		if t.tok != token.COMMENT || strings.HasPrefix(t.lit, "//go:") {
			fmt.Fprintf(h, "%d %s %q\n", t.line, t.tok, t.lit)
		}
	}
	return err
}
