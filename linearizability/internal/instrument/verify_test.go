package instrument

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const tampered = `//go:build go1.18

package m

import (
	"sync"
	"time"
	_ "unsafe"
)

var mu sync.Mutex

func F(m map[int]int, ch chan int) (n int) {
	for k := range m {
		n += k
	}
	if n > 3 {
		time.Sleep(1)
	}
	<-ch
	return n
}

//go:linkname number runtime.rand
func number() uint64

func hash(key, seed uint64) uint64 {
	return key * seed
}

func other(key uint64) uint64 {
	return key
}
`

// Verify detects every way of tampering with a copy.
func TestVerifyDetectsTampering(t *testing.T) {
	for name, s := range map[string]struct{ old, new string }{
		"a comparison":                         {"n > 3", "n >= 3"},
		"a constant":                           {"Sleep(1)", "Sleep(2)"},
		"a name":                               {"n += k", "n += n"},
		"a missing statement":                  {"n += k", ""},
		"an extra statement":                   {"n += k", "n += k; n++"},
		"an extra line":                        {"n += k", "n += k\n"},
		"a comment":                            {"var mu", "/* new */ var mu"},
		"an extra directive":                   {"var mu", "//go:norace\nvar mu"},
		"an import that is not redirected":     {`sync "github.com/mapspec/mapspec/linearizability/internal/shim/sync"`, `"sync"`},
		"an import of another stand-in":        {"shim/sync\"", "shim/runtime\""},
		"an import's name":                     {`sync "github`, `sink "github`},
		"an extra import":                      {"package m", `package m; import mapspecOther "github.com/mapspec/mapspec/linearizability/internal/shim/other"`},
		"an extra import of a stand-in":        {"package m", `package m; import mapspecRandom "github.com/mapspec/mapspec/linearizability/internal/shim/random"`},
		"a range that is not ordered":          {"mapspecOrdered.Map(m)", "m"},
		"another function for the order":       {"mapspecOrdered.Map(m)", "mapspecOrdered.Other(m)"},
		"another map":                          {"mapspecOrdered.Map(m)", "mapspecOrdered.Map(n)"},
		"an extra argument":                    {"mapspecOrdered.Map(m)", "mapspecOrdered.Map(m, m)"},
		"a missing refusal":                    {`mapspecRefuse.At("channel receive", "m.go:20"); `, ""},
		"an extra refusal":                     {"return n", `mapspecRefuse.At("nothing", "m.go:21"); return n`},
		"a refusal's line":                     {`"m.go:20"`, `"m.go:2"`},
		"a refusal's file":                     {`"m.go:20"`, `"n.go:20"`},
		"a refusal's argument":                 {`"channel receive"`, `"a" + "b"`},
		"a body":                               {"mapspecRandom.Uint64()", "4"},
		"a body's type":                        {"uint64(mapspecRandom", "uint32(mapspecRandom"},
		"a directive that is not neutralized":  {"// go:linkname", "//go:linkname"},
		"a constraint that is not neutralized": {"// go:build", "//go:build"},
		"a constraint's text":                  {"// go:build go1.18", "// go:build go1.17"},
		"a hash function that is not replaced": {" return uint64(mapspecHashing.Any(key, uint64(seed)));", ""},
		"a hash of another value":              {"Any(key,", "Any(number(),"},
		"a hash of the seed":                   {"Any(key,", "Any(seed,"},
		"a hash without seed":                  {"uint64(seed)))", "0))"},
		"a hash of another type":               {"return uint64(mapspecHashing", "return uint32(mapspecHashing"},
		"a hash that is changed":               {"uint64(seed)));", "uint64(seed))) + 1;"},
		"a hash without semicolon":             {"uint64(seed)));", "uint64(seed)))"},
		"a hash by another function":           {"mapspecHashing.Any(", "mapspecHashing.Uint64("},
		"another hash function":                {"func other(key uint64) uint64 {", "func other(key uint64) uint64 { return uint64(mapspecHashing.Any(key, 0));"},
		"an extra function":                    {"func F(", "func G() {}\nfunc F("},
		"invalid Go":                           {"func F(", "func F(\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := copyFile(t, tampered, "example.com/m.hash")
			tamper(t, c.Files[0].Copy, s.old, s.new)
			if err := c.Verify(); err == nil {
				t.Error("not detected")
			} else if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has more than one line: %v", err)
			}
		})
	}
}

// Verify also compares the edits, the originals and the list of files with the record.
func TestVerifyDetectsDifferencesFromTheRecord(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, c *Copy){
		"a missing edit":        func(_ *testing.T, c *Copy) { c.Files[0].Edits = c.Files[0].Edits[1:] },
		"another hash function": func(_ *testing.T, c *Copy) { c.Hash = []string{"example.com/m.other"} },
		"another kind":          func(_ *testing.T, c *Copy) { c.Files[0].Edits[0].Kind = Implemented },
		"a changed file":        func(t *testing.T, c *Copy) { tamper(t, c.Files[0].Original, "n += k", "n += 2*k") },
		"no original":           func(t *testing.T, c *Copy) { remove(t, c.Files[0].Original) },
		"no copy":               func(t *testing.T, c *Copy) { remove(t, c.Files[0].Copy) },
		"an extra file": func(t *testing.T, c *Copy) {
			writeFiles(t, filepath.Dir(c.Files[0].Copy), map[string]string{"more.go": "package m\n"})
		},
		"a changed generated file": func(t *testing.T, c *Copy) {
			path := filepath.Join(filepath.Dir(c.Files[0].Copy), preludeName)
			writeFiles(t, "/", map[string]string{path: "package m\n"})
			c.Files = append(c.Files, File{Copy: path})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := copyFile(t, tampered, "example.com/m.hash")
			change(t, c)
			if c.Verify() == nil {
				t.Error("not detected")
			}
		})
	}
}

// copyFile copies a package with one file.
func copyFile(t *testing.T, text string, hash ...string) *Copy {
	t.Helper()
	dir := newModule(t, map[string]string{"m.go": text})
	c, err := New(t.Context(), Source{Dir: dir, Import: "example.com/m", Hash: hash}, filepath.Join(t.TempDir(), "copy"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(); err != nil {
		t.Fatal(err)
	}
	return c
}

func tamper(t *testing.T, path, old, new string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s has no %q:\n%s", path, old, text)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
