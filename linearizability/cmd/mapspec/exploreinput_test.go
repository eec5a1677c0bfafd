package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
)

// A wrong flag of explore is reported in one line that says what to do.
func TestMistakesOfExploreAreOneLine(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args string
		want string
	}{
		{"-map lokced", `no map "lokced", did you mean locked`},
		{"-pkg example.com/x", "-pkg and -new go together"},
		{"-map locked -pkg example.com/x", "-map and -pkg: give only one of them"},
		{"-map locked -hash example.com/x.hash", "-hash names functions of the map of -pkg: give -pkg and -new, too"},
		{"-map locked -size 2", "mapspec explore: size \"2\": want THREADSxOPERATIONS, such as 2x2"},
		{"-map locked -size 7x1", "7 threads: want 1 to 4"},
		{"-map locked -keys 7", "7 keys: want 1 to 3"},
		{"-map locked -policy dopr", "want dpor, or pct:D"},
		{"-map locked -hashes prefx", `no hash policy "prefx", did you mean prefix?`},
		{"-map locked -initial emtpy", `no initial map "emtpy", did you mean empty?`},
		{"-map locked -methods Laod", "did you mean Load"},
		{"-map locked -shard 4/4", "want i/n with 0 ≤ i < n, such as 0/4"},
		{"-map locked -shard 1", "want i/n with 0 ≤ i < n, such as 0/4"},
		{"-map locked -shard 1/2x", "want i/n with 0 ≤ i < n, such as 0/4"},
		{"-map locked -workers 0", "want at least 1"},
		{"-map locked -budget -1s", "want more than 0s"},
	} {
		got := mapspec(t, dir, append([]string{"explore"}, strings.Fields(c.args)...)...)
		if got.status != exitOther || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%s: status %d, stderr %q; want 2 and one line with %q", c.args, got.status, got.stderr, c.want)
		}
	}
}

// What was explored before Ctrl-C is printed.
func TestInterruptOfExploreLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("builds; run without -short")
	}
	c := start(t, ".", "explore", "-map", "locked", "-map", "sync.Map", "-size", "2x1", "-initial", "empty", "-json", "-o", t.TempDir())
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 1) // the first certificate has begun: the second map is next
	if _, err := io.ReadFull(out, first); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(out)
	_ = c.Wait()
	if status := c.ProcessState.ExitCode(); status != exitOther || !strings.Contains(stderr.String(), "interrupted") ||
		!strings.Contains(string(rest), `"map":"locked"`) {
		t.Errorf("status %d, stderr %q, stdout %s", status, stderr.String(), rest)
	}
}
