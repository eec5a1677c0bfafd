package docs_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// A page is one Markdown file, line by line.
type page struct {
	path  string // relative to the root of the repository
	lines []string
	// fence says for each line which kind of code block it is in: the first word
	// after its ```, "text" if there is none, and "" outside of code blocks.
	fence []string
}

func parsePage(path, text string) page {
	p := page{path: path, lines: strings.Split(text, "\n")}
	open := ""
	for _, line := range p.lines {
		word, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && open == "":
			open, _, _ = strings.Cut(strings.TrimSpace(word), " ")
			if open == "" {
				open = "text"
			}
			p.fence = append(p.fence, open)
		case isFence:
			p.fence = append(p.fence, open)
			open = ""
		default:
			p.fence = append(p.fence, open)
		}
	}
	return p
}

// at returns the beginning of a message about line i, counted from 0.
func (p page) at(i int) string { return fmt.Sprintf("%s:%d: ", p.path, i+1) }

// prose returns the page with its code blocks blanked.
func (p page) prose() string {
	lines := make([]string, len(p.lines))
	for i, line := range p.lines {
		if p.fence[i] == "" {
			lines[i] = line
		}
	}
	return strings.Join(lines, "\n")
}

// A heading is a heading's text without markup, its level, and its line.
type heading struct {
	text  string
	level int
	line  int
}

var (
	headingLine = regexp.MustCompile(`^(#{1,6}) +(.*?) *$`)
	markup      = regexp.MustCompile("\\[([^\\]]*)\\]\\([^)]*\\)|[`*]")
	anchorLine  = regexp.MustCompile(`^<a id="([^"]+)"></a>$`)
)

func (p page) headings() []heading {
	var all []heading
	for i, line := range p.lines {
		if m := headingLine.FindStringSubmatch(line); m != nil && p.fence[i] == "" {
			all = append(all, heading{markup.ReplaceAllString(m[2], "$1"), len(m[1]), i})
		}
	}
	return all
}

// anchors returns the anchors of the page: those that GitHub gives to headings,
// and those that are written as <a id="x"></a> in a line of their own.
func (p page) anchors() map[string]bool {
	anchors := map[string]bool{}
	for i, line := range p.lines {
		if m := anchorLine.FindStringSubmatch(line); m != nil && p.fence[i] == "" {
			anchors[m[1]] = true
		}
	}
	for _, h := range p.headings() {
		slug := slugOf(h.text)
		name := slug
		for n := 1; anchors[name]; n++ {
			name = fmt.Sprintf("%s-%d", slug, n)
		}
		anchors[name] = true
	}
	return anchors
}

func slugOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// section returns the range of lines under the heading with this text, up to the
// next heading of its level or above; ok is false if there is no such heading.
func (p page) section(text string) (first, end int, ok bool) {
	level := 0
	for _, h := range p.headings() {
		if ok && h.level <= level {
			return first, h.line, true
		}
		if !ok && h.text == text {
			first, level, ok = h.line+1, h.level, true
		}
	}
	return first, len(p.lines), ok
}

// rows returns the cells of each row of the tables in lines [first, end), without
// the heads.
func (p page) rows(first, end int) [][]string {
	var rows [][]string
	for i := first; i < end; i++ {
		line := p.lines[i]
		head := i+1 < end && strings.HasPrefix(p.lines[i+1], "|--")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") || head || p.fence[i] != "" {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		rows = append(rows, cells)
	}
	return rows
}

func TestPageKnowsItsHeadingsAndCode(t *testing.T) {
	p := parsePage("p.md", "# One `two`, three!\n```sh ci\n# not a heading\n```\n## Same\n## Same\n<a id=\"here\"></a>")
	got := fmt.Sprint(p.headings(), p.anchors(), p.fence)
	want := fmt.Sprint([]heading{{"One two, three!", 1, 0}, {"Same", 2, 4}, {"Same", 2, 5}},
		map[string]bool{"one-two-three": true, "same": true, "same-1": true, "here": true},
		[]string{"", "sh", "sh", "sh", "", "", ""})
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if first, end, ok := p.section("Same"); first != 5 || end != 5 || !ok {
		t.Errorf("section Same is %d to %d, %v", first, end, ok)
	}
}

func TestRowsLeaveOutTheHead(t *testing.T) {
	p := parsePage("p.md", "| a | b |\n|---|---|\n| `x` | 1 |\n| y | 2 |\n")
	if got := fmt.Sprint(p.rows(0, len(p.lines))); got != "[[`x` 1] [y 2]]" {
		t.Errorf("rows are %s", got)
	}
}
