// Package maphash stands in for hash/maphash in a rewritten copy of a map: its
// hashes are those of package hashing, so their policy can be chosen, and they
// are the same in every execution.
package maphash

import (
	"encoding/binary"
	"hash"

	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
)

// Seed selects a hash function. The zero Seed selects none.
type Seed struct{ s uint64 }

// MakeSeed returns a Seed: always the same one, since a map must do the same in
// every execution.
func MakeSeed() Seed { return Seed{1} }

// valid returns the number of a Seed; it panics if that is zero.
func (s Seed) valid() uint64 {
	if s.s == 0 {
		panic("maphash: use of uninitialized Seed")
	}
	return s.s
}

// Bytes returns the hash of b.
func Bytes(seed Seed, b []byte) uint64 {
	s := seed.valid()
	var c hashing.Stream
	c.Write(b)
	return c.Sum(s)
}

// String returns the hash of s, which is that of its bytes.
func String(seed Seed, s string) uint64 { return hashing.String(s, seed.valid()) }

// Comparable returns the hash of v. Equal values have equal hashes. It panics as
// a Go map does if v holds what cannot be compared.
func Comparable[T comparable](seed Seed, v T) uint64 {
	s := seed.valid()
	switch x := any(v).(type) { // this one does not leave the stack
	case string:
		return hashing.String(x, s)
	case int:
		return hashing.Uint64(uint64(x), s)
	}
	return hashing.Any(v, s)
}

// WriteComparable appends x to what h hashes.
func WriteComparable[T comparable](h *Hash, x T) {
	h.start()
	h.content.WriteAny(x)
}

// Hash hashes bytes that come in pieces. The zero Hash has the Seed of MakeSeed.
type Hash struct {
	_       [0]func() // not comparable, as the real one
	seed    Seed
	content hashing.Stream
	_       [120]byte // as the real one
}

func (h *Hash) start() {
	if h.seed.s == 0 {
		h.seed = MakeSeed()
	}
}

// Write appends b. It never fails.
func (h *Hash) Write(b []byte) (int, error) {
	h.start()
	h.content.Write(b)
	return len(b), nil
}

// WriteString appends the bytes of s. It never fails.
func (h *Hash) WriteString(s string) (int, error) {
	h.start()
	h.content.WriteString(s)
	return len(s), nil
}

// WriteByte appends a byte. It never fails.
func (h *Hash) WriteByte(b byte) error {
	h.start()
	return h.content.WriteByte(b)
}

// Sum64 returns the hash of what was appended since the latest Reset or SetSeed.
func (h *Hash) Sum64() uint64 {
	h.start()
	return h.content.Sum(h.seed.s)
}

// Sum appends the hash to b.
func (h *Hash) Sum(b []byte) []byte { return binary.BigEndian.AppendUint64(b, h.Sum64()) }

// Reset forgets what was appended.
func (h *Hash) Reset() {
	h.start()
	h.content = hashing.Stream{}
}

// Seed returns the Seed.
func (h *Hash) Seed() Seed {
	h.start()
	return h.seed
}

// SetSeed sets the Seed, and forgets what was appended.
func (h *Hash) SetSeed(seed Seed) {
	h.seed = Seed{seed.valid()}
	h.content = hashing.Stream{}
}

// Size returns 8.
func (h *Hash) Size() int { return 8 }

// BlockSize returns the size of the real Hash's blocks.
func (h *Hash) BlockSize() int { return 128 }

// Clone returns a Hash with the same Seed and the same bytes. The error is nil.
func (h *Hash) Clone() (hash.Cloner, error) {
	h.start()
	c := *h
	return &c, nil
}
