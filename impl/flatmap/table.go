package flatmap

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	slots    = 6 // per bucket
	slotSize = 8

	// Offsets within a bucket, as in the picture at type bucket.
	bucketSize = 128
	keysAt     = 16
	lockAt     = keysAt + slots*slotSize
	lengthsAt  = lockAt + 8
	valuesAt   = lengthsAt + 8

	minBuckets = 1
	// maxBuckets bounds the size of a table: 2^27 buckets take 16 GiB and have room for
	// 500 million entries. Where pointers have four bytes, 2^22 buckets take half a
	// gibibyte. A table of this size does not grow any more, but its chains do.
	maxBuckets = 1 << (22 + 5*(^uintptr(0)>>63))
	maxChained = 2*maxBuckets - 1
)

// bucket is the header of a bucket, whose slots follow it in memory. Of its two cache
// lines, searches use the first, and overwriting a value changes only the second.
//
//	0     8     16                                64   72      80                       128
//	┌─────┬─────┬────┬────┬────┬────┬────┬────┐────┬───────┬────┬────┬────┬────┬────┬────┐
//	│state│guard│key0│key1│key2│key3│key4│key5│lock│lengths│val0│val1│val2│val3│val4│val5│
//	└─────┴─────┴────┴────┴────┴────┴────┴────┘────┴───────┴────┴────┴────┴────┴────┴────┘
//
// Buckets are linked into chains by index. The lock and the guard of the first bucket
// are those of the whole chain. Only the goroutine that holds the lock, a sync.Mutex,
// writes to any bucket of the chain. If keys are strings, lengths has one byte for the
// length of each.
//
// The six low bytes of state are tags, one per slot:
//
//	tag    0       the slot is free, and no reader looks at it
//	       0x80|h  the slot has a key; the top seven bits of its hash are h
//
// A tag is set after the key and the value have been written, and cleared when the key
// is deleted. The high byte has two flags, which are never cleared:
//
//	chained another bucket follows; its index is in guard
//	moved   the entries of the chain are in the next table, or in a later one;
//	        set in the first bucket only, and replaces all tags
//
// The low bits of guard are the index of the next bucket, or 0 if there is none. The
// others count how often a slot of the chain was freed. The count is incremented after
// the tag is cleared and before the slot is written again, even with nil.
type bucket struct {
	state atomic.Uint64
	guard atomic.Uint64
}

const (
	chained = 1 << 56
	moved   = 1 << 57

	allTags = 0x0000808080808080
	eachTag = 0x0000010101010101

	indexBits = 28
	indexMask = 1<<indexBits - 1
	// version is the unit of the count in guard. The count has 36 bits: to be misled, a
	// Load would have to sleep through an exact multiple of 2^36 deletions in its chain.
	version = 1 << indexBits
)

// tagOf returns the tag of a key with the given hash.
func tagOf(hash uint64) uint64 { return hash>>57 | 0x80 }

// matching returns the high bits of those tags in state that equal tag. It may also
// return that of a different tag right above an equal one. That is harmless, as keys
// are compared anyway.
func matching(state, tag uint64) uint64 {
	x := state ^ tag*eachTag
	return (x - eachTag) &^ x & allTags
}

// free returns the high bits of the tags of free slots.
func free(state uint64) uint64 { return ^state & allTags }

// lowest returns the number of the slot whose tag has the lowest bit of set.
func lowest(set uint64) uintptr { return uintptr(bits.TrailingZeros64(set)) >> 3 }

// tagAt returns tag, shifted to its position for slot i.
func tagAt(tag uint64, i uintptr) uint64 { return tag << (i * 8) }

func (b *bucket) key(i uintptr) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(b), keysAt+i*slotSize)
}

func (b *bucket) value(i uintptr) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(b), valuesAt+i*slotSize)
}

// invalidate increments the count in guard. The caller holds the lock.
func (b *bucket) invalidate() { b.guard.Store(b.guard.Load() + version) }

// typed is a bucket as the garbage collector sees it: only slots of type
// referenceSlot are scanned for pointers.
type typed[K, V plainSlot | referenceSlot] struct {
	_ bucket
	//lint:ignore U1000 they are found by their places
	keys [slots]K
	_    sync.Mutex
	_    uint64 // lengths
	//lint:ignore U1000 they are found by their places
	values [slots]V
}

type plainSlot struct{ _ uint64 }

// referenceSlot has eight bytes even where pointers have four.
type referenceSlot struct {
	_ [slotSize - unsafe.Sizeof(uintptr(0))]byte
	_ unsafe.Pointer
}

// newBuckets allocates n adjacent buckets and returns the first one.
func (k kinds) newBuckets(n uint64) unsafe.Pointer {
	switch {
	case k.key == word && k.value == word:
		return firstOf(make([]typed[plainSlot, plainSlot], n))
	case k.key == word:
		return firstOf(make([]typed[plainSlot, referenceSlot], n))
	case k.value == word:
		return firstOf(make([]typed[referenceSlot, plainSlot], n))
	}
	return firstOf(make([]typed[referenceSlot, referenceSlot], n))
}

func firstOf[T any](s []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }

// table is one generation of a map. Its size never changes: to grow or shrink, a map
// gets a next table, and all entries are moved there. A table knows the representation
// of keys and values, but has no type parameters, as calls of generic functions cost
// more.
type table struct {
	buckets unsafe.Pointer // the first bucket
	mask    uint64         // the number of buckets, minus one
	seed    uint64
	kinds   kinds
	origin  *origin
	rebuilt bool                   // it replaced a table of the same size, to get rid of chains
	resized atomic.Bool            // next is being made, or exists
	next    atomic.Pointer[table]  // set once
	chains  atomic.Pointer[chains] // set once
	_       [64]byte               // keeps the fields below, which are often written, in another cache line

	claimed atomic.Uint64 // the number of steps claimed of the move to next
	done    atomic.Uint64
}

// origin identifies a series of tables, each moved to the next. They share a hash
// function. Clear ends the series.
type origin struct{ _ byte }

// firstTable returns an empty table of n buckets, a power of two.
func firstTable[K comparable, V any](n uint64) *table {
	kinds := kindsOf[K, V]()
	return &table{
		buckets: kinds.newBuckets(n), mask: n - 1, kinds: kinds, origin: new(origin),
		seed: maphash.String(maphash.MakeSeed(), "flatmap"),
	}
}

// successor returns an empty table of n buckets, to which t can be moved.
func (t *table) successor(n uint64) *table {
	return &table{
		buckets: t.kinds.newBuckets(n), mask: n - 1, kinds: t.kinds, origin: t.origin,
		seed: t.seed, rebuilt: n == t.size(),
	}
}

func (t *table) size() uint64 { return t.mask + 1 }

// at returns the first bucket of the chain for hash.
func (t *table) at(hash uint64) *bucket {
	return (*bucket)(unsafe.Add(t.buckets, uintptr(hash&t.mask)*bucketSize))
}

// chains are the chained buckets of a table. They are allocated in blocks: block i has
// 2^i buckets. Buckets have indices, from 1, instead of addresses, so that a table
// without references has no pointers to scan.
type chains struct {
	used   atomic.Uint64
	blocks [indexBits]unsafe.Pointer // accessed atomically
}

// chainedTo returns the bucket whose index is in guard.
func (t *table) chainedTo(guard uint64) *bucket {
	i := guard & indexMask
	block := bits.Len64(i) - 1
	first := atomic.LoadPointer(&t.chains.Load().blocks[block])
	return (*bucket)(unsafe.Add(first, uintptr(i-1<<block)*bucketSize))
}

// newChained returns a new bucket and its index, or 0 and nil if the table already has
// as many chained buckets as it can have.
func (t *table) newChained() (index uint64, b *bucket) {
	c := t.chains.Load()
	if c == nil {
		t.chains.CompareAndSwap(nil, new(chains))
		c = t.chains.Load()
	}
	index = c.used.Add(1)
	if index > maxChained {
		return 0, nil
	}
	block := bits.Len64(index) - 1
	if p := &c.blocks[block]; atomic.LoadPointer(p) == nil {
		atomic.CompareAndSwapPointer(p, nil, t.kinds.newBuckets(1<<block))
	}
	return index, t.chainedTo(index)
}

// crowded reports whether the table has so many chained buckets that it should
// grow.
func (t *table) crowded() bool {
	c := t.chains.Load()
	return c != nil && c.used.Load() > t.size()/crowd
}

// A table is crowded if it has chained more than size/crowd buckets: an eighth.
const crowd = 8

// chain calls visit for each bucket of the chain that begins with first, until visit
// returns false.
func (t *table) chain(first *bucket, visit func(b *bucket, state uint64) bool) {
	for b := first; ; {
		state := b.state.Load()
		if !visit(b, state) || state&chained == 0 {
			return
		}
		b = t.chainedTo(b.guard.Load())
	}
}
