package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// TestMain turns the test binary into the gallery if asked to, so that the tests run the real
// command, including its child processes.
func TestMain(m *testing.M) {
	if os.Getenv("GALLERY_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// An outcome is the result of running the command.
type outcome struct {
	status         int
	stdout, stderr string
}

func gallery(t *testing.T, args ...string) outcome {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	c := exec.Command(self, args...)
	c.Env = append(os.Environ(), "GALLERY_MAIN=1")
	c.Stdout, c.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func TestMistakesAreOneLineAndStatusTwo(t *testing.T) {
	notDir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(notDir, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-o", notDir}, "choose another directory with -o"},
		{[]string{"-o", filepath.Join(notDir, "under")}, "choose another directory with -o"},
		{[]string{"-o", filepath.Join(filepath.Dir(notDir), "absent")}, "choose another directory with -o"},
		{[]string{"-p", "3"}, "-h lists the flags"},
		{[]string{"go1.15.0"}, `unexpected argument "go1.15.0"; -h lists the flags`},
		{[]string{serviceCommand, "go1.16"}, `no variant "go1.16"`},
	} {
		got := gallery(t, c.args...)
		if got.status != exitWrong || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%q: status %d, stderr %q; want %d and one line with %q", c.args, got.status, got.stderr, exitWrong, c.want)
		}
	}
}

func TestHelpIsOnStdout(t *testing.T) {
	got := gallery(t, "-h")
	if got.status != exitOK || got.stderr != "" || !strings.Contains(got.stdout, "usage: go -C docs/gallery run .") || !strings.Contains(got.stdout, "-o DIR") {
		t.Errorf("status %d, stdout %q, stderr %q", got.status, got.stdout, got.stderr)
	}
}

func TestInterruptLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr bytes.Buffer
	status := run(ctx, environment{stdout: io.Discard, stderr: &stderr}, []string{"-o", dir})
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if status != exitWrong || stderr.String() != "gallery: interrupted after 0 of 7 variants; no file was written\n" || len(entries) > 0 {
		t.Errorf("status %d, stderr %q, files %v", status, &stderr, entries)
	}
}

func TestProcessThatBreaksOffIsAnError(t *testing.T) {
	v := variants()[0]
	for text, want := range map[string]string{
		`{"sample":{"connections":1}}`: "ended before it was done",
		"panic: out of memory":         "something other than JSON",
	} {
		_, err := readMessages(strings.NewReader(text), v, func(int) {})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// TestCommittedFilesAreWhatTheCommandWrites compares the committed files with new ones. The heap
// differs by a few kilobytes between runs, and by more between toolchains.
func TestCommittedFilesAreWhatTheCommandWrites(t *testing.T) {
	if testing.Short() {
		t.Skip("serves 50,000 connections in each of seven processes, some 10 s: run without -short")
	}
	dir := t.TempDir()
	got := gallery(t, "-o", dir)
	if got.status != exitOK || got.stderr != "" {
		t.Fatalf("status %d, stderr %q, want 0 and nothing: no terminal, no progress", got.status, got.stderr)
	}
	for name := range strings.Lines(got.stdout) {
		if _, err := os.Stat(filepath.Base(strings.TrimSpace(name))); err != nil {
			t.Error(err)
		}
	}
	compareNumbers(t, readNumbers(t, "."), readNumbers(t, dir))
	for _, name := range profiled {
		want, got := largestSite(t, ".", name), largestSite(t, dir, name)
		if want != got {
			t.Errorf("%s: the largest site is\n%s, committed is\n%s", name, got, want)
		}
	}
	checkChart(t, read(t, dir, "heap.svg"))
	checkChart(t, read(t, ".", "heap.svg"))
	p, err := profile.ParseData([]byte(read(t, ".", "go1.15.0.heap.pb.gz")))
	if err != nil || p.CheckValid() != nil {
		t.Errorf("the committed profile: %v, %v", err, p.CheckValid())
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// readNumbers returns the rows of heap.csv, including the header.
func readNumbers(t *testing.T, dir string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(read(t, dir, "heap.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func compareNumbers(t *testing.T, committed, now [][]string) {
	t.Helper()
	const toleranceMiB = 1
	if fmt.Sprint(committed[0]) != fmt.Sprint(now[0]) || len(committed) != len(now) {
		t.Fatalf("%d rows of %v, committed are %d of %v", len(now), now[0], len(committed), committed[0])
	}
	for i := 1; i < len(now); i++ {
		for j, cell := range now[i] {
			if math.Abs(number(t, cell)-number(t, committed[i][j])) > toleranceMiB {
				t.Errorf("%s after %s connections: %s MiB, committed is %s", now[0][j], now[i][0], cell, committed[i][j])
			}
		}
	}
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// largestSite returns the first row of a profile without the shares.
func largestSite(t *testing.T, dir, variant string) string {
	t.Helper()
	lines := strings.Split(read(t, dir, variant+".heap.txt"), "\n")
	if len(lines) < 5 {
		t.Fatalf("%s has %d lines", variant, len(lines))
	}
	words := strings.Fields(lines[4])
	return strings.Join(append(words[:1], words[2:]...), " ")
}

// checkChart checks that svg is XML with every label, and that it needs no font that a reader may
// lack.
func checkChart(t *testing.T, svg string) {
	t.Helper()
	var texts []string
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok && len(bytes.TrimSpace(text)) > 0 {
			texts = append(texts, string(text))
		}
	}
	for _, label := range []string{
		"go1.14", "go1.15.0", "go1.15.2", "go1.23", "go1.23 (dashed)", "sync.Map", "the others", "one Range",
		"Delete", "CompareAndDelete", "connections served", "heap in use, MiB", "50,000",
	} {
		if !strings.Contains("\n"+strings.Join(texts, "\n")+"\n", "\n"+label+"\n") {
			t.Errorf("the chart has no label %q", label)
		}
	}
	if !strings.Contains(svg, "fill:#FFFFFF") {
		t.Error("the chart has no background of its own")
	}
	if fonts := regexp.MustCompile(`font-family:[^;]*`).FindAllString(svg, -1); len(fonts) == 0 || strings.Contains(strings.Join(fonts, ""), "Liberation") {
		t.Errorf("fonts: %q", fonts)
	}
}

// TestChartNeedsEveryVariant checks that a small load can be drawn, and that a missing variant is an
// error.
func TestChartNeedsEveryVariant(t *testing.T) {
	l := load{connections: 100, open: 10, sampleEvery: 50}
	var all []measured
	for _, v := range variants() {
		m := measured{variant: v}
		err := newService(v, l.open).run(l, func(s sample) error { m.samples = append(m.samples, s); return nil })
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	if _, err := drawChart(l, all); err != nil {
		t.Error(err)
	}
	for i := range all {
		without := append(append([]measured{}, all[:i]...), all[i+1:]...)
		if _, err := drawChart(l, without); err == nil {
			t.Errorf("drawn without %s", all[i].name)
		}
	}
	all[1].samples = all[1].samples[1:]
	if _, err := numbers(all); err == nil {
		t.Error("a table was made of columns of different lengths")
	}
}

// TestReadmeHasTheCommittedNumbers checks that the README's table has the rows of heap.csv at the
// Range and at the end, rounded, and that its text states the load.
func TestReadmeHasTheCommittedNumbers(t *testing.T) {
	readme := read(t, ".", "README.md")
	rows := readNumbers(t, ".")
	for _, at := range []int{articleLoad.connections / 2, articleLoad.connections} {
		row := rows[1+at/articleLoad.sampleEvery]
		if row[0] != fmt.Sprint(at) {
			t.Fatalf("row %v, want the one of %d connections", row, at)
		}
		line := "| " + thousands(at) + " |"
		for _, cell := range row[1:] {
			line += fmt.Sprintf(" %.0f |", number(t, cell))
		}
		if !strings.Contains(readme, "\n"+line+"\n") {
			t.Errorf("the README has no line\n%s", line)
		}
	}
	for _, want := range []string{
		thousands(articleLoad.connections) + " connections",
		thousands(articleLoad.open) + " are open",
		fmt.Sprintf("%d KiB", bufferBytes>>10),
	} {
		if !strings.Contains(readme, want) {
			t.Errorf("the README does not say %q", want)
		}
	}
}
