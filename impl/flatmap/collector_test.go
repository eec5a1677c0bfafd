package flatmap_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"weak"

	"github.com/mapspec/mapspec/impl/flatmap"
)

const stressed = "FLATMAP_COLLECTOR_TEST"

// TestTheGarbageCollectorSeesAll checks that the garbage collector sees the memory that the
// map manages itself. A child process collects garbage continually, marks a second time with
// the world stopped, and overwrites freed memory, so that any later use shows. With -race,
// the compiler also checks the uses of package unsafe.
func TestTheGarbageCollectorSeesAll(t *testing.T) {
	if os.Getenv(stressed) != "" {
		stress(t)
		return
	}
	if testing.Short() {
		t.Skip("collects garbage all the time, some seconds: run without -short")
	}
	child := exec.Command(os.Args[0], "-test.run=^TestTheGarbageCollectorSeesAll$", "-test.v")
	child.Env = append(os.Environ(), stressed+"=1", "GOGC=1", "GODEBUG=gccheckmark=1,clobberfree=1")
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestTheGarbageCollectorSeesAll") {
		t.Errorf("%v\n%s", err, out)
	}
}

// A record is a value that contains its key.
type record struct {
	number int
	text   string
}

func stress(t *testing.T) {
	var wg sync.WaitGroup
	for id := range 2 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(id), 11))
			exercise(t, r, func(i int) *int { p := &ints[i]; return p }, onStack)
			exercise(t, r, fromBuffer, onStack)
			exercise(t, r, fromBuffer, func(i int) record { return record{i, fromBuffer(i)} })
			exercise(t, r, func(i int) int { return i }, func(i int) *record { return onStack(i) })
			exercise(t, r, func(i int) any { return [2]any{fromBuffer(i), i} }, func(i int) any { return record{i, fromBuffer(i)} })
		})
	}
	wg.Wait()
}

// onStack returns a value that the compiler may leave on the stack unless it sees that the
// map retains it.
//
//go:noinline
func onStack(i int) *record { return &record{i, fromBuffer(i)} }

// fromBuffer makes strings of several lengths in a buffer on the stack.
//
//go:noinline
func fromBuffer(i int) string {
	var buffer [32]byte
	b := strconv.AppendInt(buffer[:0], int64(i), 10)
	return strings.Repeat("x", []int{0, 3, 20, 260}[i%4]) + string(b)
}

// exercise has two goroutines use one map while it grows and shrinks.
func exercise[K comparable, V any](t *testing.T, r *rand.Rand, key func(i int) K, value func(i int) V) {
	const keys, operations = 1000, 10_000
	var m flatmap.Map[K, V]
	numbers := map[K]int{}
	for i := range keys {
		numbers[key(i)] = i
	}
	check := func(i int, v V) {
		n := i
		var text string
		switch v := any(v).(type) {
		case record:
			n, text = v.number, v.text
		case *record:
			n, text = v.number, v.text
		}
		if n != i || text != fromBuffer(i) {
			t.Errorf("key %d has a value of key %d, %q", i, n, text)
		}
	}
	work := func(seed uint64) {
		r := rand.New(rand.NewPCG(seed, 12))
		for n := range operations {
			i := r.IntN(keys)
			deletes := n*4/operations%2 == 1 && r.IntN(4) > 0
			switch {
			case deletes:
				if v, ok := m.LoadAndDelete(key(i)); ok {
					check(i, v)
				}
			case n%100 == 0:
				for k, v := range m.All() {
					check(numbers[k], v)
				}
			case n%7 == 0:
				if v, ok := m.Load(key(i)); ok {
					check(i, v)
				}
			case n%5 == 0:
				m.Compute(key(i), func(old V, loaded bool) (V, bool) {
					if loaded {
						check(i, old)
					}
					return value(i), true
				})
			default:
				m.Store(key(i), value(i))
			}
		}
	}
	var wg sync.WaitGroup
	seed := r.Uint64()
	wg.Go(func() { work(seed) })
	work(seed + 1)
	wg.Wait()
	for k, v := range m.All() {
		check(numbers[k], v)
	}
	if t.Failed() {
		t.Logf("the map is a %T", &m)
	}
}

// TestAPausedRangeHoldsNothingThatItHasLeft checks that a paused traversal retains what is in
// its current bucket, and nothing in buckets that it has left, even if the table has changed.
//
// Clauses: R2
func TestAPausedRangeHoldsNothingThatItHasLeft(t *testing.T) {
	for _, grows := range []bool{false, true} {
		for range 10 {
			if held := heldByAPause(t, 500, grows); held > 0 {
				t.Errorf("a Range, paused, holds %d deleted keys of buckets that it has left; the map has grown meanwhile: %t", held, grows)
			}
		}
	}
}

// heldByAPause pauses a traversal of n keys and then deletes all keys. It returns how many of
// the keys visited well before the pause are still in memory.
func heldByAPause(t *testing.T, n int, grows bool) (held int) {
	const chain = 60 // no chain has more keys
	var m flatmap.Map[*record, int]
	keys := make([]*record, n)
	for i := range keys {
		keys[i] = onStack(i)
		m.Store(keys[i], i)
	}
	var visited []weak.Pointer[record]
	m.Range(func(k *record, _ int) bool {
		visited = append(visited, weak.Make(k))
		if len(visited) == n/4 && grows {
			m.Grow(4 * n)
		}
		if len(visited) < n/2 {
			return true
		}
		for i, k := range keys {
			m.Delete(k)
			keys[i] = nil
		}
		runtime.GC()
		for _, w := range visited[:n/2-chain] {
			if w.Value() != nil {
				held++
			}
		}
		return false
	})
	if len(visited) != n/2 {
		t.Errorf("paused at %d of %d keys", len(visited), n)
	}
	return held
}
