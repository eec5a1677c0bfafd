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
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

// Each variant runs in a process of its own, so that heaps do not mix. The child reports on
// its standard output, one JSON object per line: first samples, then the heap profile.

// serviceCommand is the argument that makes a process a child.
const serviceCommand = "serve"

// A message is one line from a child.
type message struct {
	Sample  *sample `json:"sample,omitempty"`
	Profile []byte  `json:"profile,omitempty"` // in the last line
}

// measured is what the process of a variant reported.
type measured struct {
	variant
	samples []sample
	profile []byte // gzipped, of the idle service
}

// runService runs the service in the child process.
func runService(w io.Writer, name string, l load) error {
	// Record every allocation instead of one per half megabyte.
	runtime.MemProfileRate = 1
	v, ok := findVariant(name)
	if !ok {
		return fmt.Errorf("no variant %q", name)
	}
	s := newService(v, l.open)
	e := json.NewEncoder(w)
	err := s.run(l, func(x sample) error { return e.Encode(message{Sample: &x}) })
	if err != nil {
		return err
	}
	runtime.GC() // a heap profile shows the state at the last collection
	var profile bytes.Buffer
	if err := pprof.WriteHeapProfile(&profile); err != nil {
		return err
	}
	runtime.KeepAlive(s)
	return e.Encode(message{Profile: profile.Bytes()})
}

func findVariant(name string) (variant, bool) {
	for _, v := range variants() {
		if v.name == name {
			return v, true
		}
	}
	return variant{}, false
}

// measure runs v in a process of its own. It calls progress with the number of connections
// served so far.
func measure(ctx context.Context, v variant, progress func(connections int)) (measured, error) {
	self, err := os.Executable()
	if err != nil {
		return measured{}, fmt.Errorf("cannot start a process for %s: %w", v.name, err)
	}
	child := exec.CommandContext(ctx, self, serviceCommand, v.name)
	child.WaitDelay = 5 * time.Second
	var stderr bytes.Buffer
	child.Stderr = &stderr
	out, err := child.StdoutPipe()
	if err != nil {
		return measured{}, fmt.Errorf("cannot start a process for %s: %w", v.name, err)
	}
	if err := child.Start(); err != nil {
		return measured{}, fmt.Errorf("cannot start a process for %s: %w", v.name, err)
	}
	m, readErr := readMessages(out, v, progress)
	err = child.Wait()
	switch first, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n"); {
	case ctx.Err() != nil:
		return m, ctx.Err()
	case err != nil && first != "":
		return m, fmt.Errorf("the process for %s failed: %s", v.name, first)
	case err != nil:
		return m, fmt.Errorf("the process for %s failed: %w", v.name, err)
	}
	return m, readErr
}

// readMessages reads the messages of a child until it ends.
func readMessages(r io.Reader, v variant, progress func(connections int)) (measured, error) {
	m := measured{variant: v}
	for d := json.NewDecoder(r); ; {
		var line message
		err := d.Decode(&line)
		switch {
		case errors.Is(err, io.EOF) && m.profile == nil:
			return m, fmt.Errorf("the process for %s ended before it was done", v.name)
		case errors.Is(err, io.EOF):
			return m, nil
		case err != nil:
			return m, fmt.Errorf("the process for %s reported something other than JSON: %w", v.name, err)
		case line.Sample != nil:
			m.samples = append(m.samples, *line.Sample)
			progress(line.Sample.Connections)
		default:
			m.profile = line.Profile
		}
	}
}
