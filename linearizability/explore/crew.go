package explore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// crew is the workers of an exploration.
type crew struct {
	mu       sync.Mutex
	options  Options
	start    time.Time
	progress []wire.Progress // a worker
	found    map[model.Clause]*wire.Found
	reports  []wire.Report
	bounds   []string        // of workers that said nothing in the end
	inputs   []*json.Encoder // where workers hear of what others have found
	err      error
}

// work runs the workers and returns what they say.
func (b *build) work(ctx context.Context, o Options) (*crew, error) {
	kill, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	c := &crew{
		options: o, start: time.Now(), progress: make([]wire.Progress, o.Workers),
		found: map[model.Clause]*wire.Found{}, inputs: make([]*json.Encoder, o.Workers),
	}
	stop := context.AfterFunc(ctx, func() { c.interrupt(cancel) })
	defer stop()
	var wg sync.WaitGroup
	for i := range o.Workers {
		wg.Go(func() {
			if err := b.one(kill, c, i); err != nil {
				c.mu.Lock()
				if c.err == nil {
					c.err = err
				}
				c.mu.Unlock()
				cancel()
			}
		})
	}
	wg.Wait()
	return c, c.err
}

// jobOf is what worker i is asked for: shards of the shard.
func (c *crew) jobOf(i int) wire.Job {
	o := c.options
	return wire.Job{
		Size: o.Size, Keys: o.Keys, Policies: o.Policies, Initials: o.Initials, Methods: o.Methods,
		Nested: o.Nested, Stalls: o.Stalls, Depth: o.depth, Schedules: o.Schedules, Seed: o.Seed,
		Shard: o.Shard + i*o.Shards, Shards: o.Shards * o.Workers,
		Budget: o.Budget, Patience: o.Patience, Executions: o.Executions, Steps: o.Steps,
	}
}

// one runs worker i.
func (b *build) one(ctx context.Context, c *crew, i int) error {
	p := exec.CommandContext(ctx, b.binary)
	p.Env = append(os.Environ(), "GOCOVERDIR="+b.counts(), "GOMAXPROCS=1", "GORACE=exitcode=0")
	p.WaitDelay = time.Second
	ownGroup(p)
	var stderr tail
	p.Stderr = &stderr
	in, err := p.StdinPipe()
	if err != nil {
		return fmt.Errorf("explore: %w", err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		return fmt.Errorf("explore: %w", err)
	}
	if err := p.Start(); err != nil {
		return fmt.Errorf("explore: cannot start a worker: %w", err)
	}
	encoder := json.NewEncoder(in)
	if err := encoder.Encode(c.jobOf(i)); err != nil {
		return fmt.Errorf("explore: %w", err)
	}
	c.mu.Lock()
	c.inputs[i] = encoder
	c.mu.Unlock()
	done, heard := c.listen(i, out)
	_ = in.Close()
	err = p.Wait()
	switch {
	case heard != nil:
		return heard
	case ctx.Err() != nil && !done:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.bounds = append(c.bounds, wire.Interrupted)
		return nil
	case ctx.Err() != nil:
		return nil
	case !done:
		return c.lost(err, stderr.last())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raced(stderr.String())
	return nil
}

// lost notes that a worker ended without a report: what it has found counts, and
// so does what others explore. If it had not begun, neither can they.
func (c *crew) lost(err error, said string) error {
	why := fmt.Sprintf("a worker ended early (%v): %s", err, said)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.ContainsFunc(c.progress, func(p wire.Progress) bool { return p.Of > 0 }) {
		return errors.New("explore: " + why)
	}
	c.bounds = append(c.bounds, why)
	return nil
}

// raced adds what the race detector said to what was found.
func (c *crew) raced(report string) {
	if f := c.found[model.M2]; f != nil && strings.Contains(report, "DATA RACE") {
		addReport(f.Failure, report)
	}
}

// listen hears worker i until it ends. It reports whether the worker was done.
// What is no message the map has printed.
func (c *crew) listen(i int, out io.Reader) (done bool, err error) {
	for r := bufio.NewReader(out); ; {
		line, ended := r.ReadBytes('\n')
		var m wire.Message
		if json.Unmarshal(line, &m) != nil {
			if ended != nil {
				return done, nil
			}
			continue
		}
		c.mu.Lock()
		switch {
		case m.Error != "":
			err = errors.New("explore: " + m.Error)
		case m.Progress != nil:
			c.progress[i] = *m.Progress
			c.tell()
		case m.Found != nil:
			c.find(i, m.Found)
		case m.Report != nil:
			c.reports = append(c.reports, *m.Report)
			c.unended(i, m.Report.Unended)
			done = true
		}
		c.mu.Unlock()
		if err != nil {
			return false, err
		}
	}
}

// find keeps the smallest of what was found, and tells the others that they
// need not look behind it. What is released is looked at on to the end: the
// other clauses are not known before.
func (c *crew) find(worker int, f *wire.Found) {
	if old := c.found[f.Clause]; old == nil || f.Rank.Before(old.Rank) {
		c.found[f.Clause] = f
	}
	if f.Clause != model.R1 && f.Clause != model.R3 {
		c.stopBehind(worker, f.Rank)
	}
}

// unended tells the others not to look behind an operation that never ends: it
// would cost each of them its patience.
func (c *crew) unended(worker int, list []wire.Unended) {
	for _, u := range list {
		if u.Bound == wire.Endless {
			c.stopBehind(worker, u.Rank)
		}
	}
}

// stopBehind tells all workers but one.
func (c *crew) stopBehind(worker int, r wire.Rank) {
	for i, in := range c.inputs {
		if i != worker && in != nil {
			_ = in.Encode(r) // a worker that is gone needs no telling
		}
	}
}

// interrupt asks the workers to say what they have, and soon ends them.
func (c *crew) interrupt(kill func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, in := range c.inputs {
		if in != nil {
			_ = in.Encode(wire.Interrupt)
		}
	}
	time.AfterFunc(grace, kill)
}

// grace is how long a worker may take to end when it is asked to.
const grace = 5 * time.Second

func (c *crew) tell() {
	if c.options.Progress == nil {
		return
	}
	p := Progress{Elapsed: time.Since(c.start)}
	for _, x := range c.progress {
		p.Programs += x.Programs
		p.Executions += x.Executions
		p.Of += x.Of
		p.Operations = max(p.Operations, x.Operations)
	}
	c.options.Progress(p)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// tailKept is how much of a worker's standard error is kept.
const tailKept = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.b.Len() < tailKept {
		t.b.Write(p)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// last returns what was said first, in one line: the rest are stacks.
func (t *tail) last() string {
	line, _, _ := strings.Cut(strings.TrimSpace(t.String()), "\n")
	if line == "" {
		return "it said nothing"
	}
	return line
}
