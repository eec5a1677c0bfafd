package explore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
)

// yardstick is a program whose number of classes is known: from the
// literature, and by several independent ways to count.
type yardstick struct {
	name    string
	size    int
	classes int
	program func(n int) search.Program
}

var yardsticks = []yardstick{
	{"readers", 2, 4, readers},
	{"readers", 5, 32, readers},
	{"readers", 10, 1024, readers},
	{"lastzero", 1, 2, lastzero},
	{"lastzero", 2, 5, lastzero},
	{"lastzero", 3, 12, lastzero},
	{"lastzero", 4, 28, lastzero},
	{"lastzero", 5, 64, lastzero},
	{"lastzero", 10, 3328, lastzero},
	{"lastzero", 15, 147456, lastzero},
	{"indexer", 11, 1, indexer},
	{"indexer", 12, 8, indexer},
	{"indexer", 15, 4096, indexer},
	{"filesystem", 14, 2, filesystem},
	{"filesystem", 16, 8, filesystem},
	{"filesystem", 18, 32, filesystem},
	{"casrot", 2, 2, casrot},
	{"casrot", 3, 5, casrot},
	{"casrot", 4, 14, casrot},
	{"casrot", 5, 43, casrot},
	{"casrot", 6, 144, casrot},
	{"casrot", 7, 523, casrot},
	{"casrot", 8, 2048, casrot},
	{"casrot", 9, 8597, casrot},
	{"casw", 2, 6, casw},
	{"casw", 3, 66, casw},
	{"casw", 4, 1200, casw},
	{"casw", 5, 32880, casw},
	{"one update", 3, 6, oneUpdate},
	{"one update", 5, 120, oneUpdate},
	{"two updates", 3, 36, twoUpdates},
	{"two updates", 4, 576, twoUpdates},
	{"fib_bench", 1, 11, fibonacci},
	{"fib_bench", 2, 140, fibonacci},
	{"fib_bench", 3, 1698, fibonacci},
	{"fib_bench", 4, 19605, fibonacci},
	{"fib_bench", 5, 218243, fibonacci},
	{"racy increment", 2, 4, racyIncrement},
	{"racy increment", 3, 36, racyIncrement},
	{"racy increment", 4, 576, racyIncrement},
	{"CAS-loop increment", 2, 4, casIncrement},
	{"CAS-loop increment", 3, 60, casIncrement},
	{"CAS-loop increment", 4, 3120, casIncrement},
	{"Treiber push", 2, 4, treiberPush},
	{"Treiber push", 3, 60, treiberPush},
	{"Treiber push", 4, 3120, treiberPush},
	{"Treiber push and pop", 1, 46, treiberPop},
	{"Treiber push and pop", 2, 206, treiberPop},
}

// Yardsticks with more classes than large are left out of the default run: the
// largest have millions of executions, a minute's work.
const large = 20_000

// measuredPath has a line for each yardstick: what was counted when it was last
// explored. The table in docs/explored.md is made from it.
const (
	measuredPath = "testdata/yardsticks.golden"
	remeasure    = "go test ./linearizability/explore -run TestYardsticks -update"
)

// Classes are those of the table, executions those that were counted before;
// no class is explored twice.
func TestYardsticks(t *testing.T) {
	known := readMeasured(t)
	for i, y := range yardsticks {
		t.Run(fmt.Sprintf("%s/%d", y.name, y.size), func(t *testing.T) {
			before := known[i]
			if before.classes+before.cut > large && !*explore.Update {
				testpart.Rest(t)
			}
			start := time.Now()
			r, err := search.Run(y.program(y.size), search.Options{Distinct: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("classes %d executions %d cut short %d time %v",
				r.Classes, r.Executions, r.CutShort, time.Since(start).Round(10*time.Microsecond))
			if r.Classes != y.classes || r.Redundant() != 0 || !r.Coverage.Complete() || r.Failure != nil {
				t.Errorf("%d classes, %d redundant, %v, failure %v; want %d, 0, complete, none",
					r.Classes, r.Redundant(), r.Coverage, r.Failure, y.classes)
			}
			known[i] = measured{y.name, y.size, r.Classes, r.Executions, r.CutShort}
			if known[i] != before && !*explore.Update {
				t.Errorf("measured %v, before %v; run %s", known[i], before, remeasure)
			}
		})
	}
	if *explore.Update && !t.Failed() {
		writeMeasured(t, known)
	}
}

// measured is what was counted of a yardstick.
type measured struct {
	name                     string
	size                     int
	classes, executions, cut int
}

// readMeasured reads what was counted, in the order of the table; a yardstick
// that was never explored has the zero value.
func readMeasured(t *testing.T) []measured {
	t.Helper()
	text, err := os.ReadFile(measuredPath)
	if err != nil && !*explore.Update {
		t.Fatalf("%v; run %s", err, remeasure)
	}
	found := make([]measured, len(yardsticks))
	lines := 0
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		m := measured{name: fields[0]}
		rest := strings.Join(fields[1:], " ")
		if _, err := fmt.Sscan(rest, &m.size, &m.classes, &m.executions, &m.cut); err != nil {
			t.Fatalf("%s: %q: %v", measuredPath, line, err)
		}
		lines++
		for i, y := range yardsticks {
			if y.name == m.name && y.size == m.size {
				found[i] = m
			}
		}
	}
	if lines != len(yardsticks) && !*explore.Update {
		t.Errorf("%s has %d lines for %d yardsticks; run %s", measuredPath, lines, len(yardsticks), remeasure)
	}
	return found
}

func writeMeasured(t *testing.T, known []measured) {
	t.Helper()
	var b strings.Builder
	for _, m := range known {
		if m.name == "" {
			t.Fatalf("a yardstick was skipped that was never explored: run %s", remeasure)
		}
		fmt.Fprintf(&b, "%s\t%d\t%d\t%d\t%d\n", m.name, m.size, m.classes, m.executions, m.cut)
	}
	if err := os.MkdirAll(filepath.Dir(measuredPath), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(measuredPath, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// readers: one thread writes, n threads read.
func readers(n int) search.Program {
	x := new(word)
	return search.Program{
		Setup:   func() { *x = word{} },
		Threads: append(threads(n, func(int) { x.load() }), func() { x.store(42) }),
	}
}

// lastzero: a reader looks for the last zero of an array; n writers make
// entries one more than the one before (Abdulla and others 2017).
func lastzero(n int) search.Program {
	a := make([]word, n+1)
	return search.Program{
		Setup: func() { clear(a) },
		Threads: append([]func(){func() {
			for i := n; a[i].load() != 0; i-- {
			}
		}}, threads(n, func(i int) { a[i+1].store(a[i].load() + 1) })...),
	}
}

// indexer: threads insert into a hash table (Flanagan and Godefroid 2005).
func indexer(n int) search.Program {
	const size, inserts = 128, 4
	table := make([]word, size)
	return search.Program{
		Setup: func() { clear(table) },
		Threads: threads(n, func(i int) {
			for m := range inserts {
				w := 11*(m+1) + i
				for h := 7 * w % size; !table[h].cas(0, uint64(w)); h = (h + 1) % size {
				}
			}
		}),
	}
}

// filesystem: threads allocate blocks to inodes (Flanagan and Godefroid 2005).
func filesystem(n int) search.Program {
	const blocks, inodes = 26, 32
	blockLocks, inodeLocks := make([]mutex, blocks), make([]mutex, inodes)
	busy, inode := make([]bool, blocks), make([]int, inodes)
	return search.Program{
		Setup: func() { clear(busy); clear(inode) },
		Threads: threads(n, func(i int) {
			i %= inodes
			inodeLocks[i].lock()
			defer inodeLocks[i].unlock()
			if inode[i] != 0 {
				return
			}
			for b := 2 * i % blocks; ; b = (b + 1) % blocks {
				blockLocks[b].lock()
				free := !busy[b]
				if free {
					busy[b], inode[i] = true, b+1
				}
				blockLocks[b].unlock()
				if free {
					return
				}
			}
		}),
	}
}

// casrot: thread i of 1 to n swaps i-1 for i.
func casrot(n int) search.Program {
	x := new(word)
	return search.Program{
		Setup:   func() { *x = word{} },
		Threads: threads(n, func(i int) { x.cas(uint64(i), uint64(i+1)) }),
	}
}

// casw: each thread tries to swap 0 for 1, then writes.
func casw(n int) search.Program {
	x := new(word)
	return search.Program{
		Setup:   func() { *x = word{} },
		Threads: threads(n, func(i int) { x.cas(0, 1); x.store(uint64(i + 3)) }),
	}
}

func oneUpdate(n int) search.Program {
	x := new(word)
	return search.Program{
		Setup:   func() { *x = word{} },
		Threads: threads(n, func(int) { x.add(1) }),
	}
}

func twoUpdates(n int) search.Program {
	x, y := new(word), new(word)
	return search.Program{
		Setup:   func() { *x, *y = word{}, word{} },
		Threads: threads(n, func(int) { x.add(1); y.add(1) }),
	}
}

// fibonacci: two threads add to each other's variable n times, while a third
// reads both (SV-COMP, fib_bench).
func fibonacci(n int) search.Program {
	x, y := new(word), new(word)
	return search.Program{
		Setup: func() { *x, *y = word{1}, word{1} },
		Threads: []func(){
			func() {
				for range n {
					x.store(x.load() + y.load())
				}
			},
			func() {
				for range n {
					y.store(y.load() + x.load())
				}
			},
			func() { x.load(); y.load() },
		},
	}
}

func racyIncrement(n int) search.Program {
	x := new(word)
	return search.Program{
		Setup:   func() { *x = word{} },
		Threads: threads(n, func(int) { x.store(x.load() + 1) }),
	}
}

func casIncrement(n int) search.Program {
	x := new(word)
	return search.Program{
		Setup: func() { *x = word{} },
		Threads: threads(n, func(int) {
			for v := x.load(); !x.cas(v, v+1); v = x.load() {
			}
		}),
	}
}

// stack is Treiber's: top and next hold the number of a node, from 1.
type stack struct {
	top  word
	next []word
}

func (s *stack) push(node int) {
	for {
		top := s.top.load()
		s.next[node].v = top // nobody else knows the node yet
		if s.top.cas(top, uint64(node)) {
			return
		}
	}
}

func (s *stack) pop() int {
	for {
		top := s.top.load()
		if top == 0 {
			return 0
		}
		if next := s.next[top].load(); s.top.cas(top, next) {
			return int(top)
		}
	}
}

func treiberPush(n int) search.Program {
	s := &stack{next: make([]word, n+1)}
	return search.Program{
		Setup:   func() { s.top = word{}; clear(s.next) },
		Threads: threads(n, func(i int) { s.push(i + 1) }),
	}
}

// treiberPop: two threads push, then pop n times.
func treiberPop(n int) search.Program {
	s := &stack{next: make([]word, 3)}
	return search.Program{
		Setup: func() { s.top = word{}; clear(s.next) },
		Threads: threads(2, func(i int) {
			s.push(i + 1)
			for range n {
				s.pop()
			}
		}),
	}
}
