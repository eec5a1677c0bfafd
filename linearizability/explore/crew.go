package explore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/process"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// crew is the workers of an exploration, and what they have reported.
type crew struct {
	options Options
	start   time.Time

	mu       sync.Mutex
	progress []wire.Progress // of each worker
	found    map[model.Clause]*wire.Found
	reports  []wire.Report
	bounds   []string        // of workers that ended without a report
	inputs   []*json.Encoder // of each worker that runs: where it hears what others have found
}

func newCrew(o Options) *crew {
	return &crew{
		options: o, start: time.Now(), progress: make([]wire.Progress, o.Workers),
		found: map[model.Clause]*wire.Found{}, inputs: make([]*json.Encoder, o.Workers),
	}
}

// work runs the workers and returns what they report.
func (b *build) work(ctx context.Context, o Options) (*crew, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := newCrew(o)
	errs := make([]error, o.Workers)
	var wg sync.WaitGroup
	for i := range o.Workers {
		wg.Go(func() {
			if errs[i] = c.runWorker(ctx, b, i); errs[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	return c, cmp.Or(errs...)
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

// worker is the command of a worker process, which hear is called with the
// messages of. It counts coverage in a folder.
func (b *build) worker(counts string, hear func(wire.Message)) process.Command {
	return process.Command{
		Path: b.binary, Memory: process.DefaultMemory,
		Env: []string{"GOCOVERDIR=" + counts, "GOMAXPROCS=1", "GORACE=exitcode=0"},
		Message: func(line []byte) error {
			var m wire.Message
			if err := json.Unmarshal(line, &m); err != nil {
				return fmt.Errorf("explore: a worker sent what is no message (%w): does the map write to a descriptor that it has not opened?", err)
			}
			if m.Error != "" {
				return errors.New("explore: " + m.Error)
			}
			hear(m)
			return nil
		},
	}
}

// runWorker runs worker i.
func (c *crew) runWorker(ctx context.Context, b *build, i int) error {
	reported := false
	command := b.worker(b.counts(), func(m wire.Message) {
		c.hear(i, m)
		reported = reported || m.Report != nil
	})
	command.Stdin = func(w io.WriteCloser) {
		in := json.NewEncoder(w)
		_ = in.Encode(c.jobOf(i)) // a worker that cannot read it ends, which is noticed
		c.mu.Lock()
		defer c.mu.Unlock()
		c.inputs[i] = in
	}
	command.Interrupt = func(*os.Process) {
		c.mu.Lock()
		defer c.mu.Unlock()
		_ = c.inputs[i].Encode(wire.Interrupt)
	}
	r, err := command.Run(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil:
		return fmt.Errorf("explore: cannot start a worker: %w", err)
	case r.Refusal != nil:
		return r.Refusal
	case reported:
		c.raced(r.Stderr)
	case r.Ending == process.Cancelled:
		c.bounds = append(c.bounds, "interrupted")
	default:
		return c.lost(r)
	}
	return nil
}

// lost notes that a worker ended without a report: what it has found counts, and
// so does what others explore. If no worker has begun, the reason is an error.
func (c *crew) lost(r process.Result) error {
	why := fmt.Sprintf("a worker ended early (%v): %s", r, r.Cause())
	if !slices.ContainsFunc(c.progress, func(p wire.Progress) bool { return p.Of > 0 }) {
		return errors.New("explore: " + why)
	}
	c.bounds = append(c.bounds, why)
	return nil
}

// raced adds what the race detector said to what was found.
func (c *crew) raced(report string) {
	if f := c.found[model.M2]; f != nil {
		addReport(f.Failure, report)
	}
}

// hear takes a message of worker i.
func (c *crew) hear(i int, m wire.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case m.Progress != nil:
		c.progress[i] = *m.Progress
		c.tell()
	case m.Found != nil:
		c.find(i, m.Found)
	case m.Report != nil:
		c.reports = append(c.reports, *m.Report)
		c.unended(i, m.Report.Unended)
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

// tell tells whoever explores how far all workers are.
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
