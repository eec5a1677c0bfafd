package check

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
	"github.com/mapspec/mapspec/model"
)

// millionOps returns a million operations on 16 keys by 8 clients.
func millionOps() []history.Operation {
	keys := make([]int, 16)
	for i := range keys {
		keys[i] = i
	}
	s := &simulation{choose: seeded(1), clients: 8, calls: 1_000_000, keys: keys, values: 100, methods: onKey}
	return s.run()
}

// longHistories are judged in child processes. want is the verdict on S1.
var longHistories = map[string]struct {
	ops  func() []history.Operation
	want model.Status
}{
	"16 keys": {millionOps, model.OK},
	"16 keys, a wrong result": {func() []history.Operation {
		ops := millionOps()
		ops[len(ops)-1].Op = model.Op{Method: model.Load}
		ops[len(ops)-1].Result = model.Result{Value: neverStored, OK: true}
		return ops
	}, model.Violation},
	"one key without rest": {func() []history.Operation { return endless(1_000_000, 1) }, model.OK},
}

// maxResident bounds the memory of a process that judges a million operations,
// including the operations themselves.
const maxResident = 1 << 30

// TestAMillionOperationsFitInAGigabyte judges long histories, each in a process
// of its own, and checks the peak memory of these processes.
func TestAMillionOperationsFitInAGigabyte(t *testing.T) {
	if name := os.Getenv("CHECK_HEAVY"); name != "" {
		judgeInChild(t, name)
		return
	}
	if testing.Short() {
		t.Skip("judges a million operations in processes of their own, some 10 s: run without -short")
	}
	if _, ok := peakResident(); !ok {
		t.Skip("this system has no /proc/self/status, which says how much memory a process took")
	}
	if raceEnabled() {
		t.Skip("the race detector takes several times the memory that is judged: run without -race")
	}
	for i, name := range slices.Sorted(maps.Keys(longHistories)) {
		if i != 2 && !testpart.Run(i) {
			continue
		}
		child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		child.Env = append(os.Environ(), "CHECK_HEAVY="+name)
		out, err := child.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		said := regexp.MustCompile(`resident: (\d+)`).FindSubmatch(out)
		if said == nil {
			t.Fatalf("%s: the child process did not report its memory:\n%s", name, out)
		}
		bytes, _ := strconv.Atoi(string(said[1]))
		if bytes > maxResident {
			t.Errorf("%s: %d MB, want at most %d", name, bytes>>20, maxResident>>20)
		}
		t.Logf("%s: %d MB", name, bytes>>20)
	}
}

// judgeInChild judges one long history, in the child process.
func judgeInChild(t *testing.T, name string) {
	h := longHistories[name]
	if v := model.Find(Operations(h.ops(), Options{Timeout: time.Hour}), model.S1); v.Status != h.want {
		t.Fatalf("got %v", v)
	}
	bytes, _ := peakResident()
	fmt.Printf("resident: %d\n", bytes)
}

// peakResident returns the largest resident size that this process has had.
func peakResident() (bytes int, ok bool) {
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

// raceEnabled reports whether the race detector is built in.
func raceEnabled() bool {
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

// TestAWalkTakesNoMemoryForItsLength checks that a walk allocates only for its
// checkpoints, whatever its length.
func TestAWalkTakesNoMemoryForItsLength(t *testing.T) {
	allocated := func(n int) uint64 {
		j := newJudge(endless(n, 1), Options{Timeout: time.Hour, limits: searchLimits{walkAbove: -1}})
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
		t.Errorf("%d bytes for 2,000 operations, %d for 20,000: %d per checkpoint", short, long, perCheckpoint)
	}
}
