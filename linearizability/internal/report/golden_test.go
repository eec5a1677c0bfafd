package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/report/text"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden")

// saved returns the counterexamples in testdata by name: of each kind one, as
// the command saves them.
func saved(t *testing.T) map[string]counterexample.Counterexample {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*", counterexample.ProgramFile))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d counterexamples in testdata, %v", len(files), err)
	}
	list := map[string]counterexample.Counterexample{}
	for _, file := range files {
		dir := filepath.Dir(file)
		c, err := counterexample.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		list[filepath.Base(dir)] = c
	}
	return list
}

// The text of each kind of counterexample is as committed, and fits a screen.
func TestTextIsAsCommitted(t *testing.T) {
	for name, c := range saved(t) {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := text.Write(&b, c); err != nil {
				t.Fatal(err)
			}
			fits(t, b.String())
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.Bytes(), want) {
				t.Errorf("rewrite with -update, if this is better:\n%s", b.String())
			}
		})
	}
}

// fits fails t if text has more than 60 lines, or lines that are much longer
// than 100 columns.
func fits(t *testing.T, text string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) > 60 {
		t.Errorf("%d lines, want 60 at most", len(lines))
	}
	for i, line := range lines {
		if n := len([]rune(line)); n > 120 {
			t.Errorf("line %d has %d columns, want about 100:\n%s", i+1, n, line)
		}
	}
}
