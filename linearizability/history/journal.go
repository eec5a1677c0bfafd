package history

import (
	"math/bits"
	"sync/atomic"
)

// firstBlock is the length of a journal's first block.
const firstBlock = 64

// A journal is an append-only list with one writer. Other goroutines may load n once
// and then read the first n entries at any time. The writer stores n after it has
// filled entry n-1, and then changes that entry only through atomic fields of T.
// Entries never move: block j holds firstBlock<<j of them.
type journal[T any] struct {
	n      atomic.Int64 // the number of readable entries; only the owner stores it
	blocks [48][]T      // block j is written once, before n first exceeds its beginning
}

// at returns entry i.
func (j *journal[T]) at(i int) *T {
	block := bits.Len(uint(i/firstBlock+1)) - 1
	return &j.blocks[block][i-firstBlock*(1<<block-1)]
}

// draft returns the entry after the last one, for the owner to fill and publish.
func (j *journal[T]) draft() (entry *T, i int) {
	i = j.len()
	block := bits.Len(uint(i/firstBlock+1)) - 1
	if j.blocks[block] == nil {
		j.blocks[block] = make([]T, firstBlock<<block)
	}
	return j.at(i), i
}

// publish makes the draft readable.
func (j *journal[T]) publish() { j.n.Store(j.n.Load() + 1) }

func (j *journal[T]) len() int { return int(j.n.Load()) }

// reset empties the journal but keeps its blocks. No goroutine may be reading.
func (j *journal[T]) reset() { j.n.Store(0) }
