package docs_test

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/testpart"
)

// A generated part of a page stands between two comments:
//
//	<!-- generated: NAME -->
//	<!-- end -->
//
// Some generators take an argument: <!-- generated: NAME: ARGUMENT -->.

const regenerate = "go test ./linearizability/internal/docs -run TestGeneratedParts -update"

// generators make the generated parts, by name. Those that run mapspec return
// errSlow with -short.
var generators = map[string]func(t *testing.T, argument string) ([]string, error){
	"contents":        func(*testing.T, string) ([]string, error) { return contents(), nil },
	"clause coverage": func(t *testing.T, _ string) ([]string, error) { return clauseCoverage(t), nil },
	"tests":           func(t *testing.T, _ string) ([]string, error) { return testMatrix(allCitations(t)), nil },
	"broken maps":     func(*testing.T, string) ([]string, error) { return brokenMaps(), nil },
	"explored clauses": func(t *testing.T, _ string) ([]string, error) {
		return certificateMatrix(readCertificates(t)), nil
	},
	"certificates": func(t *testing.T, _ string) ([]string, error) { return certificateRows(readCertificates(t)), nil },
	"commands":     func(t *testing.T, _ string) ([]string, error) { return commandLines(readCertificates(t)), nil },
	"certificate":  certificateText,
	"yardsticks":   func(t *testing.T, _ string) ([]string, error) { return yardstickRows(t), nil },
	"mutants":      func(t *testing.T, _ string) ([]string, error) { return byMap(readMutants(t), false), nil },
	"mutants in every way": func(t *testing.T, _ string) ([]string, error) {
		return byMap(readMutants(t), true), nil
	},
	"operators": func(t *testing.T, _ string) ([]string, error) { return byOperator(readMutants(t)), nil },
	"cost":      func(t *testing.T, _ string) ([]string, error) { return costRows(t), nil },
	"trace":     trace,
	"json":      jsonFile,
	"judgement": judgement,
	"code":      code,
	"output":    output,
}

// errSlow says that a part is not generated in this run.
var errSlow = errors.New("slow")

var generatedLine = regexp.MustCompile(`^<!-- generated: ([^:]+?)(?:: (.+))? -->$`)

const endLine = "<!-- end -->"

// TestGeneratedParts compares the generated parts of all pages with what their
// generators make now. With -update it rewrites them.
func TestGeneratedParts(t *testing.T) {
	used := map[string]bool{}
	for _, p := range pages(t) {
		fresh, problems := regenerated(p, func(name, argument string) ([]string, error) {
			used[name] = true
			generate, ok := generators[name]
			if !ok {
				return nil, fmt.Errorf("there is no generator %q", name)
			}
			return generate(t, argument)
		})
		report(t, problems)
		difference := firstDifference(p, fresh)
		switch {
		case difference == "":
		case *update:
			writeLines(t, p.path, fresh)
		default:
			t.Errorf("%s\nrun %s", difference, regenerate)
		}
	}
	for name := range generators {
		if !used[name] {
			t.Errorf("no page has a part <!-- generated: %s -->", name)
		}
	}
}

// regenerated returns p's lines with its generated parts made anew, one blank
// line around each.
func regenerated(p page, generate func(name, argument string) ([]string, error)) (fresh, problems []string) {
	for i := 0; i < len(p.lines); i++ {
		fresh = append(fresh, p.lines[i])
		m := generatedLine.FindStringSubmatch(p.lines[i])
		if m == nil || p.fence[i] != "" {
			continue
		}
		length := slices.Index(p.lines[i:], endLine)
		if length < 0 {
			problems = append(problems, p.at(i)+"want a line "+endLine+" after this part")
			continue
		}
		lines, err := generate(m[1], m[2])
		if err != nil {
			if !errors.Is(err, errSlow) {
				problems = append(problems, p.at(i)+err.Error())
			}
			fresh = append(fresh, p.lines[i+1:i+length]...)
		} else {
			fresh = slices.Concat(fresh, []string{""}, lines, []string{""})
		}
		fresh = append(fresh, endLine)
		i += length
	}
	return fresh, problems
}

// firstDifference returns a message about the first line of p that is not the one
// wanted, or "".
func firstDifference(p page, want []string) string {
	for i := range max(len(p.lines), len(want)) {
		switch {
		case i >= len(p.lines):
			return fmt.Sprintf("%s: the end is missing, from %q on", p.path, want[i])
		case i >= len(want):
			return fmt.Sprintf("%s%q is stale, want the end", p.at(i), p.lines[i])
		case p.lines[i] != want[i]:
			return fmt.Sprintf("%s%q is stale, want %q", p.at(i), p.lines[i], want[i])
		}
	}
	return ""
}

// fenced returns lines as a block of code.
func fenced(language string, lines []string) []string {
	return slices.Concat([]string{"```" + language}, lines, []string{"```"})
}

// excerpt returns the part of lines that begins with a title, in which a space
// stands for any number of them. If the line below the title is indented, the part
// ends at the next line that is not. Otherwise it is one paragraph.
func excerpt(lines []string, title string) ([]string, error) {
	begin := slices.IndexFunc(lines, func(l string) bool {
		return !strings.HasPrefix(l, " ") && strings.HasPrefix(strings.Join(strings.Fields(l), " "), title)
	})
	if begin < 0 {
		return nil, fmt.Errorf("there is no line that begins with %q", title)
	}
	end := begin + 1
	indented := end < len(lines) && strings.HasPrefix(lines[end], " ")
	for end < len(lines) && (indented && (lines[end] == "" || strings.HasPrefix(lines[end], " ")) || !indented && lines[end] != "") {
		end++
	}
	for lines[end-1] == "" {
		end--
	}
	return lines[begin:end], nil
}

// code quotes a source file, from a line that contains the text after "from" up to
// one that contains the text after "to". Its argument is FILE from TEXT to TEXT.
func code(t *testing.T, argument string) ([]string, error) {
	file, rest, _ := strings.Cut(argument, " from ")
	from, to, ok := strings.Cut(rest, " to ")
	if !ok {
		return nil, fmt.Errorf("%q: want FILE from TEXT to TEXT", argument)
	}
	lines := strings.Split(readFile(t, file), "\n")
	begin := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, from) })
	if begin < 0 {
		return nil, fmt.Errorf("%s has no %q", file, from)
	}
	length := slices.IndexFunc(lines[begin:], func(l string) bool { return strings.Contains(l, to) })
	if length < 0 {
		return nil, fmt.Errorf("%s has no %q after %q", file, to, from)
	}
	lines = slices.Clone(lines[begin : begin+length+1])
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "\t")
	}
	return fenced("go", lines), nil
}

// output quotes what mapspec prints. Its argument is the arguments of the command
// and the title of an excerpt, with " | " between.
func output(t *testing.T, argument string) ([]string, error) {
	if testing.Short() {
		return nil, errSlow
	}
	args, title, ok := strings.Cut(argument, " | ")
	if !ok {
		return nil, fmt.Errorf("%q: want ARGUMENTS | TITLE", argument)
	}
	if strings.HasPrefix(args, "check ") && !*update && !testpart.Run(0) {
		return nil, errSlow // it judges the whole catalogue: not in the default run
	}
	command := exec.Command(buildMapspec(t), append(shellWords(args), "-o", t.TempDir())...)
	command.Dir = root
	out, err := command.Output()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return nil, fmt.Errorf("mapspec %s: %w", args, err) // a violation is status 1
	}
	lines := strings.Split(string(out), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	lines, err = excerpt(lines, title)
	return fenced("text", lines), err
}

func TestStalePartsAreReplaced(t *testing.T) {
	generate := func(name, argument string) ([]string, error) {
		switch name {
		case "x":
			return []string{"new " + argument}, nil
		case "slow":
			return nil, errSlow
		}
		return nil, errors.New("there is no generator")
	}
	good := parsePage("p.md", "a\n<!-- generated: x: y: z -->\n\nnew y: z\n\n<!-- end -->\nb\n<!-- generated: slow -->\nold\n<!-- end -->")
	stale := parsePage("p.md", "a\n<!-- generated: x: y: z -->\nold\n<!-- end -->\nb\n<!-- generated: slow -->\nold\n<!-- end -->")
	for _, p := range []page{good, stale} {
		fresh, problems := regenerated(p, generate)
		wantProblems(t, problems)
		if !slices.Equal(fresh, good.lines) {
			t.Errorf("%q becomes %q", p.lines, fresh)
		}
	}
	for text, problem := range map[string]string{
		"<!-- generated: x -->":               "p.md:1: want a line <!-- end -->",
		"<!-- generated: y -->\n<!-- end -->": "p.md:1: there is no generator",
	} {
		_, problems := regenerated(parsePage("p.md", text), generate)
		wantProblems(t, problems, problem)
	}
}

func TestDifferencesAreShown(t *testing.T) {
	p := parsePage("p.md", "a\nb")
	for want, text := range map[string]string{
		"a\nb":    "",
		"a\nc":    `p.md:2: "b" is stale, want "c"`,
		"a":       `p.md:2: "b" is stale, want the end`,
		"a\nb\nc": `p.md: the end is missing, from "c" on`,
	} {
		if got := firstDifference(p, strings.Split(want, "\n")); got != text {
			t.Errorf("want %q: got %q, want %q", want, got, text)
		}
	}
}

func TestExcerpts(t *testing.T) {
	lines := strings.Split("mapspec found\n\nWhat happened\n    Load\n\n    Store\n\nmap  found\nm1  none\n\nlegend", "\n")
	for title, want := range map[string]string{
		"What":      "What happened\n    Load\n\n    Store",
		"map found": "map  found\nm1  none",
		"leg":       "legend",
	} {
		if got, err := excerpt(lines, title); err != nil || strings.Join(got, "\n") != want {
			t.Errorf("%s: %q, %v, want %q", title, got, err, want)
		}
	}
	if got, err := excerpt(lines, "Why"); err == nil {
		t.Errorf("there is an excerpt %q", got)
	}
}
