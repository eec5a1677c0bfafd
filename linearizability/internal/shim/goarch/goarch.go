// Package goarch stands in for internal/goarch: it has what the hash trie of
// internal/sync uses.
package goarch

import "math/bits"

// PtrSize is the size of a pointer in bytes.
const PtrSize = bits.UintSize / 8
