// Package hashing hashes for the rewritten copies of maps: by content, never by
// address, with no seed but the given one, and under one of three policies.
//
//	hashing.go  this introduction; policies, Uint64, String, Any
//	content.go  the content of a value that has parts
//	stream.go   bytes that come in pieces
//
// # The one idea
//
// A map is right whatever its hash function; the interesting hashes are the
// hostile ones, which no random key meets.
//
//	mix      hashes differ in all their bits
//	prefix   hashes are equal but for their lowest 4 bits
//	collide  hashes are equal
//
// Prefix makes a trie that looks at the highest bits first as deep as it gets,
// and fills one bucket of a table whose bucket is chosen by higher bits. Its 4
// bits are the number that the key ends with, modulo 16: that of an integer, of
// a string's trailing digits ("conn-3"), of the last part of a struct. So 16
// keys that are numbered differ, which a hash could not promise. Without a
// number they are a hash of the content.
//
// # Pointers
//
// Addresses differ from execution to execution. Who explores a map whose keys
// hold pointers gives them numbers: see [SetOrdinal].
package hashing

import (
	"fmt"
	"unsafe"
)

// Policy says how hostile hashes are.
type Policy uint8

// The policies: see the introduction. Mix is in force at first.
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

// ParsePolicy is the inverse of String.
func ParsePolicy(s string) (Policy, error) {
	for i, name := range names {
		if name == s {
			return Policy(i), nil
		}
	}
	return 0, fmt.Errorf("hashing: no policy is named %q: give one of %v", s, names)
}

var (
	policy  Policy
	used    bool
	ordinal func(unsafe.Pointer) (uint64, bool)
)

// SetPolicy puts a policy into force. No execution may be running.
func SetPolicy(p Policy) {
	if int(p) >= len(names) {
		panic(fmt.Sprintf("hashing: %v is none: use Mix, Prefix or Collide", p))
	}
	policy = p
}

// Current returns the policy in force.
func Current() Policy { return policy }

// SetOrdinal sets the function that numbers pointers, and says which ones it
// knows. Hashing any other one but nil panics.
func SetOrdinal(f func(p unsafe.Pointer) (ordinal uint64, known bool)) { ordinal = f }

// Used reports whether a hash was asked for since ResetUsed. A map that never
// hashes behaves alike under all policies.
//
//go:norace
func Used() bool { return used }

// ResetUsed makes Used false.
//
//go:norace
func ResetUsed() { used = false }

// noteUse is called by threads that the race detector takes for unordered.
// Ordering them by an atomic would hide races of the map.
//
//go:norace
func noteUse() {
	if !used {
		used = true
	}
}

// number is what a content ends with.
type number struct {
	value uint64
	is    bool
}

// suffixBits is how many bits prefix leaves to the key.
const suffixBits = 4

// finish returns the hash of what has the given digest and ends with n.
func finish(digest uint64, n number, seed uint64) uint64 {
	noteUse()
	switch policy {
	case Prefix:
		suffix := digest
		if n.is {
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

// Uint64 hashes an integer.
func Uint64(x, seed uint64) uint64 { return finish(x, number{x, true}, seed) }

// String hashes a string. It takes time proportional to its length.
func String(s string, seed uint64) uint64 {
	var c Stream
	c.WriteString(s)
	return c.Sum(seed)
}

// Any hashes what an interface holds, by its content: equal values have equal
// hashes. Strings and integers are hashed as String and Uint64 do, without an
// allocation. Any panics as a Go map does if v cannot be a key.
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
	return ofContent(v, seed)
}
