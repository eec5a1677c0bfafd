package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	layout "github.com/mapspec/mapspec/linearizability/internal/report/page"
	explain "github.com/mapspec/mapspec/linearizability/internal/report/text"
)

// failures holds counterexamples as mapspec counterexample -o writes them. The
// pages quote their trace.txt, a part of it at a time:
//
//	<!-- trace: go1.15.0/R1: What happened -->
const failures = "docs/gallery/failures"

var traceLine = regexp.MustCompile(`^<!-- trace: (\S+): (.+) -->$`)

// A saved failure is explained as one found today would be.
//
// With -update its pages are written anew.
func TestSavedFailuresAreExplainedAsToday(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(root, failures, "*", "*"))
	if err != nil || len(dirs) < 3 {
		t.Fatalf("%d failures, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		c, err := counterexample.Load(dir)
		if err != nil {
			t.Error(err)
			continue
		}
		var text strings.Builder
		if err := explain.Write(&text, c); err != nil {
			t.Error(err)
		}
		trace := filepath.Join(dir, "trace.txt")
		if *update {
			writePages(t, dir, c, text.String())
		}
		if was, err := os.ReadFile(trace); err != nil || string(was) != text.String() {
			t.Errorf("%s is not what is written today (%v); rewrite with go test ./linearizability/internal/docs -run TestSavedFailures -update", trace, err)
		}
		page, err := os.ReadFile(filepath.Join(dir, "report.html"))
		if err != nil || !strings.Contains(string(page), "<html") || !strings.Contains(string(page), string(c.Clause)) {
			t.Errorf("report.html of %s: %v", dir, err)
		}
	}
}

func writePages(t *testing.T, dir string, c counterexample.Counterexample, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "trace.txt"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	if err := layout.Write(&page, c); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "report.html"), []byte(page.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// What the pages quote of a failure is what its trace says.
func TestQuotedTracesAreCurrent(t *testing.T) {
	quotes := 0
	for _, p := range pages(t) {
		fresh, n, problems := quoted(p, sectionOf)
		quotes += n
		for _, problem := range problems {
			t.Error(problem)
		}
		if *update && !slices.Equal(fresh, p.lines) {
			name := filepath.Join(root, filepath.FromSlash(p.path))
			if err := os.WriteFile(name, []byte(strings.Join(fresh, "\n")), 0o666); err != nil {
				t.Fatal(err)
			}
		} else if !slices.Equal(fresh, p.lines) {
			t.Errorf("%s quotes a trace that has changed; rewrite with go test ./linearizability/internal/docs -run TestQuotedTraces -update", p.path)
		}
	}
	if quotes < 4 {
		t.Errorf("%d quotes, want at least one of each kind", quotes)
	}
}

// quoted returns p's lines with each quote replaced by what section returns for
// it, and how many there are.
func quoted(p page, section func(failure, title string) ([]string, error)) (fresh []string, quotes int, problems []string) {
	for i := 0; i < len(p.lines); i++ {
		fresh = append(fresh, p.lines[i])
		m := traceLine.FindStringSubmatch(p.lines[i])
		if m == nil || p.fence[i] != "" {
			continue
		}
		end := i + 2
		for end < len(p.lines) && p.lines[end] != "```" {
			end++
		}
		lines, err := section(m[1], m[2])
		if err != nil || i+1 >= len(p.lines) || p.lines[i+1] != "```text" || end == len(p.lines) {
			problems = append(problems, fmt.Sprintf("%swant a block marked text after this line: %v", p.at(i), err))
			continue
		}
		quotes++
		fresh = append(append(append(fresh, "```text"), lines...), "```")
		i = end
	}
	return fresh, quotes, problems
}

// sectionOf returns the lines of a saved failure's trace under a title, the
// title included; "all" is all of it.
func sectionOf(failure, title string) ([]string, error) {
	b, err := os.ReadFile(filepath.Join(root, failures, filepath.FromSlash(failure), "trace.txt"))
	if err != nil {
		return nil, err
	}
	return section(strings.Split(strings.TrimRight(string(b), "\n"), "\n"), title)
}

func section(lines []string, title string) ([]string, error) {
	if title == "all" {
		return lines, nil
	}
	begin := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, title) })
	if begin < 0 {
		return nil, fmt.Errorf("no %q", title)
	}
	end := begin + 1
	for end < len(lines) && (lines[end] == "" || strings.HasPrefix(lines[end], " ")) {
		end++
	}
	for lines[end-1] == "" {
		end--
	}
	return lines[begin:end], nil
}

func TestQuotesThatAreStaleAreSeen(t *testing.T) {
	trace := []string{"m breaks S1", "", "What happened", "    Load", "", "    Store", "", "Why", "    because"}
	of := func(_, title string) ([]string, error) { return section(trace, title) }
	page := func(inside string) page {
		return parsePage("p.md", "<!-- trace: m/S1: What happened -->\n```text\n"+inside+"\n```\nafter\n")
	}
	good := page("What happened\n    Load\n\n    Store")
	if fresh, n, problems := quoted(good, of); !slices.Equal(fresh, good.lines) || n != 1 || len(problems) > 0 {
		t.Errorf("a current quote: %q, %d, %v", fresh, n, problems)
	}
	if fresh, _, _ := quoted(page("What happened\n    Range"), of); !slices.Equal(fresh, good.lines) {
		t.Errorf("a stale quote becomes %q", fresh)
	}
	for _, wrong := range []string{
		"<!-- trace: m/S1: Nothing -->\n```text\n```\n", "<!-- trace: m/S1: Why -->\n```sh\n```\n", "<!-- trace: m/S1: Why -->", "<!-- trace: m/S1: Why -->\n```text\n",
	} {
		if _, _, problems := quoted(parsePage("p.md", wrong), of); len(problems) != 1 {
			t.Errorf("%q: %v", wrong, problems)
		}
	}
}
