package explore

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// row is what is known of a mutant in the end, a line of a table.
type row struct {
	key, operator, where, change       string
	dpor, pct, judged, stressed, raced death
	number                             int // in the table
}

func rowOf(x *mutant) row {
	return row{key: x.key(), operator: x.operator, where: x.where(), change: x.change}
}

// survived reports whether nothing but luck has killed the mutant.
func (r row) survived() bool { return r.dpor.clause+r.pct.clause+r.judged.clause+r.raced.clause == "" }

// program is the smallest that shows it.
func (r row) program() string {
	for _, d := range []death{r.dpor, r.raced, r.pct} {
		if d.clause != "" {
			return d.program
		}
	}
	return ""
}

// columns separates those of a table.
const columns = " | "

const titles = "operator | where | change | every class | sample (PCT) | one goroutine | stress | -race | smallest program, or why none is expected"

func (r row) String() string { return r.line(r.program()) }

func (r row) line(last string) string {
	return strings.TrimSpace(strings.Join([]string{
		r.operator, r.where, r.change, r.dpor.String(), r.pct.String(), r.judged.String(), r.stressed.String(), r.raced.String(), last,
	}, columns))
}

// lasting is what is the same when the mutant is tried again: not luck.
func (r row) lasting() string {
	r.stressed = death{}
	return r.String()
}

// table is what is known of the mutants of m, a summary first.
func table(m mutatedMap, rows []row) string {
	var b strings.Builder
	if m.name == "hash trie" {
		fmt.Fprintf(&b, "toolchain: %s\n", runtime.Version())
	}
	fmt.Fprintf(&b, "The mutants of %s, made by TestMutants: go test ./linearizability/explore -run TestMutants -mutants -update\n\n", m.name)
	summary(&b, m, rows)
	b.WriteString("\nevery class\n")
	for _, s := range m.small {
		fmt.Fprintf(&b, "\t%s\n", s)
	}
	b.WriteString("and of what neither these kill, nor one goroutine, nor -race on the first\n")
	for _, s := range m.large {
		fmt.Fprintf(&b, "\t%s\n", s)
	}
	b.WriteString("\n" + titles + "\n")
	for _, r := range rows {
		last := r.program()
		if r.survived() {
			last = "(" + why(m.name, r.key).String() + ")"
		}
		fmt.Fprintln(&b, r.line(last))
	}
	return b.String()
}

// readTable is the inverse of table: rows by key.
func readTable(t *testing.T, m mutatedMap, path string) map[string]row {
	t.Helper()
	_, text, ok := strings.Cut(readGolden(t, path), titles+"\n")
	if !ok {
		t.Fatalf("%s has no line\n%s", path, titles)
	}
	rows := map[string]row{}
	for line := range strings.Lines(text) {
		c := strings.SplitN(strings.TrimSuffix(line, "\n"), columns, 9)
		for len(c) < 9 {
			c[len(c)-1] = strings.TrimSuffix(c[len(c)-1], " |") // empty cells at the end are trimmed
			c = append(c, "")
		}
		file, _, _ := strings.Cut(c[1], ":")
		r := row{
			key: (&mutant{file: file, operator: c[0], change: c[2]}).key(), operator: c[0], where: c[1], change: c[2],
			dpor: readDeath(c[3]), pct: readDeath(c[4]), judged: readDeath(c[5]), stressed: readDeath(c[6]), raced: readDeath(c[7]),
			number: len(rows),
		}
		for _, d := range []*death{&r.dpor, &r.raced, &r.pct} {
			if d.clause != "" {
				d.program = c[8]
				break
			}
		}
		rows[r.key] = r
	}
	return rows
}

var stageAndClause = regexp.MustCompile(`^(?:(\d+x\d+) )?(.*)$`)

func readDeath(cell string) death {
	switch cell = strings.TrimSpace(cell); cell {
	case "":
		return death{}
	case "-":
		return death{tried: true}
	}
	c := stageAndClause.FindStringSubmatch(cell)
	return death{tried: true, stage: c[1], clause: c[2]}
}

func inOrder(rows map[string]row) []row {
	list := make([]row, len(rows))
	for _, r := range rows {
		list[r.number] = r
	}
	return list
}

// summary counts mutants by operator. Each is counted where it dies first, in
// this order.
func summary(b *strings.Builder, m mutatedMap, rows []row) {
	fmt.Fprintf(b, "%-30s %7s %12s %13s %6s %6s %10s\n", "operator", "mutants", "every class", "one goroutine", "-race", "PCT", "survive")
	total := make([]int, 6)
	for _, o := range operators {
		n := make([]int, 6)
		for _, r := range rows {
			if r.operator != o.name {
				continue
			}
			deaths := []death{r.dpor, r.judged, r.raced, r.pct}
			first := slices.IndexFunc(deaths, func(d death) bool { return d.clause != "" })
			if first < 0 {
				first = len(deaths)
			}
			n[0]++
			n[1+first]++
		}
		if n[0] > 0 {
			count(b, o.name, n)
		}
		for i := range n {
			total[i] += n[i]
		}
	}
	count(b, "all of "+m.name, total)
}

func count(b *strings.Builder, name string, n []int) {
	fmt.Fprintf(b, "%-30s %7d %12d %13d %6d %6d %10d\n", name, n[0], n[1], n[2], n[3], n[4], n[5])
}
