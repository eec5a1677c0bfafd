package readdirty_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/mapspec/mapspec/impl/readdirty"
)

// TestR3Go1150 shows that readdirty.Go1150 breaks R3: at rest what is retained
// is bounded by the peak number of live keys.
//
// What happens: the map retains more each time the program is repeated: 16000
// keys after 16000 repetitions, with 1 live key.
//
// Found with go1.26.8. docs/specification.md#r3 of github.com/mapspec/mapspec
// explains the clause.
func TestR3Go1150(t *testing.T) {
	type allocation struct{ _ [64]byte }
	m := new(readdirty.Go1150)
	var seen []weak.Pointer[allocation]
	alive := func() (n int) {
		for range 3 {
			runtime.GC()
		}
		for _, s := range seen {
			if s.Value() != nil {
				n++
			}
		}
		runtime.KeepAlive(m)
		return n
	}
	k0, v1 := new(allocation), new(allocation)
	m.Store(k0, v1)
	const turns = 1000
	for range turns {
		k1, v2 := new(allocation), new(allocation)
		m.Store(k1, v2)
		m.Delete(k1)
		seen = append(seen, weak.Make(k1), weak.Make(v2))
	}
	if n := alive(); n >= turns-1 {
		t.Errorf("%d keys and values are reachable after %d turns, and the map has as few keys as before", n, turns)
	}
}
