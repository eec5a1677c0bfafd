package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// A child is this program in a process of its own, for one map.
type child struct {
	name   string        // the map's
	args   []string      // command and flags
	stdin  []byte        // what it reads
	budget time.Duration // it is ended long after this
}

// ending is how a child ended.
type ending struct {
	stderr   string
	timedOut bool
	err      error // of its process
}

// grace is how long beyond twice its budget a child may take before it is
// ended: it has watchdogs of its own, and a loaded machine makes it late.
const grace = 60 * time.Second

// run starts the child and calls each with every line that it writes, until it
// ends or writes a line that each refuses. The error says that the child could
// not be started, or is ctx's.
func (c child) run(ctx context.Context, each func(line []byte) error) (ending, error) {
	self, err := os.Executable()
	if err != nil {
		return ending{}, fmt.Errorf("cannot start a process for %s: %w", c.name, err)
	}
	limited, cancel := context.WithTimeout(ctx, 2*c.budget+grace)
	defer cancel()
	process := exec.CommandContext(limited, self, c.args...)
	ownGroup(process) // a Ctrl-C is for the parent, which passes it on and keeps what was found
	process.Cancel = func() error { return process.Process.Signal(os.Interrupt) }
	process.WaitDelay = 5 * time.Second
	races, err := os.MkdirTemp("", "mapspec-")
	if err != nil {
		return ending{}, fmt.Errorf("cannot keep race reports: %w", err)
	}
	defer os.RemoveAll(races)
	// Under -race the child reads its own race reports; without, nobody asks.
	process.Env = append(os.Environ(), "GORACE=exitcode=0 log_path="+filepath.Join(races, "race"))
	process.Stdin = bytes.NewReader(c.stdin)
	var stderr bytes.Buffer
	process.Stderr = &stderr
	out, err := process.StdoutPipe()
	if err != nil {
		return ending{}, fmt.Errorf("cannot start a process for %s: %w", c.name, err)
	}
	if err := process.Start(); err != nil {
		return ending{}, fmt.Errorf("cannot start a process for %s: %w", c.name, err)
	}
	eachLine(bufio.NewReader(out), each)
	_, _ = io.Copy(io.Discard, out) // after a line that is not the child's own
	err = process.Wait()
	end := ending{stderr.String(), errors.Is(limited.Err(), context.DeadlineExceeded), err}
	return end, ctx.Err()
}

// eachLine calls each with every line of r until one is refused or r ends.
func eachLine(r *bufio.Reader, each func([]byte) error) {
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 && each(line) != nil {
			return // cut off, or not a child of ours
		}
		if err != nil {
			return
		}
	}
}
