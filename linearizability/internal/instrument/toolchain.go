package instrument

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// toolchainMap is the import path that stands for the toolchain's sync.Map.
const toolchainMap = "sync"

// toolchainFile is one of the files that sync.Map consists of.
type toolchainFile struct {
	name string
	code string // its digest: see codeDigest
}

// toolchainFiles are the files of sync.Map by package: sync.Map itself, and the
// HashTrieMap that it wraps. Only these two are copied. The stand-in for sync
// and the preludes below replace the rest of the two packages, and were written
// for exactly this code, which Go 1.26 and Go 1.27 share.
var toolchainFiles = map[string]toolchainFile{
	"internal/sync": {"hashtriemap.go", "b49630604b975e9c8634032f3a79921528b78ae7395c68aa4663298ebf0f2837"},
	"sync":          {"map.go", "d0484d822c2fec6def691cf326f74443ca7e075f8cd99b02a70a7526c4946972"},
}

// toolchainsWithThisMap names the versions of Go that have these files. It is
// for messages: the files decide.
const toolchainsWithThisMap = "Go 1.26 or 1.27"

// preludeName is the name of a generated file. No package has a file of this
// name.
const preludeName = "mapspec_prelude.go"

// preludes declare what the copied files need of the files next to them.
var preludes = map[string]string{
	"internal/sync": "package sync\n\nimport shim \"" + shimPath + "sync\"\n\ntype Mutex = shim.Mutex\n",
	"sync":          "package sync\n\ntype noCopy struct{}\n\nfunc (*noCopy) Lock()   {}\nfunc (*noCopy) Unlock() {}\n",
}

// toolchainPackages returns the packages among all that sync.Map consists of.
// version is for messages.
func toolchainPackages(version string, all []*listedPackage) ([]*listedPackage, error) {
	var found []*listedPackage
	for _, l := range all {
		file, ok := toolchainFiles[l.ImportPath]
		if !ok {
			continue
		}
		path := filepath.Join(l.Dir, file.name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, unknownMap(version, "it has no "+path)
		}
		if code, err := codeDigest(text); err != nil || code != file.code {
			return nil, unknownMap(version, path+" is different code")
		}
		found = append(found, l)
	}
	if len(found) != len(toolchainFiles) {
		return nil, unknownMap(version, "it has no package internal/sync")
	}
	return found, nil
}

func unknownMap(version, why string) error {
	return fmt.Errorf("sync.Map of %s cannot be explored, as %s: use %s", version, why, toolchainsWithThisMap)
}

// codeDigest returns the SHA-256 of a file's tokens, in hexadecimal. Comments do
// not count, except directives: a release that only rewords one has the same
// map.
func codeDigest(text []byte) (string, error) {
	tokens, err := scan(text)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, t := range tokens {
		if t.tok != token.COMMENT || strings.HasPrefix(t.lit, "//go:") {
			fmt.Fprintf(h, "%s %q\n", t.tok, t.lit)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
