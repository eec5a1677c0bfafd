package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// block returns the lines of the fenced block after a marker line.
func block(text, marker string) []string {
	_, after, found := strings.Cut(text, marker+"\n```")
	if !found {
		return nil
	}
	inside, _, _ := strings.Cut(after, "\n```")
	return strings.Split(inside, "\n")[1:]
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The README's code is an example that runs.
func TestReadmeShowsCodeThatRuns(t *testing.T) {
	const file = "impl/readdirty/example_test.go"
	source, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	shown := block(readme(t), "<!-- code: "+file+" -->")
	if len(shown) == 0 || !strings.Contains(string(source), strings.Join(shown, "\n")) {
		t.Errorf("these lines are not in %s:\n%s", file, strings.Join(shown, "\n"))
	}
}

// The README's table is what the command prints.
func TestReadmeShowsTheTableAsPrinted(t *testing.T) {
	if testing.Short() {
		t.Skip("builds mapspec and judges every map with it, some 20 s: run without -short")
	}
	shown := block(readme(t), "<!-- table: mapspec -->")
	command := exec.Command("go", "run", "./linearizability/cmd/mapspec", "check", "-budget", "500ms", "-o", t.TempDir())
	command.Dir = root
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, printed, _ := strings.Cut(string(out), "\n\n")
	printed, _, _ = strings.Cut(printed, "\n\n")
	lines := strings.Split(printed, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	if strings.Join(lines, "\n") != strings.Join(shown, "\n") {
		t.Errorf("printed:\n%s\nthe README has:\n%s", strings.Join(lines, "\n"), strings.Join(shown, "\n"))
	}
}

// The violation in the README is what the command above it prints.
func TestReadmeShowsWhatExplorationFinds(t *testing.T) {
	if testing.Short() {
		t.Skip("builds mapspec and a copy of a map, some seconds: run without -short")
	}
	shown := strings.Join(block(readme(t), "<!-- output: explore -->"), "\n")
	command := exec.Command(buildMapspec(t), "explore", "-map", "S1-compare-then-delete", "-size", "2x1", "-initial", "one key", "-o", t.TempDir())
	command.Dir = root
	out, _ := command.Output() // status 0 as expected, or 1; the text is compared
	_, printed, _ := strings.Cut(string(out), "\nWhat happened\n")
	printed, _, _ = strings.Cut("What happened\n"+printed, "\n\n")
	lines := strings.Split(printed, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	if printed = strings.Join(lines, "\n"); printed != shown {
		t.Errorf("printed:\n%s\nthe README has:\n%s", printed, shown)
	}
}
