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

// A child is a run of this program in a child process, for one map.
type child struct {
	name   string        // the name of the map
	args   []string      // command and flags
	stdin  []byte        // its standard input
	budget time.Duration // the budget in its flags
}

// grace is how much longer than twice its budget a child may run. The child's own
// watchdogs end a map that hangs within seconds. This limit is for a child that they
// cannot end. It is long, because a busy machine slows a child down.
const grace = 10 * time.Minute

// run runs the child and calls each with every line that it sends. It returns an error
// if the child could not be started, or if ctx is done.
func (c child) run(ctx context.Context, each func(line []byte) error) (process.Result, error) {
	self, err := os.Executable()
	if err != nil {
		return process.Result{}, fmt.Errorf("cannot start a process for %s: %w", c.name, err)
	}
	races, err := os.MkdirTemp("", "mapspec-")
	if err != nil {
		return process.Result{}, fmt.Errorf("cannot make a directory for race reports: %w", err)
	}
	defer os.RemoveAll(races)
	r, err := process.Command{
		Path: self, Args: c.args, Message: each, Time: 2*c.budget + grace, Memory: process.DefaultMemory,
		// With -race, the child reads its own race reports.
		Env: []string{"GORACE=exitcode=0 log_path=" + filepath.Join(races, "race")},
		Stdin: func(w io.WriteCloser) {
			_, _ = w.Write(c.stdin) // a child that cannot read it ends early
			_ = w.Close()
		},
		Interrupt: func(p *os.Process) { _ = p.Signal(os.Interrupt) }, // so that it sends what it has found so far
	}.Run(ctx)
	if err != nil {
		return r, fmt.Errorf("cannot start a process for %s: %w", c.name, err)
	}
	return r, ctx.Err()
}
