//go:build unix

package explore

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// withWorkers explores with workers that are scripts of a shell, each of which
// has a job to read and messages to write to descriptor 3.
func withWorkers(t *testing.T, o Options, script string) (*crew, error) {
	t.Helper()
	b := &build{root: t.TempDir()}
	b.binary = filepath.Join(b.root, "worker")
	if err := os.WriteFile(b.binary, []byte("#!/bin/sh\nread job\n"+script+"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Shards, o.Workers, o.Progress = 1, 2, func(Progress) { cancel() }
	return b.work(ctx, o)
}

// A worker that is interrupted before it reports has not explored its programs,
// whatever the others have.
func TestAWorkerThatEndsWhenInterruptedBoundsTheCertificate(t *testing.T) {
	c, err := withWorkers(t, Options{}, `echo '{"Progress":{"Of":1}}' >&3; read interrupt; echo '{"Found":{"Clause":"S1"}}' >&3`)
	if err != nil || !slices.Equal(c.bounds, []string{"interrupted", "interrupted"}) || c.found["S1"] == nil {
		t.Errorf("%v, bounds %q, found %v", err, c.bounds, c.found)
	}
}

func TestWhatAWorkerPrintsIsNoMessage(t *testing.T) {
	c, err := withWorkers(t, Options{}, `echo '{"Error":"the map has printed this"}'; echo '{"Report":{}}' >&3`)
	if err != nil || len(c.bounds) > 0 || len(c.reports) != 2 {
		t.Errorf("%v, bounds %q, %d reports", err, c.bounds, len(c.reports))
	}
}

// A worker that cannot begin is an error of one line, and the others need not go
// on.
func TestAWorkerThatCannotBeginIsAnError(t *testing.T) {
	for script, want := range map[string]string{
		`case $job in *'"Shard":0,'*) echo '{"Error":"making a map panics"}' >&3;; esac; read interrupt`: "explore: making a map panics",
		`echo 'a map' >&3; read interrupt`:                                  "explore: a worker sent what is no message",
		`printf 'a map\npanic: no\n\ngoroutine 1 [running]:\n' >&2; exit 2`: "explore: a worker ended early (exit status 2): panic: no",
	} {
		_, err := withWorkers(t, Options{}, script)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %s", script, err, want)
		}
	}
}
