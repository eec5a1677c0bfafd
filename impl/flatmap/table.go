package flatmap

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	slots    = 6 // of a bucket
	slotSize = 8

	// Where things lie in a bucket: see there.
	bucketSize = 128
	keysAt     = 16
	lockAt     = keysAt + slots*slotSize
	lengthsAt  = lockAt + 8
	valuesAt   = lengthsAt + 8

	minBuckets = 1
	// maxBuckets bounds tables: 2^27 buckets have 16 GiB and room for 500
	// million entries; where pointers have four bytes, 2^22 have half a gigabyte.
	// Chains are as long as it takes beyond that.
	maxBuckets = 1 << (22 + 5*(^uintptr(0)>>63))
	maxChained = 2*maxBuckets - 1
)

// bucket is the beginning of one: what follows are its slots. Its two cache lines
// are what is searched, and what is written without a change of the keys.
//
//	0     8     16                                64   72      80                       128
//	┌─────┬─────┬────┬────┬────┬────┬────┬────┐────┬───────┬────┬────┬────┬────┬────┬────┐
//	│state│guard│key0│key1│key2│key3│key4│key5│lock│lengths│val0│val1│val2│val3│val4│val5│
//	└─────┴─────┴────┴────┴────┴────┴────┴────┘────┴───────┴────┴────┴────┴────┴────┴────┘
//
// Buckets are linked to chains, by index. The first bucket of a chain is locked
// for the whole chain, and its guard is the guard of all of them. Of all this only
// the holder of the lock, a sync.Mutex, writes anything. lengths are those of
// keys that are strings, a byte each.
//
// state has a tag a slot in its six low bytes:
//
//	tag    0       the slot is free: nobody reads it
//	       0x80|h  the slot has a key whose hash begins with the seven bits h
//
// A free slot's tag changes to that of a key when the key and its value are in
// place, and back to 0. Flags are in the high byte, and set for ever:
//
//	chained another bucket follows, its index is in guard
//	moved   the chain's entries are in the next table, or on their way further;
//	        set in the first bucket, instead of all tags
//
// guard has the index of the next bucket in its low bits, 0 for none, and above
// them the number of times that a slot of the chain became free: it counts after
// the tag was cleared, and before the slot is written again, be it with nil.
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
	// version is one in what guard counts. It has 36 bits: a Load would have to
	// sleep during 2^36 deletions from its bucket, and find the number it left.
	version = 1 << indexBits
)

// tagOf returns the tag of a key by its hash.
func tagOf(hash uint64) uint64 { return hash>>57 | 0x80 }

// matching returns the high bits of the tags in state that are tag. It may
// return one more that is not, right above one that is: keys are compared
// anyway.
func matching(state, tag uint64) uint64 {
	x := state ^ tag*eachTag
	return (x - eachTag) &^ x & allTags
}

// free returns the high bits of the tags of free slots.
func free(state uint64) uint64 { return ^state & allTags }

// lowest returns the number of the slot whose tag has the lowest bit of set.
func lowest(set uint64) uintptr { return uintptr(bits.TrailingZeros64(set)) >> 3 }

// tagAt returns tag in the place of slot i.
func tagAt(tag uint64, i uintptr) uint64 { return tag << (i * 8) }

func (b *bucket) key(i uintptr) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(b), keysAt+i*slotSize)
}

func (b *bucket) value(i uintptr) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(b), valuesAt+i*slotSize)
}

// invalidate counts one up in guard. The caller holds the lock.
func (b *bucket) invalidate() { b.guard.Store(b.guard.Load() + version) }

// typed is the memory of a bucket, for the garbage collector: it looks for
// pointers in slots of references only.
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

// referenceSlot has as many bytes where pointers have four.
type referenceSlot struct {
	_ [slotSize - unsafe.Sizeof(uintptr(0))]byte
	_ unsafe.Pointer
}

// newBuckets returns the first of n buckets in a row.
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

// table is a generation of a map. Its size stays; growth and shrinkage make
// another one, next, and move everything there. It knows how keys and values lie in
// their slots, but not what types they have: what has type parameters costs more to
// call.
type table struct {
	buckets unsafe.Pointer // the first
	mask    uint64         // their number, less one
	seed    uint64
	kinds   kinds
	origin  *origin
	rebuilt bool                   // it was made to have no long chains, not to grow or shrink
	resized atomic.Bool            // somebody makes next
	next    atomic.Pointer[table]  // set once
	chains  atomic.Pointer[chains] // set once
	_       [64]byte               // what follows is written often

	claimed atomic.Uint64 // of the steps of the move to next
	done    atomic.Uint64
}

// origin is what all tables have in common that were moved from one to the next:
// they hash alike. Clear ends it.
type origin struct{ _ byte }

// firstTable returns an empty table of n buckets, a power of two.
func firstTable[K comparable, V any](n uint64) *table {
	kinds := kindsOf[K, V]()
	return &table{
		buckets: kinds.newBuckets(n), mask: n - 1, kinds: kinds, origin: new(origin),
		seed: maphash.String(maphash.MakeSeed(), "flatmap"),
	}
}

// successor returns an empty table of n buckets, that t can be moved to.
func (t *table) successor(n uint64) *table {
	return &table{
		buckets: t.kinds.newBuckets(n), mask: n - 1, kinds: t.kinds, origin: t.origin,
		seed: t.seed, rebuilt: n == t.size(),
	}
}

func (t *table) size() uint64 { return t.mask + 1 }

// at returns the first bucket of the chain of a hash.
func (t *table) at(hash uint64) *bucket {
	return (*bucket)(unsafe.Add(t.buckets, uintptr(hash&t.mask)*bucketSize))
}

// chains are the buckets behind the first ones. They are allocated in blocks,
// each as large as all before it and one, and found by index, from 1. An index
// keeps tables without references free of pointers.
type chains struct {
	used   atomic.Uint64
	blocks [indexBits]unsafe.Pointer // accessed atomically
}

// chainedTo returns the bucket that guard leads to.
func (t *table) chainedTo(guard uint64) *bucket {
	i := guard & indexMask
	block := bits.Len64(i) - 1
	first := atomic.LoadPointer(&t.chains.Load().blocks[block])
	return (*bucket)(unsafe.Add(first, uintptr(i-1<<block)*bucketSize))
}

// newChained returns a new bucket and its index; or 0 and nil, if a table has as
// many as it can have.
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

// crowded reports whether so many buckets are chained that the table should
// grow.
func (t *table) crowded() bool {
	c := t.chains.Load()
	return c != nil && c.used.Load() > t.size()/crowd
}

// crowd says which share of chained buckets is too much: an eighth.
const crowd = 8

// chain calls visit for each bucket of the chain of first, until it returns
// false.
func (t *table) chain(first *bucket, visit func(b *bucket, state uint64) bool) {
	for b := first; ; {
		state := b.state.Load()
		if !visit(b, state) || state&chained == 0 {
			return
		}
		b = t.chainedTo(b.guard.Load())
	}
}
