// Package hashing replaces the hash policies in tests.
package hashing

import "fmt"

// Any returns 100 times the length of v as text, plus the seed.
func Any(v any, seed uint64) uint64 { return 100*uint64(len(fmt.Sprint(v))) + seed }
