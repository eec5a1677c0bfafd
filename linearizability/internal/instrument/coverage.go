package instrument

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// block is a line of a coverage profile: file:line.column,line.column n count
var block = regexp.MustCompile(`^(.+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$`)

// Unreached lists the statements of the original files that no run has reached,
// as "file:line-line". coverdir is where programs built with BuildOptions.Cover
// were told to leave their counts, by GOCOVERDIR.
func (c *Copy) Unreached(ctx context.Context, coverdir string) ([]string, error) {
	coverdir, err := filepath.Abs(coverdir)
	if err != nil {
		return nil, fmt.Errorf("instrument: %w", err)
	}
	dir, err := os.MkdirTemp("", "mapspec")
	if err != nil {
		return nil, fmt.Errorf("instrument: %w", err)
	}
	defer os.RemoveAll(dir)
	profile := filepath.Join(dir, "profile.txt")
	if _, err := c.inCopy().run(ctx, "tool", "covdata", "textfmt", "-i="+coverdir, "-o="+profile); err != nil {
		return nil, fmt.Errorf("instrument: what %s has: %w", coverdir, err)
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		return nil, fmt.Errorf("instrument: %w", err)
	}
	original := make(map[string]string)
	for _, f := range c.Files {
		if p, err := c.importPath(f); err == nil && f.Original != "" {
			original[path.Join(p, filepath.Base(f.Copy))] = f.Original
		}
	}
	return unreached(string(text), original)
}

// lines are some lines of a file.
type lines struct {
	file     string
	from, to int
}

// unreached reads a profile: a block is unreached if no line of it has a count.
func unreached(profile string, original map[string]string) ([]string, error) {
	reached := make(map[string]bool) // by block
	places := make(map[string]lines)
	for line := range strings.Lines(profile) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "mode:") {
			continue
		}
		m := block.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("instrument: %q is no line of a coverage profile", line)
		}
		file, ok := original[m[1]]
		if !ok {
			continue // generated
		}
		id := line[:strings.LastIndexByte(line, ' ')]
		from, _ := strconv.Atoi(m[2])
		to, _ := strconv.Atoi(m[3])
		places[id] = lines{file, from, to}
		reached[id] = reached[id] || m[4] != "0"
	}
	var missed []lines
	for id, at := range places {
		if !reached[id] {
			missed = append(missed, at)
		}
	}
	return describe(missed), nil
}

// describe sorts places and writes each once.
func describe(places []lines) []string {
	unique := make(map[lines]bool)
	for _, p := range places {
		unique[p] = true
	}
	var all []string
	for _, p := range slices.SortedFunc(maps.Keys(unique), func(a, b lines) int {
		return cmp.Or(strings.Compare(a.file, b.file), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	}) {
		all = append(all, fmt.Sprintf("%s:%d-%d", p.file, p.from, p.to))
	}
	return all
}
