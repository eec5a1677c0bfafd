// Package maphash stands in for hash/maphash in the rewritten copy of a map. Its
// hashes come from package hashing. So the hash policy can be chosen, and hashes are
// the same in every execution.
package maphash

import (
	"encoding/binary"
	"hash"

	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
)

// Seed selects a hash function. The zero Seed is not valid.
type Seed struct{ s uint64 }

// MakeSeed always returns the same Seed, as a map must behave in the same way in
// every execution.
func MakeSeed() Seed { return Seed{1} }

// value returns the value of a Seed. It panics if the Seed is not valid.
func (s Seed) value() uint64 {
	if s.s == 0 {
		panic("maphash: use of uninitialized Seed")
	}
	return s.s
}

// Bytes returns the hash of b.
func Bytes(seed Seed, b []byte) uint64 {
	s := seed.value()
	var c hashing.Stream
	c.Write(b)
	return c.Sum(s)
}

// String returns the hash of the bytes of s.
func String(seed Seed, s string) uint64 { return hashing.String(s, seed.value()) }

// Comparable returns the hash of v. Equal values have equal hashes. It panics as a Go
// map does if v holds a value that is not comparable.
func Comparable[T comparable](seed Seed, v T) uint64 {
	s := seed.value()
	switch x := any(v).(type) { // unlike v below, any(v) stays on the stack
	case string:
		return hashing.String(x, s)
	case int:
		return hashing.Uint64(uint64(x), s)
	}
	return hashing.Any(v, s)
}

// WriteComparable appends x to the bytes that h hashes.
func WriteComparable[T comparable](h *Hash, x T) {
	h.start()
	h.content.WriteAny(x)
}

// Hash hashes bytes that are written to it. The zero Hash has the Seed that MakeSeed
// returns.
type Hash struct {
	_       [0]func() // makes it not comparable, like the real type
	seed    Seed
	content hashing.Stream
	_       [120]byte // the size of the real type
}

// start sets the seed if there is none yet.
func (h *Hash) start() {
	if h.seed.s == 0 {
		h.seed = MakeSeed()
	}
}

// Write appends b. The error is nil.
func (h *Hash) Write(b []byte) (int, error) {
	h.start()
	h.content.Write(b)
	return len(b), nil
}

// WriteString appends the bytes of s. The error is nil.
func (h *Hash) WriteString(s string) (int, error) {
	h.start()
	h.content.WriteString(s)
	return len(s), nil
}

// WriteByte appends b. The error is nil.
func (h *Hash) WriteByte(b byte) error {
	h.start()
	return h.content.WriteByte(b)
}

// Sum64 returns the hash of the bytes since the latest Reset or SetSeed.
func (h *Hash) Sum64() uint64 {
	h.start()
	return h.content.Sum(h.seed.s)
}

// Sum appends the hash to b.
func (h *Hash) Sum(b []byte) []byte { return binary.BigEndian.AppendUint64(b, h.Sum64()) }

// Reset removes all bytes.
func (h *Hash) Reset() {
	h.start()
	h.content = hashing.Stream{}
}

// Seed returns the Seed.
func (h *Hash) Seed() Seed {
	h.start()
	return h.seed
}

// SetSeed sets the Seed and removes all bytes.
func (h *Hash) SetSeed(seed Seed) {
	h.seed = Seed{seed.value()}
	h.content = hashing.Stream{}
}

// Size returns 8.
func (h *Hash) Size() int { return 8 }

// BlockSize returns the block size of the real Hash.
func (h *Hash) BlockSize() int { return 128 }

// Clone returns a Hash with the same Seed and the same bytes. The error is nil.
func (h *Hash) Clone() (hash.Cloner, error) {
	h.start()
	c := *h
	return &c, nil
}
