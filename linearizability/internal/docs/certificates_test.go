package docs_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/instrument"
	"github.com/mapspec/mapspec/linearizability/internal/program"
)

const (
	yardsticksPath = "linearizability/explore/testdata/yardsticks.golden"
	certificates   = "docs/certificates"
)

// yardstickRows returns the table of the yardsticks, from what TestYardsticks
// wrote.
func yardstickRows(t *testing.T) []string {
	t.Helper()
	rows := []string{"| program | size | classes | executions | cut short |", "|---|--:|--:|--:|--:|"}
	for line := range strings.Lines(readFile(t, yardsticksPath)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		for i := 1; i < len(cells); i++ {
			cells[i] = withCommas(cells[i])
		}
		rows = append(rows, tableRow(cells))
	}
	return rows
}

// withCommas groups the digits of a number.
func withCommas(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func count(n int) string { return withCommas(fmt.Sprint(n)) }

// saved is a certificate and the name of its file.
type saved struct {
	file string
	*explore.Certificate
}

// readCertificates returns the certificates of docs/certificates in the order of
// their names. Each file has one.
func readCertificates(t *testing.T) (all []saved) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, certificates, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files in %s, %v", len(files), certificates, err)
	}
	for _, name := range files {
		all = append(all, saved{filepath.Base(name), readCertificate(t, name)})
	}
	return all
}

func readCertificate(t *testing.T, name string) *explore.Certificate {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	found, err := explore.ReadCertificates(f)
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %d certificates, want one; %v", name, len(found), err)
	}
	return found[0]
}

// certificateText quotes the certificate in a file as mapspec prints it.
func certificateText(t *testing.T, file string) ([]string, error) {
	var text strings.Builder
	c := readCertificate(t, filepath.Join(root, certificates, file))
	if err := c.Text(&text, func(explore.Violation) string { return "" }); err != nil {
		return nil, err
	}
	return fenced("text", strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")), nil
}

// certificateRows returns the table of certificates.
func certificateRows(all []saved) []string {
	rows := []string{
		"| map | size | keys | initial maps | hash policies | programs | classes | coverage | not reached | races | violations | seconds | Go |",
		"|---|---|--:|---|---|--:|--:|---|--:|---|---|--:|---|",
	}
	for _, c := range all {
		var broken []string
		for _, v := range c.Violations {
			broken = append(broken, string(v.Clause))
		}
		cells := []string{
			fmt.Sprintf("[%s](certificates/%s)", c.Map, c.file), c.Size, fmt.Sprint(c.Keys), strings.Join(c.Initials, ", "),
			strings.Join(c.Policies, ", "), count(c.Programs), count(c.Classes), c.Coverage, unreached(c),
			c.Races, cmp.Or(strings.Join(broken, ", "), "none"), fmt.Sprintf("%.0f", c.Seconds), strings.TrimPrefix(c.Go, "go"),
		}
		rows = append(rows, tableRow(cells))
	}
	return rows
}

// unreached returns how many places of the copy no program reached.
func unreached(c saved) string {
	if c.Unreached == nil {
		return "not counted"
	}
	return fmt.Sprintf("%d places", len(c.Unreached))
}

// commandLines returns the commands that make the certificates again.
func commandLines(all []saved) []string {
	var lines []string
	for _, c := range all {
		lines = append(lines, "# "+c.file, remake(c.Certificate))
	}
	return fenced("sh", lines)
}

// remake returns the command that makes c again.
func remake(c *explore.Certificate) string {
	words := []string{"go run", mapspecPackage, "explore"}
	if _, ok := impl.Find(c.Map); ok {
		words = append(words, "-map", c.Map)
	} else {
		words = append(words, "-pkg", c.Import, "-new", "'"+c.New+"'")
	}
	if len(c.Hash) > 0 {
		words = append(words, "-hash", strings.Join(c.Hash, ","))
	}
	words = append(words, "-size", c.Size)
	if c.Keys != 2 {
		words = append(words, "-keys", fmt.Sprint(c.Keys))
	}
	if methods := restricted(c); len(methods) > 0 {
		words = append(words, "-methods", strings.Join(methods, ","))
	}
	if single := slices.ContainsFunc(c.Notes, func(n string) bool { return strings.Contains(n, "one policy stands for all") }); !single &&
		!slices.Equal(c.Policies, explore.Policies) {
		words = append(words, "-hashes", strings.Join(c.Policies, ","))
	}
	if missing := without(explore.Initials, c.Initials); len(missing) > 0 && !eachNoted(missing, c.Notes) {
		words = append(words, "-initial", quoteWords(strings.Join(c.Initials, ",")))
	}
	if c.Policy != "dpor" {
		words = append(words, "-policy", c.Policy)
	}
	if !c.Stalls {
		words = append(words, "-stalls=false")
	}
	if c.Races != "not checked" {
		words = append(words, "-race")
	}
	return strings.Join(append(words, "-cover", "-json"), " ")
}

// restricted lists the methods that the programs of c call, if its map has others
// too. It lists none for a map that is not in the catalogue.
func restricted(c *explore.Certificate) []string {
	m, ok := impl.Find(c.Map)
	if !ok || len(c.Alphabet) == 0 {
		return nil
	}
	in := m.Subject.Bind()
	var all, some []string
	for _, o := range program.NewAlphabet(in.Methods(), in.Traits(), 1).Ops() {
		name := o.Method.String()
		if o.Func != nil {
			continue // the traversal without this callback is in the alphabet too
		}
		all = append(all, name)
		if slices.ContainsFunc(c.Alphabet, func(letter string) bool { return letter == name || strings.HasPrefix(letter, name+"(") }) {
			some = append(some, name)
		}
	}
	if len(some) == len(all) {
		return nil
	}
	return some
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}

// eachNoted reports whether notes say of each of these initial maps that there is
// none.
func eachNoted(initials, notes []string) bool {
	return !slices.ContainsFunc(initials, func(i string) bool {
		return !slices.ContainsFunc(notes, func(n string) bool { return strings.HasPrefix(n, fmt.Sprintf("no map %q", i)) })
	})
}

func quoteWords(s string) string {
	if strings.Contains(s, " ") {
		return "'" + s + "'"
	}
	return s
}

// The digest in a certificate is that of the source as it is now. A certificate
// made with another version of Go, or on another platform, cannot be compared.
func TestCertificatesAreOfThePresentSource(t *testing.T) {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	digests := map[string]string{} // by import path and hash functions, as a copy takes half a second
	for _, c := range readCertificates(t) {
		t.Run(c.file, func(t *testing.T) {
			if c.Go != runtime.Version() || c.Platform != platform {
				t.Skipf("made with %s on %s, this is %s on %s", c.Go, c.Platform, runtime.Version(), platform)
			}
			of := fmt.Sprint(c.Import, c.Hash)
			if digests[of] == "" {
				source, err := instrument.New(t.Context(), instrument.Source{Dir: root, Import: c.Import, Hash: c.Hash}, filepath.Join(t.TempDir(), "module"))
				if err != nil {
					t.Fatal(err)
				}
				digests[of] = source.Digest
			}
			if digests[of] != c.Digest {
				t.Errorf("%s is stale: the source of %s has changed; make it again with\n%s > %s/%s\nand run %s",
					c.file, c.Import, remake(c.Certificate), certificates, c.file, regenerate)
			}
		})
	}
}

func TestCommandsMakeTheirCertificates(t *testing.T) {
	const run = "go run ./linearizability/cmd/mapspec explore "
	for want, c := range map[string]explore.Certificate{
		"-map locked -size 2x2 -hashes mix -initial empty -cover -json": {
			Map: "locked", Size: "2x2", Keys: 2, Policies: []string{"mix"}, Initials: []string{"empty"}},
		"-map sync.Map -size 2x1 -keys 3 -stalls=false -race -cover -json": {
			Map: "sync.Map", Size: "2x1", Keys: 3, Policies: explore.Policies, Initials: explore.Initials, Races: "none seen"},
		"-map sync.Map -size 3x2 -keys 1 -methods LoadAndDelete,Swap -cover -json": {
			Map: "sync.Map", Size: "3x2", Keys: 1, Policies: explore.Policies, Initials: explore.Initials, Alphabet: []string{"LoadAndDelete(k0)", "Swap(k0)"}},
		"-map go1.15.2 -size 2x2 -cover -json": {
			Map: "go1.15.2", Size: "2x2", Keys: 2, Policies: explore.Policies, Initials: explore.Initials, Alphabet: []string{
				"Load(k0)", "Store(k0)", "LoadOrStore(k0)", "LoadAndDelete(k0)", "Delete(k0)", "Load(k1)", "Range, its callback calls Store(k0)", "Range"}},
		"-map locked -size 2x1 -cover -json": {
			Map: "locked", Size: "2x1", Keys: 2, Policies: []string{"mix"}, Initials: explore.Initials[:3],
			Notes: []string{"the map asks for no hash: one policy stands for all", `no map "before growth" under mix`, `no map "before shrink" under mix`}},
		"-map locked -size 2x1 -hashes mix -initial 'empty,one key' -policy pct:3 -cover -json": {
			Map: "locked", Size: "2x1", Keys: 2, Policies: []string{"mix"}, Initials: explore.Initials[:2], Policy: "pct:3"},
		"-pkg example.com/m -new 'new(m.Map[string, int])' -size 1x1 -hashes mix -initial empty -cover -json": {
			Map: "m", Alphabet: []string{"Load(k0)"}, Import: "example.com/m", New: "new(m.Map[string, int])", Size: "1x1", Keys: 2, Policies: []string{"mix"}, Initials: []string{"empty"}},
	} {
		c.Stalls = !strings.Contains(want, "-stalls=false")
		c.Policy, c.Races = cmp.Or(c.Policy, "dpor"), cmp.Or(c.Races, "not checked")
		if got := remake(&c); got != run+want {
			t.Errorf("got  %s\nwant %s", got, run+want)
		}
	}
}
