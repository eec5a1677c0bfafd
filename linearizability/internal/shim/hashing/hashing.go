// Package hashing is the hash function of the rewritten copies of maps. It hashes
// content, never addresses, and uses no seed except the one that it is given. So
// hashes are the same in every execution, and an exploration can choose how hostile
// they are.
//
// # The main idea
//
// A map must be correct for every hash function. The interesting ones are hostile, and
// random keys practically never collide in such ways. There are three policies:
//
//	mix      hashes differ in all bits
//	prefix   hashes differ only in the lowest 4 bits
//	collide  all hashes are equal
//
// Under prefix, a trie that uses the highest bits first is as deep as possible, and a
// table that chooses a bucket by higher bits has one full bucket. The lowest 4 bits are
// the number at the end of the key, modulo 16: the value of an integer, the trailing
// digits of a string ("conn-3"), the last part of a struct. So 16 keys with consecutive
// numbers all have different hashes, which a real hash function could not guarantee. If
// a key does not end with a number, the 4 bits are a hash of its content.
//
// # Pointers
//
// Addresses differ between executions. Before a map whose keys contain pointers is
// explored, the pointers must get numbers: see [SetOrdinal].
package hashing

import (
	"fmt"
	"strings"
	"unsafe"
)

// Policy says how hostile the hashes are.
type Policy uint8

// The policies. The package comment explains them. Mix is the default.
const (
	Mix Policy = iota
	Prefix
	Collide
)

var names = [...]string{"mix", "prefix", "collide"}

func (p Policy) String() string {
	if int(p) < len(names) {
		return names[p]
	}
	return fmt.Sprintf("Policy(%d)", uint8(p))
}

// ParsePolicy returns the policy with the given name.
func ParsePolicy(s string) (Policy, error) {
	for i, name := range names {
		if name == s {
			return Policy(i), nil
		}
	}
	return 0, fmt.Errorf("hashing: unknown policy %q: use one of %s", s, strings.Join(names[:], ", "))
}

var (
	policy  Policy
	used    bool
	ordinal func(unsafe.Pointer) (uint64, bool)
)

// SetPolicy sets the policy. It must not be called during an execution.
func SetPolicy(p Policy) {
	if int(p) >= len(names) {
		panic(fmt.Sprintf("hashing: %v is not a policy: use Mix, Prefix or Collide", p))
	}
	policy = p
}

// Current returns the current policy.
func Current() Policy { return policy }

// SetOrdinal sets the function that numbers pointers. It reports which pointers it
// knows. Hashing a pointer that it does not know panics, except for nil.
func SetOrdinal(f func(p unsafe.Pointer) (ordinal uint64, known bool)) { ordinal = f }

// Used reports whether a hash was computed since ResetUsed. A map that never hashes
// behaves in the same way under all policies.
//
//go:norace
func Used() bool { return used }

// ResetUsed makes Used false.
//
//go:norace
func ResetUsed() { used = false }

// noteUse is marked norace, as the race detector takes the calling threads for
// concurrent. An atomic would order them, and so hide races of the map.
//
//go:norace
func noteUse() {
	if !used {
		used = true
	}
}

// number is the number at the end of some content, if there is one.
type number struct {
	value   uint64
	present bool
}

// suffixBits is the number of bits in which hashes differ under prefix.
const suffixBits = 4

// finish returns the hash of content with the given digest that ends with n.
func finish(digest uint64, n number, seed uint64) uint64 {
	noteUse()
	switch policy {
	case Prefix:
		suffix := digest
		if n.present {
			suffix = n.value
		}
		const mask = 1<<suffixBits - 1
		return mix(seed)&^mask | suffix&mask
	case Collide:
		return mix(seed)
	}
	return mix(digest ^ mix(seed))
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Uint64 returns the hash of an integer.
func Uint64(x, seed uint64) uint64 { return finish(x, number{x, true}, seed) }

// String returns the hash of a string, in time proportional to its length.
func String(s string, seed uint64) uint64 {
	var c Stream
	c.WriteString(s)
	return c.Sum(seed)
}

// Any returns the hash of the content of v. Equal values have equal hashes. Strings and
// integers have the hashes that String and Uint64 return, and the common types of them
// need no allocation. Any panics as a Go map does if v cannot be a key.
func Any(v any, seed uint64) uint64 {
	switch x := v.(type) {
	case string:
		return String(x, seed)
	case int:
		return Uint64(uint64(x), seed)
	case int32:
		return Uint64(uint64(x), seed)
	case int64:
		return Uint64(uint64(x), seed)
	case uint32:
		return Uint64(uint64(x), seed)
	case uint64:
		return Uint64(x, seed)
	}
	return hashContent(v, seed)
}
