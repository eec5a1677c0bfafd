package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/impl/broken"
	"github.com/mapspec/mapspec/impl/locked"
	"github.com/mapspec/mapspec/linearizability/internal/process"
	"github.com/mapspec/mapspec/model"
)

// The test binary is also mapspec, so that the tests run the real command with its
// child processes.
func TestMain(m *testing.M) {
	find = withHostile
	if os.Getenv("MAPSPEC_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// withHostile adds maps that do not belong in a catalogue.
func withHostile(name string) (impl.Map, bool) {
	switch name {
	case "dies":
		return impl.Map{Name: name, Subject: impl.Subject(name, model.Promise{}, func() any { return new(dies) })}, true
	case "prints":
		return impl.Map{Name: name, Subject: impl.Subject(name, model.Promise{}, func() any {
			fmt.Println("a map that talks")
			return new(locked.Map[any, any])
		})}, true
	case "dies in Delete":
		return impl.Map{Name: name, Subject: impl.Subject(name, model.Promise{}, func() any { return new(diesInDelete) })}, true
	case "not predicted":
		return impl.Map{Name: name, Subject: impl.Subject(name, model.Promise{}, func() any { return new(broken.S1TwoDeleters) })}, true
	case "hangs":
		return impl.Map{Name: name, Subject: impl.Subject(name, model.Promise{}, func() any { return new(hangs) })}, true
	}
	return impl.Find(name)
}

// dies ends its process.
type dies struct{ locked.Map[any, any] }

func (d *dies) Swap(any, any) (any, bool) { os.Exit(7); return nil, false }

// diesInDelete ends its process as the runtime does after a fatal error.
type diesInDelete struct{ locked.Map[any, any] }

func (d *diesInDelete) Delete(any) { os.Exit(9) }

// hangs never returns from Swap.
type hangs struct{ locked.Map[any, any] }

func (h *hangs) Swap(any, any) (any, bool) { select {} }

// outcome is what a run of the command did.
type outcome struct {
	status         int
	stdout, stderr string
}

// mapspec runs the command in dir.
func mapspec(t *testing.T, dir string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := start(t, dir, args...)
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func start(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "MAPSPEC_MAIN=1")
	return c
}

// A mistake is one line on stderr that says what to do, and exit status 2.
func TestMistakesAreOneLineThatSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"chekc"}, `no command "chekc", did you mean check?; mapspec -h lists them`},
		{[]string{"check", "-map", "go1.15"}, `no map "go1.15", did you mean go1.14 or go1.15.0 or go1.15.2`},
		{[]string{"check", "-map", "nothing like it"}, `mapspec list shows all maps`},
		{[]string{"check", "-bugdet", "1s"}, "see mapspec check -h"},
		{[]string{"check", "-budget", "5"}, `invalid value "5" for flag -budget: want a duration, such as 30s; see mapspec check -h`},
		{[]string{"check", "-seed", "x"}, "want a whole number"},
		{[]string{"check", "-json=x"}, "want true or false"},
		{[]string{"check", "-explore", "3"}, `-explore: size "3": want THREADSxOPERATIONS, such as 2x1, or none`},
		{[]string{"check", "-explore", "9x1"}, "9 threads: want 1 to 4"},
		{[]string{"check", "-explore", "2x1x1"}, "want THREADSxOPERATIONS"},
		{[]string{"check", "-budget", "0s"}, "want more than 0s"},
		{[]string{"check", "-shard", "3"}, "want i/n with 0 ≤ i < n, such as 0/4"},
		{[]string{"check", "-shard", "/4"}, "want i/n with 0 ≤ i < n"},
		{[]string{"check", "-shard", "4/4"}, "want i/n with 0 ≤ i < n"},
		{[]string{"check", "sync.Map"}, `unexpected argument "sync.Map"; see mapspec check -h`},
		{[]string{"check", "-o", filepath.Join(file, "under")}, "choose another directory with -o"},
		{[]string{"counterexample"}, "no -map NAME"},
		{[]string{"counterexample", "-map", "lokced"}, `no map "lokced", did you mean locked`},
		{[]string{"counterexample", "-map", "locked", "-clause", "R9"}, `no clause "R9"`},
		{[]string{"counterexample", "-map", "locked", "-budget", "-1s"}, "want more than 0s"},
		{[]string{"counterexample", "-map", "locked", "-o", filepath.Join(file, "under")}, "choose another directory with -o"},
		{[]string{"replay"}, "no DIR; see mapspec replay -h"},
		{[]string{"replay", dir}, "no counterexample in " + dir + ": want a directory with program.json"},
		{[]string{"replay", "-times", "0", dir}, "want at least 1"},
		{[]string{"replay", "-budget", "0s", dir}, "want more than 0s"},
		{[]string{"merge"}, "no FILE; see mapspec merge -h"},
		{[]string{"merge", "-jsn"}, "see mapspec merge -h"},
		{[]string{"history"}, "no FILE; see mapspec history -h"},
		{[]string{"history", filepath.Join(dir, "absent")}, "no such file"},
		{[]string{"history", "-timeout", "0s", file}, "want more than 0s"},
		{[]string{"judge", "-map", "go1.15"}, `no map "go1.15"`},
	} {
		got := mapspec(t, dir, c.args...)
		if got.status != exitOther || got.stdout != "" || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%q: status %d, stdout %q, stderr %q; want 2 and one line with %q", c.args, got.status, got.stdout, got.stderr, c.want)
		}
	}
}

func TestHelpIsOnStdoutForEveryCommand(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"help"}, {"check", "-h"}, {"list", "-h"}, {"history", "-help"}, {"counterexample", "-h"}, {"replay", "-h"}, {"explore", "-h"}, {"merge", "-h"}} {
		got := mapspec(t, t.TempDir(), args...)
		if got.status != exitOK || strings.Count(got.stdout, "usage: mapspec") != 1 || got.stderr != "" {
			t.Errorf("%q: status %d, stdout %q, stderr %q", args, got.status, got.stdout, got.stderr)
		}
	}
}

func TestListShowsTheCatalogue(t *testing.T) {
	text := mapspec(t, t.TempDir(), "list")
	lines := strings.Split(strings.TrimSpace(mapspec(t, t.TempDir(), "list", "-json").stdout), "\n")
	if text.status != exitOK || len(lines) != len(impl.Catalogue()) {
		t.Fatalf("status %d, %d JSON lines, want %d", text.status, len(lines), len(impl.Catalogue()))
	}
	for i, m := range impl.Catalogue() {
		var row struct{ Map, Origin string }
		if err := json.Unmarshal([]byte(lines[i]), &row); err != nil || row.Map != m.Name || row.Origin != m.Origin {
			t.Errorf("line %d is %s, want %s", i, lines[i], m.Name)
		}
		if !strings.Contains(text.stdout, m.Name) {
			t.Errorf("%s is not listed", m.Name)
		}
	}
}

// The leak of go1.15.0 is in the table and in a file. It is expected, so the exit
// status is 0.
//
// Clauses: R1, R3
func TestCheckShowsTheLeakOfGo1150(t *testing.T) {
	judges(t)
	dir := t.TempDir()
	got := mapspec(t, dir, "check", "-map", "go1.15.0,locked", "-budget", "500ms", "-explore", "none", "-seed", "5")
	for _, want := range []string{
		`(?m)^mapspec check -seed 5 -budget 500ms$`,
		`(?m)^go1\.15\.0  R1 prompt release, R3 bounded garbage +the same +pile up +-$`,
		`(?m)^locked +none +the same +released at once +-$`,
		`go1\.15\.0 R1 violation, as expected`,
		`key k1 and 63 more, of 64 deleted keys, are still reachable at rest: readdirty\.Go1150\.dirty\["conn-1"\]\n    see`,
		`held by readdirty\.Go1150\.dirty\["conn-1"\]`,
		`see counterexamples/go1\.15\.0/R1`,
	} {
		if !regexp.MustCompile(want).MatchString(got.stdout) {
			t.Errorf("the output lacks %s:\n%s", want, got.stdout)
		}
	}
	if got.status != exitOK || got.stderr != "" {
		t.Errorf("status %d, stderr %q, want 0 and no progress, because there is no terminal", got.status, got.stderr)
	}
	trace, err := os.ReadFile(filepath.Join(dir, "counterexamples/go1.15.0/R1/trace.txt"))
	if err != nil || !strings.Contains(string(trace), "Delete(k1), operation 3, should have let") {
		t.Errorf("trace: %v\n%s", err, trace)
	}
}

// The exit status is 1 after a violation that the catalogue does not predict, and the
// history is saved.
//
// Clauses: S1
func TestCheckOfABrokenMapFailsAndKeepsTheHistory(t *testing.T) {
	judges(t)
	dir := t.TempDir()
	got := mapspec(t, dir, "check", "-map", "not predicted", "-budget", "1s", "-json")
	var row struct {
		Map        string
		AsPromised bool `json:"as_promised"`
		Verdicts   []model.Verdict
	}
	if err := json.Unmarshal([]byte(got.stdout), &row); err != nil {
		t.Fatalf("%v in %s", err, got.stdout)
	}
	if got.status != exitWrong || row.AsPromised || model.Find(row.Verdicts, model.S1).Status != model.Violation {
		t.Errorf("status %d, %v", got.status, model.Find(row.Verdicts, model.S1))
	}
	h := mapspec(t, dir, "history", "counterexamples/not predicted/S1/history.jsonl")
	if h.status != exitWrong || !strings.HasPrefix(h.stdout, "S1 violation") {
		t.Errorf("the history that was kept: status %d\n%s", h.status, h.stdout)
	}
}

// A map that dies or hangs is a verdict, and the next map is judged.
//
// Clauses: S1, P2
func TestCheckGoesOnAfterAMapThatDiesOrHangs(t *testing.T) {
	judges(t)
	t.Parallel() // it spends most of its time waiting for calls that hang
	got := mapspec(t, t.TempDir(), "check", "-map", "dies", "-map", "hangs", "-map", "locked", "-budget", "300ms")
	for _, want := range []string{
		`(?m)^dies +S1 atomic operations +NO: want S1 ok, S2 ok, S3 ok and \d+ more`,
		`(?m)^hangs +P2 no deadlock; unknown: S1 atomic operations, S2 .*, S3 .* and \d+ more  `,
		`(?m)^locked +none`,
		`dies S1 violation.*\n.*died in phase properties and printed nothing \(exit status 7\)`,
		`(?m)^hangs unknown: S1 atomic operations, .*\n    given up: the map hangs$`,
		`Swap\(.*never returned: .*main_test\.go`,
	} {
		if !regexp.MustCompile(want).MatchString(got.stdout) {
			t.Errorf("the output lacks %s:\n%s", want, got.stdout)
		}
	}
	if got.status != exitWrong {
		t.Errorf("status %d, want 1", got.status)
	}
}

// What was found before Ctrl-C is printed and saved.
func TestInterruptLosesNothing(t *testing.T) {
	judges(t)
	dir := t.TempDir()
	c := start(t, dir, "check", "-map", "go1.15.0", "-map", "locked", "-budget", "2s", "-json")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 1) // the first map's line has begun: the second is being judged
	if _, err := io.ReadFull(out, line); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(out)
	_ = c.Wait()
	if status := c.ProcessState.ExitCode(); status != exitOther || !strings.Contains(stderr.String(), "interrupted after 1 of 2 maps") {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
	if !strings.HasPrefix(string(line)+string(rest), `{"map":"go1.15.0"`) {
		t.Errorf("stdout %s", rest)
	}
	if _, err := os.Stat(filepath.Join(dir, "counterexamples/go1.15.0/R1/trace.txt")); err != nil {
		t.Error(err)
	}
}

// A full disk is an error.
func TestAFullDiskIsAnError(t *testing.T) {
	judges(t)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("no /dev/full here: %v", err)
	}
	defer full.Close()
	for _, args := range [][]string{{"list", "-json"}, {"check", "-map", "locked", "-budget", "100ms", "-explore", "none", "-json"}} {
		c := start(t, t.TempDir(), args...)
		var stderr bytes.Buffer
		c.Stdout, c.Stderr = full, &stderr
		_ = c.Run()
		if c.ProcessState.ExitCode() != exitOther || !strings.Contains(stderr.String(), "no space left") {
			t.Errorf("%q: status %d, stderr %q", args, c.ProcessState.ExitCode(), stderr.String())
		}
	}
}

func TestHistoryJudgesFilesFromAnywhere(t *testing.T) {
	good := `{"seq":1,"id":0,"client":0,"call":{"op":"Store","key":0,"value":1}}
{"seq":2,"id":0,"return":{}}
{"seq":3,"id":1,"client":1,"call":{"op":"Load","key":0}}
{"seq":4,"id":1,"return":{"value":1,"ok":true}}
`
	for _, c := range []struct {
		name, text string
		status     int
		want       string
	}{
		{"a good one", good, exitOK, "S1 ok (complete: "},
		{"a stale read", strings.Replace(good, `"value":1,"ok":true`, `"value":0,"ok":false`, 1), exitWrong, "S1 violation"},
		{"a truncated one", good[:len(good)-9], exitOther, "S1 invalid: "},
		{"a mangled one", strings.Replace(good, `"id":1,"return"`, `"id":9,"return"`, 1), exitOther, "line 4"},
		{"an empty one", "", exitOK, "S1 "},
	} {
		file := filepath.Join(t.TempDir(), "history.jsonl")
		if err := os.WriteFile(file, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		got := mapspec(t, t.TempDir(), "history", file)
		if got.status != c.status || !strings.Contains(got.stdout, c.want) {
			t.Errorf("%s: status %d, %q; want %d, %q", c.name, got.status, got.stdout+got.stderr, c.status, c.want)
		}
	}
}

// Shards partition the maps.
func TestShardsPartitionTheMaps(t *testing.T) {
	var names []string
	for i := range 3 {
		for _, m := range part(impl.Catalogue(), i, 3) {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	want := impl.Names()
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("three shards have %v, want %v", names, want)
	}
}

// The death of a child is a violation that names the phase, unless the machine or a
// limit ended the child.
//
// Clauses: M2
func TestTheDeathOfAChildIsAVerdict(t *testing.T) {
	crash := process.Result{State: "exit status 2", Stderr: "a map that talks\nfatal error: concurrent map writes\n\ngoroutine 1"}
	if v := died("stress", crash); v.Clause != model.M2 || v.Status != model.Violation || len(v.Lines()) != 3 ||
		v.Evidence() != "the process died in phase stress: fatal error: concurrent map writes (exit status 2)" {
		t.Errorf("%v, want M2", v)
	}
	// A limit, or a kill from outside, is not the fault of the map.
	for _, r := range []process.Result{
		{Ending: process.TimeLimit}, {Ending: process.MemoryLimit}, {Ending: process.Stopped}, {Ending: process.Closed}, {Ending: process.Refused},
		{Ending: process.Signalled, State: "signal: killed", Stderr: "a map that talks"},
	} {
		if v := died("stress", r); v.Clause != model.P2 || v.Status != model.Unknown || v.Evidence() == "" {
			t.Errorf("%v: %v, want P2 unknown", r, v)
		}
	}
	if v := died("stress", process.Result{Ending: process.Signalled, State: "signal: segmentation fault"}); v.Status != model.Violation {
		t.Errorf("%v, want a violation", v)
	}
}

// Files of the user in DIR are kept, whatever their names.
func TestFilesOfTheUserAreKept(t *testing.T) {
	judges(t)
	dir := t.TempDir()
	precious := filepath.Join(dir, "locked", "precious.go")
	if err := os.MkdirAll(filepath.Dir(precious), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(precious, []byte("package locked"), 0o666); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	for _, o := range []string{dir, empty} {
		if got := mapspec(t, t.TempDir(), "check", "-map", "locked", "-budget", "10ms", "-explore", "none", "-o", o); got.status != exitOK {
			t.Errorf("status %d: %s", got.status, got.stderr)
		}
	}
	for _, kept := range []string{precious, empty} {
		if _, err := os.Stat(kept); err != nil {
			t.Error(err)
		}
	}
}

// A map that prints is judged like any other. A map without verdicts is not as
// expected.
func TestMapThatPrintsIsJudged(t *testing.T) {
	judges(t)
	got := mapspec(t, t.TempDir(), "check", "-map", "prints", "-budget", "10ms", "-json")
	if !strings.Contains(got.stdout, `{"clause":"S1","verdict":"ok"`) {
		t.Errorf("stdout %.300s", got.stdout)
	}
	m, _ := impl.Find("locked")
	if ok, _ := m.AsExpected(nil); ok {
		t.Error("no verdicts at all are as expected")
	}
}

// The worst verdict decides the exit status: 1 outweighs 2, and 2 outweighs 0.
func TestStatusIsTheWorstOfAll(t *testing.T) {
	m, _ := impl.Find("locked")
	verdict := func(s model.Status) judged {
		all := []model.Verdict{{Clause: model.S1, Status: s}}
		for _, c := range model.Sentences[1:] {
			all = append(all, model.Verdict{Clause: c.Clause, Status: m.Expected(c.Clause)[0]})
		}
		return judged{Map: m, verdicts: all}
	}
	for want, results := range map[int][]judged{
		exitOK:    {verdict(model.OK)},
		exitOther: {verdict(model.OK), verdict(model.Unknown)},
		exitWrong: {verdict(model.Unknown), verdict(model.Violation)},
	} {
		if got := status(results); got != want {
			t.Errorf("status %d, want %d", got, want)
		}
	}
}

// Judging ends when its context is done.
func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	t.Setenv("MAPSPEC_MAIN", "1")
	var out, errs bytes.Buffer
	status := run(ctx, environment{stdout: &out, stderr: &errs}, []string{"check", "-map", "locked", "-budget", "1h", "-o", t.TempDir()})
	if status != exitOther || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("status %d, %q", status, errs.String())
	}
}
