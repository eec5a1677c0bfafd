package instrument

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// digest returns the digest of the original files, in order. Each file is hashed with
// the path of its copy in the temporary module, which is the same on every machine.
// The version of Go and the hash functions are included, as they change the map. The
// path of the temporary module is not.
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
		fmt.Fprintf(h, "%s %d\n", filepath.ToSlash(path), len(text))
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
