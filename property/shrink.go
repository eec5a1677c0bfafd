package property

import (
	"fmt"
	"math"
	"runtime"

	"github.com/mapspec/mapspec/model"
)

// R4 is judged with these numbers. A table from which shrinkKeys keys were deleted,
// and which saw as many further writes, may cost shrinkBytes more than a table from
// which a tenth as many were deleted. The cost of an empty table, β in the clause,
// cancels in the difference.
const (
	shrinkKeys  = 50_000
	shrinkBytes = 256 << 10
	shrinkTries = 3 // the least of them counts, as other goroutines allocate too
)

// judgeShrink judges R4. It measures the memory that is freed with a map from which
// all keys were deleted.
func judgeShrink(b model.Binder) model.Verdict {
	remove := removals(usable(b.Bind()))
	v := model.Verdict{Clause: model.R4, Status: model.OK,
		Coverage: model.Bounded("%d and %d keys stored, deleted by %s, and half of them once more", shrinkKeys/10, shrinkKeys, remove[0])}
	least := int64(math.MaxInt64)
	for range shrinkTries {
		small := ownHeap(emptied(b, remove[0], shrinkKeys/10))
		large := ownHeap(emptied(b, remove[0], shrinkKeys))
		least = min(least, large-small)
	}
	if least <= shrinkBytes {
		v.Reason = fmt.Sprintf("the empty table costs %d bytes more after %d keys than after %d", max(0, least), shrinkKeys, shrinkKeys/10)
		return v
	}
	f := &model.Failure{Kind: model.KeepsTable, Count: int(least), Of: shrinkBytes}
	violation := f.Violates(model.R4, &model.Witness{Look: model.LookHeap, Turns: shrinkKeys,
		Threads: [][]model.Op{{{Method: seed(usable(b.Bind())), Value: 1}, deletion(remove[0], 0)}}})
	violation.Coverage = v.Coverage
	return violation
}

// emptied returns a map from which n keys were deleted.
func emptied(b model.Binder, remove model.Method, n int) model.Instance {
	in := b.Bind()
	fit := in.Traits().Fit
	add := seed(usable(in))
	for k := range n {
		model.Call(in, fit(model.Op{Method: add, Key: k, Value: k + 1}))
	}
	for k := range n {
		model.Call(in, fit(deletion(remove, k)))
	}
	for k := range n / 2 {
		model.Call(in, fit(model.Op{Method: add, Key: k, Value: k + 1}))
		model.Call(in, fit(deletion(remove, k)))
	}
	return in
}

func deletion(m model.Method, key int) model.Op {
	return trim([]model.Op{{Method: m, Key: key, Old: key + 1}})[0]
}

// ownHeap returns how many bytes are freed with in's map. The tables of the harness
// are kept. The caller must not use in afterwards.
func ownHeap(in model.Instance) int64 {
	with := heapInUse()
	zero, ok := in.Zero() // has in's codecs, but not its map
	runtime.KeepAlive(in)
	in = nil
	without := heapInUse()
	if ok {
		runtime.KeepAlive(zero)
	}
	return with - without
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
