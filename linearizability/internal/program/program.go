// Package program lists all programs of a given size, one per symmetry class, in
// a fixed order. It also counts them without listing them.
//
// An exploration runs every program of a size. The list must therefore be complete,
// free of programs that differ only in names, and the same on every machine that
// explores a share of it.
//
// # All programs of a size
//
// Size 2×2 means all programs of at most two threads with one or two operations
// each. The set contains the prefixes of its programs, and what is left of them
// without some of the threads. So each quiescent state within a program, where some
// operations have returned and none is in progress, is the final state of a shorter
// program. Checking the final state of every program thereby checks every
// quiescent state.
//
// # Values
//
// Every operation that stores gets a value of its own, so a value identifies the
// operation it comes from. Values are numbered by thread and position, after those
// of the initial map. Two programs that differ only in values are the same.
//
// Programs with equal values are left out. With equal values, a comparison may
// succeed on a value that was deleted and stored again by another operation, or
// an overwrite may change nothing. Maps that take shortcuts in these cases are left
// to programs with random values (packages stress and property). The specification
// accepts such a result no matter which operation stored the value, and a result
// that confuses two operations shows only if their values differ. V's zero value is
// not stored either: clause S3 concerns sequential operations. If V has only one
// value, that value is stored and compared.
//
// As its old value, a comparison gets each value that the key could hold when it
// runs: the one in the initial map, and those stored under the key by any other
// operation, except later ones of its own thread. It also gets one value that is
// never stored. That is what is left if the operation that stores the old value is
// cut off, so without it the set would not contain its prefixes.
//
// # Symmetry
//
// Threads are symmetric. Of the programs that differ only in the order of threads
// the set contains one, with its values numbered accordingly. Keys are not
// symmetric: their hashes and the initial map distinguish them.
package program

import (
	"fmt"
	"iter"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// A Set is all programs of a size that use given methods and start from a given
// initial map. Its methods panic if the size is invalid; see [Size].
type Set struct {
	Size    Size
	Methods model.MethodSet
	Traits  model.Traits
	Initial Initial
	Plain   bool // leave out traversals whose callback calls the map
}

// Alphabet returns the operations that the programs of s consist of.
func (s *Set) Alphabet() Alphabet {
	a := NewAlphabet(s.Methods, s.Traits, s.Size.Keys)
	if s.Plain {
		a = a.Plain()
	}
	return a
}

// Shard yields the programs of s whose index modulo n is i, each with its index.
// Other programs are skipped without being built, and the memory used is that of
// one program. The caller may modify what is yielded.
//
// Programs are sorted by the number of operations, so that the first program that
// fails is a smallest one; then by the lengths of the threads, longest first; then
// by their letters, in the order of the alphabet; then by the old values of their
// comparisons.
func (s *Set) Shard(i, n int) iter.Seq2[int, history.Program] {
	if n < 1 || i < 0 || i >= n {
		panic(fmt.Sprintf("program: Shard(%d, %d): want 0 <= i < n", i, n))
	}
	return func(yield func(int, history.Program) bool) {
		w := newWalk(s)
		index := -1
		w.each(func() bool {
			index++
			return index%n != i || yield(index, w.program())
		})
	}
}
