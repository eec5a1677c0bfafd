//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Ctrl-C ends a go command and what that has started, such as a compiler, before
// mapspec ends.
func TestInterruptEndsWhatTheGoCommandHasStarted(t *testing.T) {
	dir := t.TempDir()
	pids := filepath.Join(dir, "pids")
	if err := syscall.Mkfifo(pids, 0o600); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\nsleep 1000 &\necho $$ $! > " + pids + "\nwait\n"
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	c := start(t, dir, "explore", "-map", "locked")
	c.Env = append(c.Env, "PATH="+dir+":"+os.Getenv("PATH"))
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(pids) // until both processes run
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if status := c.ProcessState.ExitCode(); status != exitOther || !strings.Contains(stderr.String(), "interrupted before any program of locked ran") {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
	for _, pid := range strings.Fields(string(line)) {
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(n, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d is there: %v", n, err)
			_ = syscall.Kill(n, syscall.SIGKILL)
		}
	}
}
