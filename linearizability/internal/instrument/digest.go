package instrument

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// digest is the digest of the original files, in order. A file counts with its
// place among the copies, which is the same on every machine. Which functions hash
// by a policy counts too: with others it is another map. The name of the temporary
// module does not count.
func (c *Copy) digest() (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %q\n", c.Go, "explored"+strings.TrimPrefix(c.Import, temporaryModule), c.Hash)
	for _, f := range c.Files {
		if f.Original == "" {
			continue
		}
		place, err := filepath.Rel(c.Root, f.Copy)
		if err != nil {
			return "", err
		}
		text, err := os.ReadFile(f.Original)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n", filepath.ToSlash(place), len(text))
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
