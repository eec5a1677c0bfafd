package main

import (
	"runtime"
	"testing"
	"weak"
)

// connections are weak pointers to connections, in the order in which they were opened. Functions
// that handle instances are not inlined, so that no instance remains in a variable of the caller.
type connections []weak.Pointer[connection]

// serveMore serves n connections and adds them to c.
//
//go:noinline
func (c *connections) serveMore(t *testing.T, s *service, n int) {
	t.Helper()
	for range n {
		at := s.next
		if err := s.serve(); err != nil {
			t.Fatal(err)
		}
		*c = append(*c, weak.Make(s.open[at]))
	}
}

// reachable collects garbage and counts the connections that are still in memory.
func (c connections) reachable() (n int) {
	runtime.GC()
	for _, w := range c {
		if w.Value() != nil {
			n++
		}
	}
	return n
}

// TestServiceRetainsWhatItsMapRetains counts connections in memory while a hundred are open, and after
// all are closed. The maps of 1.15.2 and 1.23 retain at most twice as many as were open: a promotion
// publishes an index with a hundred deleted keys and a hundred live ones, and until the next promotion
// the live ones are deleted too.
//
// Clauses: R1, R3
func TestServiceRetainsWhatItsMapRetains(t *testing.T) {
	const served, open = 1000, 100
	for name, want := range map[string]struct{ least, most int }{
		"go1.14":                    {0, 0},
		"go1.15.0":                  {served, served},
		"go1.15.2":                  {open, 2 * open},
		"go1.23":                    {open, 2 * open},
		"sync.Map":                  {0, 0},
		"go1.23 CompareAndDelete":   {served, served},
		"sync.Map CompareAndDelete": {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v, ok := findVariant(name)
			if !ok {
				t.Fatal("no such variant")
			}
			s := newService(v, open)
			var all connections
			all.serveMore(t, s, served)
			if n := all[served-open:].reachable(); n != open {
				t.Errorf("the probe is broken: it sees %d of %d open connections", n, open)
			}
			if n := all.reachable() - open; n < min(want.least, served-open) || n > want.most {
				t.Errorf("%d closed connections are in memory while %d are open, want %d to %d", n, open, want.least, want.most)
			}
			if err := s.closeAll(); err != nil {
				t.Fatal(err)
			}
			if n := all.reachable(); n < want.least || n > want.most {
				t.Errorf("%d of %d closed connections are in memory, want %d to %d", n, served, want.least, want.most)
			}
			runtime.KeepAlive(s)
			s = nil
			if n := all.reachable(); n != 0 {
				t.Errorf("the probe is broken: %d connections outlive their service", n)
			}
		})
	}
	if len(variants()) != 7 {
		t.Errorf("%d variants, not all of them tested", len(variants()))
	}
}

// TestSecondRangeReleasesWhatWasDeletedBeforeTheFirst checks that a Range releases nothing that was
// deleted before it, and that one Store and a second Range release all of it. So the leak of Go 1.15.0
// is bounded by what a service deletes between two Ranges, and unbounded without Ranges.
//
// Clauses: R1
func TestSecondRangeReleasesWhatWasDeletedBeforeTheFirst(t *testing.T) {
	const served = 100
	v, _ := findVariant("go1.15.0")
	s := newService(v, 1)
	var before, between connections
	before.serveMore(t, s, served)
	if err := s.list(); err != nil {
		t.Fatal(err)
	}
	if n := before.reachable(); n != served {
		t.Errorf("after one Range: %d of %d in memory, want all", n, served)
	}
	between.serveMore(t, s, served)
	if err := s.list(); err != nil {
		t.Fatal(err)
	}
	if n := before.reachable(); n != 0 {
		t.Errorf("after two Ranges: %d of the first %d in memory, want none", n, served)
	}
	if n := between.reachable(); n != served {
		t.Errorf("after two Ranges: %d of the second %d in memory, want all", n, served)
	}
	runtime.KeepAlive(s)
}

// A loader is a map with Load, which the service does not use.
type loader interface {
	Load(key any) (value any, ok bool)
}

// TestServiceSeesTheSameInEveryVersion checks that no result differs between the versions.
//
// Clauses: S3
func TestServiceSeesTheSameInEveryVersion(t *testing.T) {
	const served, open = 100, 10
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			s := newService(v, open)
			var all []*connection
			for i := range served {
				at := s.next
				if err := s.serve(); err != nil {
					t.Fatal(err)
				}
				all = append(all, s.open[at])
				if i%7 == 0 {
					if err := s.list(); err != nil {
						t.Fatal(err)
					}
				}
			}
			for i, c := range all {
				value, ok := s.table.(loader).Load(c)
				if isOpen := i >= served-open; ok != isOpen || (value == busy) != isOpen {
					t.Errorf("connection %d: Load = %v, %v; open is %v", i, value, ok, isOpen)
				}
			}
			if err := s.closeAll(); err != nil {
				t.Fatal(err)
			}
			if err := s.list(); err != nil {
				t.Error(err)
			}
			if c, ok := s.table.(comparingTable); ok && c.CompareAndDelete(all[0], busy) {
				t.Error("CompareAndDelete found a closed connection")
			}
		})
	}
}

// forgetful loses the keys that it is given.
type forgetful struct{ comparingTable }

func (forgetful) Store(any, any) {}

func TestServiceReportsAMapThatIsWrong(t *testing.T) {
	for _, name := range []string{"sync.Map", "sync.Map CompareAndDelete"} {
		v, _ := findVariant(name)
		right := v.new
		v.new = func() connectionTable { return forgetful{right().(comparingTable)} }
		err := newService(v, 10).run(load{connections: 100, open: 10, sampleEvery: 50}, func(sample) error { return nil })
		if err == nil {
			t.Errorf("%s: no complaint about a map that forgets", name)
		}
	}
}
