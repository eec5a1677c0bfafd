package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"time"
)

// A plan says what to measure, and how often.
type plan struct {
	rows   []row
	peers  []peer
	rounds int
	time   time.Duration // per measurement
	seed   uint64
	full   bool
}

// A record is one measurement.
type record struct {
	row        string
	round      int
	peer       string
	value      float64
	unit       string
	wall       float64 // ns/op; 0 for figures
	operations int     // 0 for figures
}

// results holds all measurements of a run.
type results struct {
	plan
	records []record
}

// series returns the measurements of a row, by peer.
func (r *results) series(rowName string) map[string]series {
	all := map[string]series{}
	for _, m := range r.records {
		if m.row != rowName {
			continue
		}
		if all[m.peer] == nil {
			all[m.peer] = slices.Repeat(series{math.NaN()}, r.rounds)
		}
		all[m.peer][m.round] = m.value
	}
	return all
}

// judge returns the judgements of all rows, in order.
func (r *results) judge() (all []judgement) {
	for _, row := range r.rows {
		all = append(all, judge(row, r.series(row.name()), r.peers))
	}
	return all
}

// execute measures round by round. In every round each peer has a turn in each row, and
// every round begins with a different peer. If there is an error, or ctx is cancelled, the
// results contain what was measured before.
func (p plan) execute(ctx context.Context, progress func(format string, args ...any)) (*results, error) {
	r := &results{plan: p}
	for round := range p.rounds {
		said := func(what, peer string) {
			progress("round %d of %d: %s %s", round+1, p.rounds, what, peer)
		}
		for _, g := range p.groups() {
			if err := r.timeGroup(ctx, round, g, said); err != nil {
				return r, err
			}
		}
		for _, kind := range keyKinds {
			if err := r.takeFigures(ctx, round, kind, said); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// groups returns the timed rows, grouped by kind of key and size.
func (p plan) groups() (groups [][]row) {
	for _, k := range keyKinds {
		for _, n := range sizes {
			group := slices.DeleteFunc(slices.Clone(p.rows), func(r row) bool { return r.figure != "" || r.kind != k || r.size != n })
			if len(group) > 0 {
				groups = append(groups, group)
			}
		}
	}
	return groups
}

// timeGroup measures the rows of a group. A small map is made anew for each measurement. A
// large map takes longer to fill than to measure, so one map serves all rows, while no
// other map is in memory.
func (r *results) timeGroup(ctx context.Context, round int, group []row, progress func(what, peer string)) error {
	kind, size := group[0].kind, group[0].size
	progress("keys for "+string(kind)+"/"+sizeName(size), "")
	make := filler(kind, r.seed, size)
	if size < large {
		for i, row := range group {
			for _, p := range rotated(r.peers, round+i) {
				if !p.serves(row.mix, kind, row.procs) {
					continue
				}
				progress(row.name(), p.name)
				run := make(p)
				runtime.GC()
				if err := r.timeRow(ctx, round, row, p, run); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, p := range rotated(r.peers, round) {
		if !p.has(kind) || p.slowToFill && !r.full {
			continue
		}
		progress("filling "+string(kind)+"/"+sizeName(size), p.name)
		run := make(p)
		runtime.GC()
		for _, row := range group {
			if !p.serves(row.mix, kind, row.procs) {
				continue
			}
			progress(row.name(), p.name)
			if err := r.timeRow(ctx, round, row, p, run); err != nil {
				return err
			}
		}
	}
	return nil
}

// rotated returns all, rotated by n.
func rotated(all []peer, n int) []peer {
	n %= len(all)
	return slices.Concat(all[n:], all[:n])
}

// timeRow measures one peer in one row. If the peer does not find what it should, that is
// an error if it is sound, and otherwise the measurement does not count.
func (r *results) timeRow(ctx context.Context, round int, row row, p peer, run runner) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s, err := measure(run, row.mix, row.procs, r.time)
	if err != nil && p.sound {
		return fmt.Errorf("%s: %s: %w", row.name(), p.name, err)
	}
	if err == nil {
		r.records = append(r.records, record{row.name(), round, p.name, s.cpuNanos(), row.unit(), s.wallNanos(), s.operations})
	}
	return nil
}

// takeFigures starts the processes for one kind of key. The first round measures all
// peers. Later rounds repeat only times, which vary, and only of the peers whose times are
// compared.
func (r *results) takeFigures(ctx context.Context, round int, kind keyKind, progress func(what, peer string)) error {
	rows := slices.DeleteFunc(slices.Clone(r.rows), func(r row) bool { return r.figure == "" || r.kind != kind })
	for _, p := range rotated(r.peers, round) {
		wanted := slices.ContainsFunc(rows, func(r row) bool {
			return round == 0 || r.figure.varies() && (p.role == candidate || r.against == p.name)
		})
		if !wanted || !p.has(kind) || p.slowToFill && !r.full {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		progress("process for "+string(kind)+"/"+sizeName(rows[0].size), p.name)
		measured, err := figuresOf(ctx, p, kind, rows[0].size, r.seed)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		for _, row := range rows {
			if round == 0 || row.figure.varies() {
				r.records = append(r.records, record{row: row.name(), round: round, peer: p.name, value: measured[row.figure], unit: row.unit()})
			}
		}
	}
	return nil
}

// varies reports whether f is a time.
func (f figure) varies() bool { return f == worstStore || f == worstDelete }

// progressLine returns functions that show and clear the progress in one line. They do
// nothing unless w is a terminal.
func progressLine(w io.Writer, terminal bool) (show func(format string, args ...any), clear func()) {
	if !terminal {
		return func(string, ...any) {}, func() {}
	}
	return func(format string, args ...any) { fmt.Fprintf(w, "\r\x1b[K"+format, args...) }, func() { fmt.Fprint(w, "\r\x1b[K") }
}
