package hashing_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
)

// under sets the policy for the rest of the test.
func under(t *testing.T, p hashing.Policy) {
	t.Helper()
	hashing.SetPolicy(p)
	t.Cleanup(func() { hashing.SetPolicy(hashing.Mix) })
}

type name string

type pair struct {
	a string
	b any
}

func TestPrefixTellsSixteenNumberedKeysApartByTheLowestBits(t *testing.T) {
	under(t, hashing.Prefix)
	for what, key := range map[string]func(i int) any{
		"int":          func(i int) any { return i },
		"negative":     func(i int) any { return int8(-i) },
		"string":       func(i int) any { return fmt.Sprintf("conn-%d", i) },
		"named string": func(i int) any { return name(fmt.Sprint("k", i)) },
		"struct":       func(i int) any { return pair{"x", i} },
		"array":        func(i int) any { return [2]int{7, i} },
	} {
		seen := make(map[uint64]bool)
		for i := range 16 {
			h := hashing.Any(key(i), 5)
			if seen[h] || h>>4 != hashing.Uint64(0, 5)>>4 {
				t.Errorf("%s: hash %x of number %d", what, h, i)
			}
			seen[h] = true
		}
	}
}

func TestMixTellsValuesApartAndCollideDoesNot(t *testing.T) {
	values := []any{1, 2, "a", "b", "", pair{"a", 1}, pair{"a", "1"}, pair{"a1", nil}, [2]string{"a", "b"}, [2]string{"ab", ""},
		1.5, -1.5, 2i, true, nil, struct{}{}}
	distinct := func() int {
		seen := make(map[uint64]bool)
		for _, v := range values {
			seen[hashing.Any(v, 1)] = true
		}
		return len(seen)
	}
	// nil, struct{}{} and "" have equal hashes, as they have no content.
	if got := distinct(); got != len(values)-2 {
		t.Errorf("mix: %d different hashes of %d values, want %d", got, len(values), len(values)-2)
	}
	under(t, hashing.Collide)
	if got := distinct(); got != 1 {
		t.Errorf("collide: %d different hashes, want 1", got)
	}
}

func TestEqualValuesHaveEqualHashes(t *testing.T) {
	for _, p := range []hashing.Policy{hashing.Mix, hashing.Prefix, hashing.Collide} {
		under(t, p)
		for _, c := range [][2]any{
			{0.0, math.Copysign(0, -1)}, {"a7", "a" + fmt.Sprint(7)}, {pair{"x", 2}, pair{"x", 2}},
			{struct{ a, _ int }{1, 2}, struct{ a, _ int }{a: 1}},
		} {
			if hashing.Any(c[0], 3) != hashing.Any(c[1], 3) {
				t.Errorf("%v: %#v and %#v differ", p, c[0], c[1])
			}
		}
	}
}

func TestPointersNeedOrdinals(t *testing.T) {
	x, y := new(int), new(int)
	hashing.SetOrdinal(func(p unsafe.Pointer) (uint64, bool) { return 3, p == unsafe.Pointer(x) })
	t.Cleanup(func() { hashing.SetOrdinal(nil) })
	if hashing.Any(pair{"", x}, 1) == hashing.Any(pair{"", (*int)(nil)}, 1) {
		t.Error("nil and a pointer with an ordinal have equal hashes")
	}
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "*int has no ordinal") {
			t.Errorf("panic %v, want one about ordinals", r)
		}
	}()
	hashing.Any(y, 1)
}

// In an execution, hashing a pointer without a number is a refusal, which is remembered
// even if the map recovers from the panic.
func TestHashingAPointerWithoutOrdinalIsRefused(t *testing.T) {
	t.Cleanup(refuse.Reset)
	s := sched.New(1, sched.Limits{})
	defer s.Close()
	for _, key := range []any{new(int), pair{"", new(int)}, make(chan int)} {
		refuse.Reset()
		s.Alone(func() {
			defer func() { _ = recover() }()
			hashing.Any(key, 1)
		})
		if e := refuse.Last(); e == nil || !strings.Contains(e.What, " by its address") {
			t.Errorf("%T: refusal %v, want one about its address", key, e)
		}
	}
}

func TestAnyPanicsIfAMapDoes(t *testing.T) {
	for _, v := range []any{[]int{}, map[int]int{}, func() {}, pair{"", []int{}}} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.Contains(r, "unhashable type") {
					t.Errorf("%T: panic %s", v, r)
				}
			}()
			hashing.Any(v, 1)
		}()
	}
}

func TestUsedReportsHashes(t *testing.T) {
	hashing.ResetUsed()
	if hashing.Used() {
		t.Error("Used reports true after ResetUsed")
	}
	if hashing.String("", 0); !hashing.Used() {
		t.Error("Used reports false after a hash")
	}
}

func TestParsePolicyReadsNames(t *testing.T) {
	for _, p := range []hashing.Policy{hashing.Mix, hashing.Prefix, hashing.Collide} {
		if q, err := hashing.ParsePolicy(p.String()); q != p || err != nil {
			t.Errorf("the name of %v is parsed as %v, %v", p, q, err)
		}
	}
	if _, err := hashing.ParsePolicy("kind"); err == nil {
		t.Error("kind is parsed as a policy")
	}
}

func TestCommonKeysAreHashedWithoutAllocation(t *testing.T) {
	var s, i any = "conn-300", 300
	if n := testing.AllocsPerRun(100, func() { hashing.Any(s, 1); hashing.Any(i, 1); hashing.String("conn-300", 1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
