package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/process"
)

// A child is this program in a process of its own, for one map.
type child struct {
	name   string        // the map's
	args   []string      // command and flags
	stdin  []byte        // what it reads
	budget time.Duration // what it is told to take
}

// grace is how long beyond twice its budget a child may take before it is ended.
// It has watchdogs of its own, which end what hangs in seconds. This is for what
// they cannot end, and long, as a busy machine makes a child late.
const grace = 10 * time.Minute

// run runs the child and calls each with every line that it sends. The error says
// that the child could not be started, or is ctx's.
func (c child) run(ctx context.Context, each func(line []byte) error) (process.Result, error) {
	self, err := os.Executable()
	if err != nil {
		return process.Result{}, fmt.Errorf("cannot start a process for %s: %w", c.name, err)
	}
	races, err := os.MkdirTemp("", "mapspec-")
	if err != nil {
		return process.Result{}, fmt.Errorf("cannot keep race reports: %w", err)
	}
	defer os.RemoveAll(races)
	r, err := process.Command{
		Path: self, Args: c.args, Message: each, Time: 2*c.budget + grace, Memory: process.DefaultMemory,
		// Under -race the child reads its own race reports; without, nobody asks.
		Env: []string{"GORACE=exitcode=0 log_path=" + filepath.Join(races, "race")},
		Stdin: func(w io.WriteCloser) {
			_, _ = w.Write(c.stdin) // a child that cannot read it ends, which is noticed
			_ = w.Close()
		},
		Interrupt: func(p *os.Process) { _ = p.Signal(os.Interrupt) }, // it sends what it has found so far
	}.Run(ctx)
	if err != nil {
		return r, fmt.Errorf("cannot start a process for %s: %w", c.name, err)
	}
	return r, ctx.Err()
}
