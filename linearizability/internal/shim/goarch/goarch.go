// Package goarch stands in for internal/goarch in the rewritten copy of sync.Map. It
// has only what the hash trie in internal/sync uses.
package goarch

import "math/bits"

// PtrSize is the size of a pointer in bytes.
const PtrSize = bits.UintSize / 8
