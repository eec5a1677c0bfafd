package release

import (
	"fmt"
	"runtime"

	"github.com/mapspec/mapspec/model"
)

// The numbers of R4 as judged: after shrinkKeys keys were stored and deleted,
// and at most shrinkWrites further writes, the table may cost shrinkBytes.
const (
	shrinkKeys   = 50_000
	shrinkWrites = shrinkKeys
	shrinkBytes  = 256 << 10
)

// judgeShrink judges R4: the heap that dies with a map from which everything
// was deleted.
func judgeShrink(b model.Binder) model.Verdict {
	remove := removals(usable(b.Bind()))
	if len(remove) == 0 {
		return model.Skip(model.R4, "method missing: a deletion")
	}
	v := model.Verdict{Clause: model.R4, Coverage: model.Bounded("%d keys stored, then deleted by %s; %d further writes", shrinkKeys, remove[0], shrinkWrites)}
	in := b.Bind()
	fit := in.Traits().Fit
	for k := range shrinkKeys {
		model.Call(in, fit(model.Op{Method: seed(usable(in)), Key: k, Value: k + 1}))
	}
	for k := range shrinkKeys {
		model.Call(in, fit(deletion(remove[0], k)))
	}
	for k := range shrinkWrites / 2 {
		model.Call(in, fit(model.Op{Method: seed(usable(in)), Key: k, Value: k + 1}))
		model.Call(in, fit(deletion(remove[0], k)))
	}
	own := ownHeap(in)
	v.Evidence = fmt.Sprintf("the empty table costs %d bytes", own)
	v.Status = model.OK
	if own > shrinkBytes {
		v.Status = model.Violation
		v.Evidence += fmt.Sprintf(", more than %d", shrinkBytes)
	}
	return v
}

func deletion(m model.Method, key int) model.Op {
	return trim([]model.Op{{Method: m, Key: key, Old: key + 1}})[0]
}

// ownHeap returns how many bytes die with the map of in, the harness's own
// tables being kept. The caller must not use in any more.
func ownHeap(in model.Instance) int64 {
	with := heapInUse()
	zero, ok := in.Zero() // shares in's codecs, not its map
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
