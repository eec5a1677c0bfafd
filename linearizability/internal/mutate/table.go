package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// The columns of a table with results.
const (
	everyClass = iota
	pct
	oneGoroutine
	stress
	race
	columns
)

// Columns in which a mutant dies by more than luck, the cheapest first; and
// columns whose smallest program the table shows, the first that has one.
var (
	deadly = []int{everyClass, oneGoroutine, race, pct}
	shown  = []int{everyClass, race, pct}
)

const (
	separator   = " | "
	titles      = "operator | where | change | every class | sample (PCT) | one goroutine | stress | -race | smallest program, or why none is expected"
	survives    = "-" // a mutant that was tried
	unexplained = "(unexplained)"
	hole        = "(HOLE: "
)

// row is what is known of a mutant, a line of a table.
type row struct {
	operator, where, change string
	results                 [columns]string // "" if it was not tried, or the size and the clause, "crash" or "endless"
	last                    string          // the smallest program; or why the mutant survives, in parentheses
}

// key names a mutant by what stays the same when lines move.
func (r *row) key() string {
	file, _, _ := strings.Cut(r.where, ":")
	return file + ", " + r.operator + ": " + r.change
}

func (r *row) killed(column int) bool {
	return r.results[column] != "" && r.results[column] != survives
}

// killer is the index of the first column of list in which the mutant dies, or
// len(list).
func (r *row) killer(list []int) int {
	for i, column := range list {
		if r.killed(column) {
			return i
		}
	}
	return len(list)
}

// survived reports whether nothing but luck has killed the mutant.
func (r *row) survived() bool { return r.killer(deadly) == len(deadly) }

func (r *row) String() string {
	cells := append([]string{r.operator, r.where, r.change}, r.results[:]...)
	return strings.TrimSpace(strings.Join(append(cells, r.last), separator))
}

// parseRow is the inverse of row.String.
func parseRow(line string) (row, error) {
	cells := strings.Split(line+" ", separator)
	if len(cells) != 4+columns {
		return row{}, fmt.Errorf("%d cells, want %d", len(cells), 4+columns)
	}
	return row{cells[0], cells[1], cells[2], [columns]string(cells[3:]), strings.TrimSpace(cells[3+columns])}, nil
}

// table is the name of the file with the table of c.
func (c *code) table() string { return "mutants." + c.argument() + ".golden" }

// tableText is a table as it is in its file, a summary first.
func tableText(c *code, rows []row) []byte {
	var b bytes.Buffer
	if c.name == "hash trie" {
		fmt.Fprintf(&b, "toolchain: %s\n", runtime.Version())
	}
	fmt.Fprintf(&b, "The mutants of %s, made by go run ./linearizability/internal/mutate %s\n\n", c.name, c.argument())
	fmt.Fprintf(&b, "%-30s %7s %12s %13s %6s %6s %10s\n", "operator", "mutants", "every class", "one goroutine", "-race", "PCT", "survive")
	for _, o := range operators {
		count(&b, o.name, slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.operator != o.name }))
	}
	count(&b, "all of "+c.name, rows)
	b.WriteString("\nevery class\n")
	for _, x := range c.small {
		fmt.Fprintf(&b, "\t%s\n", x)
	}
	b.WriteString("and of what neither these kill, nor one goroutine, nor -race on the first\n")
	for _, x := range c.large {
		fmt.Fprintf(&b, "\t%s\n", x)
	}
	b.WriteString("\n" + titles + "\n")
	for _, r := range rows {
		fmt.Fprintln(&b, &r)
	}
	return b.Bytes()
}

// count writes how many mutants die first in which column, if there are any.
func count(b *bytes.Buffer, name string, rows []row) {
	var n [5]int // in the order of deadly, and survivors
	for _, r := range rows {
		n[r.killer(deadly)]++
	}
	if len(rows) > 0 {
		fmt.Fprintf(b, "%-30s %7d %12d %13d %6d %6d %10d\n", name, len(rows), n[0], n[1], n[2], n[3], n[4])
	}
}

var errToolchain = errors.New("about the map of another toolchain")

// readTable reads a table, which is empty if there is no file yet.
func readTable(path string, c *code) (rows []row, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err = os.Stat(filepath.Dir(path)); err != nil {
			return nil, fmt.Errorf("no folder %s: run this at the root of the repository, or name the folder of the tables with -tables", filepath.Dir(path))
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	head, body, ok := strings.Cut(string(text), titles+"\n")
	if !ok {
		return nil, fmt.Errorf("%s has no line %q: restore it", path, titles)
	}
	version, _, _ := strings.Cut(head, "\n")
	if v, ok := strings.CutPrefix(version, "toolchain: "); ok && v != runtime.Version() {
		return nil, fmt.Errorf("%s is %w: run with GOTOOLCHAIN=%s, or change its first line to %s if the source is the same", path, errToolchain, v, runtime.Version())
	}
	for line := range strings.Lines(body) {
		r, err := parseRow(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w in the row %q: restore it", path, err, line)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// problems lists the survivors that somebody has to look at.
func problems(rows []row) (list []string) {
	for _, r := range rows {
		switch {
		case !r.survived():
		case r.last == unexplained:
			list = append(list, r.key()+" survives: write the reason into the last column of the table, in parentheses")
		case r.killed(stress) && !strings.HasPrefix(r.last, hole):
			list = append(list, r.key()+" is said to be right, but stress sees "+r.results[stress]+": correct the reason")
		}
	}
	return list
}
