// Package program lists all programs of a size, up to symmetry, counted and
// numbered:
//
//	program.go   a set of programs: all of them, one shard, how many
//	size.go      threads × operations on some keys
//	alphabet.go  what a map can be asked to do: the letters of programs
//	initial.go   what the map holds before
//	walk.go      every choice of letters, one a symmetry class, in order
//	old.go       every value that a comparison can meet, one a symmetry class
//	name.go      values by place: a walk's letters as a program
//	count.go     how many there are, by formula
//
// # All programs of a size
//
// Size 2×2 means all programs of at most two threads, each of one or two
// operations. So a program's prefixes are in the set, and what is left when
// threads are left out: a state at rest inside a program, when some operations
// have returned and none is in progress, is the state at the end of a shorter
// one. What is checked at the end of every program is thereby checked at every
// state at rest.
//
// # Values
//
// Every operation that stores gets a value of its own, so each value tells
// where it came from. Values are numbered in the order of threads and positions,
// after those of the initial map: a value is a name given by place, and two
// programs that differ in values only would be one.
//
// Equal values are left out. With them a compare may succeed on a value that was
// there, went, and came back from another operation, or an overwrite may change
// nothing; a map that takes a shortcut for those is left to programs that
// draw values at random (packages stress and property). The specification calls
// such a result right whoever stored the value, and a result that mixes up two
// operations is only seen where their values differ. V's zero value is not
// stored either: clause S3 is about one operation after another. Where V has
// one value only, that is what is stored and compared.
//
// A compare has as old every value that could be there when it runs: what the
// initial map holds under its key, and what any other operation stores under
// it, of its own thread earlier ones only; and one value that nobody stores. The
// last is what a prefix compares with when the operation that its old comes from
// is cut off, so without it the set would not be prefix-closed.
//
// # Symmetry
//
// Threads are symmetric, so of programs that differ in the order of their
// threads there is one, its values named by their new places. Keys are not
// renamed: their hashes and the initial map tell them apart.
package program

import (
	"iter"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// A Set is all programs of a size that can be made of some methods and run on
// one initial map. Its methods panic if the size is not valid; see [Size].
type Set struct {
	Size    Size
	Methods model.MethodSet
	Traits  model.Traits
	Initial Initial
	Plain   bool // leave out traversals whose callback calls the map
}

// Hottest returns s on key 0 alone, and with no other methods than these: where
// operations meet most, a larger size can be afforded.
func (s Set) Hottest(methods model.MethodSet) Set {
	s.Size.Keys = 1
	s.Methods &= methods
	return s
}

// Alphabet returns what the programs of s are made of.
func (s *Set) Alphabet() Alphabet {
	a := NewAlphabet(s.Methods, s.Traits, s.Size.Keys)
	if s.Plain {
		a = a.Plain()
	}
	return a
}

// All yields every program of s with its index, from 0. The order is fixed: by
// the number of operations, so that the first program that fails is a smallest
// one; then by the lengths of the threads, few long ones first; then by their
// letters, place by place, in the alphabet's order; then by what the compares
// compare with. Memory is that of one program. What is yielded is the caller's.
func (s *Set) All() iter.Seq2[int, history.Program] { return s.Shard(0, 1) }

// Shard yields the programs whose index leaves i when divided by n. The others
// are stepped over without being built.
func (s *Set) Shard(i, n int) iter.Seq2[int, history.Program] {
	if n < 1 || i < 0 || i >= n {
		panic("program: Shard(i, n) wants 0 ≤ i < n")
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
