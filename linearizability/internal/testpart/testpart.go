// Package testpart says how much of the long tests a run of go test does, so that the
// default run takes minutes and nothing is left out for ever. The environment
// decides:
//
//	go test ./...                         a sample of each long table
//	MAPSPEC_TESTS=complete go test ./...  all of it
//	MAPSPEC_TESTS=3/7 go test ./...       the sample, and the third of seven parts of the rest
//
// The seven parts together are the complete run: .ci/run goes through them, one a
// day. See docs/testing.md.
package testpart

import (
	"fmt"
	"hash/fnv"
	"iter"
	"os"
	"testing"
)

// variable is the environment variable that names the part.
const variable = "MAPSPEC_TESTS"

// A share is a part of the rest, which the sample leaves out: the rows whose
// number is i modulo n. The zero value is nothing of it, and 0 of 1 all.
type share struct{ i, n int }

// parse reads the variable's value.
func parse(s string) (share, error) {
	switch s {
	case "":
		return share{}, nil
	case "complete":
		return share{0, 1}, nil
	}
	var i, n int
	if _, err := fmt.Sscanf(s, "%d/%d", &i, &n); err != nil || fmt.Sprintf("%d/%d", i, n) != s || i < 1 || i > n {
		return share{}, fmt.Errorf("%s=%q: want complete, or a part such as 3/7", variable, s)
	}
	return share{i - 1, n}, nil
}

func (s share) has(row int) bool { return s.n > 0 && row%s.n == s.i }

// current is the share of this run. A value that cannot be read must not pass for
// a run of the sample.
func current() share {
	s, err := parse(os.Getenv(variable))
	if err != nil {
		panic(err)
	}
	return s
}

// Run reports whether row i of the rest of a table is to be run.
func Run(i int) bool { return current().has(i) }

// Rows yields the rows of a table of all: the first few, which are the sample, and
// what is to be run of the others.
func Rows(few, all int) iter.Seq[int] {
	return func(yield func(int) bool) {
		s := current()
		for i := range all {
			if (i < few || s.has(i)) && !yield(i) {
				return
			}
		}
	}
}

// Rest skips a test, or a row with a test of its own, which is not in the sample,
// unless it is to be run. Its name is its number.
func Rest(t testing.TB) {
	t.Helper()
	h := fnv.New32a()
	h.Write([]byte(t.Name()))
	if s := current(); !s.has(int(h.Sum32() >> 1)) {
		t.Skipf("not in this part: run it with %s=complete go test -run '^%s$'", variable, t.Name())
	}
}
