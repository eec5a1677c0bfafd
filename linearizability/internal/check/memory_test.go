package check

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// million returns a million operations over 16 keys by 8 clients.
func million() []history.Operation {
	keys := make([]int, 16)
	for i := range keys {
		keys[i] = i
	}
	s := &simulation{choose: seeded(1), clients: 8, calls: 1_000_000, keys: keys, values: 100, methods: onKey}
	return s.run()
}

// heavy are long histories, and what is to be found out about them.
var heavy = map[string]struct {
	ops  func() []history.Operation
	want model.Status
}{
	"16 keys": {million, model.OK},
	"16 keys, a wrong result": {func() []history.Operation {
		ops := million()
		ops[len(ops)-1].Op = model.Op{Method: model.Load}
		ops[len(ops)-1].Result = model.Result{Value: never, OK: true}
		return ops
	}, model.Violation},
	"one key without rest": {func() []history.Operation { return endless(1_000_000, 1) }, model.OK},
}

// maxResident is how much memory a million operations may take: with the
// operations themselves, and all that the process needs besides.
const maxResident = 1 << 30

// TestAMillionOperationsFitInAGigabyte: by the most that a process ever had
// resident which does nothing else.
func TestAMillionOperationsFitInAGigabyte(t *testing.T) {
	if name := os.Getenv("CHECK_HEAVY"); name != "" {
		judgeHeavy(t, name)
		return
	}
	if testing.Short() {
		t.Skip("judges a million operations in processes of their own, some 10 s: run without -short")
	}
	if _, ok := peak(); !ok {
		t.Skip("this system has no /proc/self/status, which says how much memory a process took")
	}
	if raced() {
		t.Skip("the race detector takes several times the memory that is judged: run without -race")
	}
	for name := range heavy {
		child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		child.Env = append(os.Environ(), "CHECK_HEAVY="+name)
		out, err := child.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		said := regexp.MustCompile(`resident: (\d+)`).FindSubmatch(out)
		if said == nil {
			t.Fatalf("%s: the child said nothing of its memory:\n%s", name, out)
		}
		bytes, _ := strconv.Atoi(string(said[1]))
		if bytes > maxResident {
			t.Errorf("%s: %d MB, want %d at most", name, bytes>>20, maxResident>>20)
		}
		t.Logf("%s: %d MB", name, bytes>>20)
	}
}

// judgeHeavy is the child.
func judgeHeavy(t *testing.T, name string) {
	h := heavy[name]
	if v := model.Find(Operations(h.ops(), Options{Timeout: time.Hour}), model.S1); v.Status != h.want {
		t.Fatalf("got %v", v)
	}
	bytes, _ := peak()
	fmt.Printf("resident: %d\n", bytes)
}

// peak returns the most bytes that this process ever had resident.
func peak() (bytes int, ok bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	peak := regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`).FindSubmatch(status)
	if peak == nil {
		return 0, false
	}
	kB, err := strconv.Atoi(string(peak[1]))
	return kB << 10, err == nil
}

// raced reports whether this is built with the race detector.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" && s.Value == "true" {
			return true
		}
	}
	return false
}

// A walk keeps nothing of what it has passed: one that is ten times as long
// takes as much memory.
func TestAWalkTakesNoMemoryForItsLength(t *testing.T) {
	allocated := func(n int) uint64 {
		j := newJudge(endless(n, 1), Options{Timeout: time.Hour, limits: limits{walkAbove: -1}})
		entries := j.keyEntries(0, false)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if v := j.searchKey(entries, j.budget.share(1)); v.status != model.OK {
			t.Fatalf("got %s", v.status)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	short, long := allocated(2_000), allocated(20_000)
	perCheckpoint := (long - short) / (2 * 18_000 / checkpointEvents)
	t.Logf("%d bytes for 2,000 operations, %d for 20,000", short, long)
	if perCheckpoint > 16<<10 {
		t.Errorf("%d bytes for 2,000 operations, %d for 20,000: %d a checkpoint", short, long, perCheckpoint)
	}
}
