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

// block matches a line of a coverage profile: file:line.column,line.column n count
var block = regexp.MustCompile(`^(.+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$`)

// Unreached returns the statements of the original files that no run has reached, as
// "file:line-line". coverdir is the folder where programs that were built with
// BuildOptions.Cover left their counts: the value of GOCOVERDIR when they ran.
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
		return nil, fmt.Errorf("instrument: reading the coverage in %s: %w", coverdir, err)
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

// lineRange is a range of lines in a file.
type lineRange struct {
	file     string
	from, to int
}

// unreached returns the blocks of a profile that no run has reached. A profile may have
// several lines for a block.
func unreached(profile string, original map[string]string) ([]string, error) {
	reached := make(map[string]bool) // by block
	places := make(map[string]lineRange)
	for line := range strings.Lines(profile) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "mode:") {
			continue
		}
		m := block.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("instrument: %q is not a line of a coverage profile", line)
		}
		file, ok := original[m[1]]
		if !ok {
			continue // a generated file
		}
		id := line[:strings.LastIndexByte(line, ' ')]
		from, _ := strconv.Atoi(m[2])
		to, _ := strconv.Atoi(m[3])
		places[id] = lineRange{file, from, to}
		reached[id] = reached[id] || m[4] != "0"
	}
	var missed []lineRange
	for id, at := range places {
		if !reached[id] {
			missed = append(missed, at)
		}
	}
	return describe(missed), nil
}

// describe returns the places as text, sorted and without duplicates.
func describe(places []lineRange) []string {
	unique := make(map[lineRange]bool)
	for _, p := range places {
		unique[p] = true
	}
	var all []string
	for _, p := range slices.SortedFunc(maps.Keys(unique), func(a, b lineRange) int {
		return cmp.Or(strings.Compare(a.file, b.file), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	}) {
		all = append(all, fmt.Sprintf("%s:%d-%d", p.file, p.from, p.to))
	}
	return all
}
