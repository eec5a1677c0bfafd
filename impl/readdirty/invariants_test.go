package readdirty

import (
	"math/rand/v2"
	"testing"
)

// checkInvariants checks the invariants in the package comment. It does not lock, since
// nothing else is running.
func (m *core) checkInvariants(t *testing.T) {
	t.Helper()
	ix := m.published()
	if !ix.amended && len(m.dirty) != 0 {
		t.Errorf("invariant 1: read is not amended, dirty has %d keys", len(m.dirty))
	}
	if !ix.amended && m.dirty != nil && len(ix.entries) != 0 {
		t.Errorf("invariant 1: read is not amended and has keys, dirty is not nil")
	}
	for key, e := range ix.entries {
		d, ok := m.dirty[key]
		switch expunged := e.box.Load() == expunged; {
		case ix.amended && expunged && ok:
			t.Errorf("invariant 2: %v is expunged and in dirty", key)
		case ix.amended && !expunged && d != e:
			t.Errorf("invariant 2: %v has another entry in dirty than in read, or none", key)
		case !ix.amended && expunged:
			t.Errorf("invariant 3: %v is expunged in a promoted map", key)
		}
	}
	for key, e := range m.dirty {
		if e.box.Load() == expunged {
			t.Errorf("invariant 2: %v is expunged and in dirty", key)
		}
	}
}

// TestWhichCallsCountAsMisses checks the number of misses, which decides when dirty is
// promoted and therefore what is retained.
func TestWhichCallsCountAsMisses(t *testing.T) {
	for _, c := range []struct {
		name string
		call func(m *core)
		want int
	}{
		{"load of a key in dirty", func(m *core) { m.load("dirty") }, 1},
		{"load of an absent key", func(m *core) { m.load("absent") }, 1},
		{"load of a key in read", func(m *core) { m.load("read") }, 0},
		{"delete of a key in dirty, 1.14", func(m *core) { m.delete("dirty", delete114Rule) }, 0},
		{"delete of a key in dirty, 1.15.0", func(m *core) { m.delete("dirty", delete1150Rule) }, 1},
		{"delete of a key in dirty, 1.15.2", func(m *core) { m.delete("dirty", delete1152Rule) }, 1},
		{"delete of an absent key, 1.14", func(m *core) { m.delete("absent", delete114Rule) }, 0},
		{"delete of an absent key, 1.15.0", func(m *core) { m.delete("absent", delete1150Rule) }, 1},
		{"delete of an absent key, 1.15.2", func(m *core) { m.delete("absent", delete1152Rule) }, 1},
		{"compareAndDelete of a key in dirty", func(m *core) { m.compareAndDelete("dirty", 0) }, 1},
		{"compareAndDelete of an absent key", func(m *core) { m.compareAndDelete("absent", 0) }, 1},
		{"compareAndSwap of a key in dirty", func(m *core) { m.compareAndSwap("dirty", 0, 1) }, 1},
		{"compareAndSwap of an absent key", func(m *core) { m.compareAndSwap("absent", 0, 1) }, 0},
		{"loadOrStore of a key in dirty", func(m *core) { m.loadOrStore("dirty", 1) }, 1},
		{"loadOrStore of an absent key", func(m *core) { m.loadOrStore("absent", 1) }, 0},
		{"swap of a key in dirty", func(m *core) { m.swap("dirty", 1) }, 0},
		{"swap of an absent key", func(m *core) { m.swap("absent", 1) }, 0},
		{"clear after a miss", func(m *core) { m.load("absent"); m.clear() }, 0},
		{"promotion after a miss", func(m *core) { m.load("absent"); m.whole() }, 0},
	} {
		m := new(core)
		m.swap("read", 0)
		m.swap("another", 0)
		m.whole()
		m.swap("dirty", 0)
		if c.call(m); m.misses != c.want {
			t.Errorf("%s: %d misses, want %d", c.name, m.misses, c.want)
		}
	}
}

func TestInvariantsHoldAfterEveryStep(t *testing.T) {
	for _, rule := range []rule{delete114Rule, delete1150Rule, delete1152Rule} {
		for seed := range uint64(500) {
			r := rand.New(rand.NewPCG(seed, 2))
			m, keys := new(core), 1+r.IntN(6)
			for step := range 100 {
				key, value, old := r.IntN(keys), r.IntN(2), r.IntN(2)
				switch r.IntN(12) {
				case 0, 1:
					m.load(key)
				case 2, 3, 4:
					m.swap(key, value)
				case 5:
					m.loadOrStore(key, value)
				case 6, 7:
					m.delete(key, rule)
				case 8:
					m.compareAndSwap(key, old, value)
				case 9:
					m.compareAndDelete(key, old)
				case 10:
					m.traverse(func(_, _ any) bool { return true })
				case 11:
					if r.IntN(4) == 0 {
						m.clear()
					}
				}
				if m.checkInvariants(t); t.Failed() {
					t.Fatalf("rule %b, seed %d, after step %d", rule, seed, step)
				}
			}
		}
	}
}
