package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/process"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// way is one way to notice mutants, with its column of the table. It runs programs
// in a mode of driver.tmpl. Two ways share a column: what large programs show of a
// mutant stays until small ones are tried together with them.
type way struct {
	name, help string
	column     int
	mode       string
	trials     func(c *code) []trial
	applies    func(r *row, left, picked bool) bool
}

// ways are in the order in which they are tried. Small programs leave the mutants
// that they do not kill; some others are picked all the same.
var ways = []way{
	{"small", "every class of executions of small programs", everyClass, "explore",
		func(c *code) []trial { return c.small }, func(_ *row, _, _ bool) bool { return true }},
	{"pct", "a sample of schedules, by PCT", pct, "explore",
		func(*code) []trial { return sampled }, func(_ *row, _, _ bool) bool { return true }},
	{"alone", "one goroutine, by package property", oneGoroutine, "alone",
		func(*code) []trial { return judged }, func(_ *row, left, picked bool) bool { return left || picked }},
	{"race", "every class of executions under the race detector", race, "explore",
		func(c *code) []trial { return c.raced }, func(r *row, left, picked bool) bool { return left && !r.killed(oneGoroutine) || picked }},
	{"stress", "a second on real goroutines, which is luck", stress, "stress",
		func(*code) []trial { return judged }, func(_ *row, left, picked bool) bool { return left || picked }},
	{"large", "every class of executions of larger programs", everyClass, "explore",
		func(c *code) []trial { return c.large }, func(r *row, _, _ bool) bool { return r.survived() }},
}

// judged is the one trial of ways that explore nothing.
var judged = []trial{{}}

// pickEvery is how many mutants there are to one that is picked.
const pickEvery = 10

// lab tries the mutants of a code.
type lab struct {
	*code
	ways     []string
	programs map[bool]string // by whether they are under the race detector
	mutants  []*mutant
	log      func(format string, args ...any)

	mu        sync.Mutex
	baselines map[string]*behaviour // by way, trial and subject
}

// behaviour is what a trial shows of a map.
type behaviour struct {
	found  map[model.Clause]wire.Rank
	report *wire.Report
}

// newLab builds what the ways need. Mutants have the results of known rows.
func newLab(ctx context.Context, c *code, rows []row, ways []string, root string, log func(format string, args ...any)) (*lab, error) {
	programs, mutants, err := build(ctx, c, root, slices.Contains(ways, "race"))
	for _, m := range mutants {
		if i := slices.IndexFunc(rows, func(r row) bool { return r.key() == m.key() }); i >= 0 {
			m.results, m.last, m.known = rows[i].results, rows[i].last, true
		}
	}
	return &lab{code: c, ways: ways, programs: programs, mutants: mutants, log: log, baselines: map[string]*behaviour{}}, err
}

// rows are those of mutants with results.
func (l *lab) rows() (list []row) {
	for _, m := range l.mutants {
		if m.known {
			list = append(list, m.row)
		}
	}
	return list
}

// try tries a mutant and returns its row.
func (l *lab) try(ctx context.Context, m *mutant) (row, error) {
	return m.tryWays(l.ways, l.small, func(w *way) (death, program string, err error) { return l.first(ctx, m, w) })
}

// tryWays returns the row of m, with what try says of the ways that are asked for
// and make sense. What is known of others stays.
func (m *mutant) tryWays(asked []string, small []trial, try func(w *way) (death, program string, err error)) (row, error) {
	r := m.row
	var programs [columns]string
	if i := r.killer(shown); i < len(shown) {
		programs[shown[i]] = r.last
	}
	for _, w := range ways {
		size, clause, _ := strings.Cut(r.results[everyClass], " ")
		left := !slices.ContainsFunc(small, func(t trial) bool { return t.Size == size })
		// What hangs is not picked: it would hang again, and take long.
		picked := m.number%pickEvery == 0 && clause != string(model.P2) && clause != string(model.P3)
		if !slices.Contains(asked, w.name) || !w.applies(&r, left, picked) {
			continue
		}
		death, program, err := try(&w)
		if err != nil {
			return row{}, err
		}
		if w.name == "small" && death == survives && r.killed(everyClass) && left && !slices.Contains(asked, "large") {
			continue // large programs have killed it
		}
		r.results[w.column], programs[w.column] = death, program
	}
	switch i := r.killer(shown); {
	case i < len(shown):
		r.last = programs[shown[i]]
	case !r.survived():
		r.last = ""
	case !strings.HasPrefix(r.last, "("):
		r.last = unexplained
	}
	return r, nil
}

// first is how m dies first in a way: in the same trial, the subjects take turns.
func (l *lab) first(ctx context.Context, m *mutant, w *way) (death, program string, err error) {
	for _, t := range w.trials(l.code) {
		if len(t.of) > 0 && !slices.Contains(t.of, m.function.decl.Name.Name) {
			continue
		}
		subjects := l.subjects
		if t.on != "" {
			subjects = []string{t.on}
		}
		for _, s := range subjects {
			expected, err := l.baseline(ctx, w, t, s)
			if err != nil {
				return "", "", err
			}
			death, program, _, err := l.execute(ctx, w, t, s, m.number, expected)
			if err != nil || death != "" {
				return strings.TrimSpace(t.Size + " " + death), program, err
			}
		}
	}
	return survives, "", nil
}

// baseline is what the code without a mutant does. It is run when it is first
// needed.
func (l *lab) baseline(ctx context.Context, w *way, t trial, subject string) (*behaviour, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := w.name + " on " + subject
	if t.Size != "" {
		key += ", " + t.String()
	}
	if b := l.baselines[key]; b != nil {
		return b, nil
	}
	death, _, b, err := l.execute(ctx, w, t, subject, 0, nil)
	switch {
	case err != nil:
		return nil, err
	case b.report == nil:
		return nil, fmt.Errorf("the map without a mutant does not survive %s (%s): correct the map, or the trial in code.go", key, death)
	case t.on != "" && len(b.found) > 0:
		return nil, fmt.Errorf("the map without a mutant breaks %v in %s: correct it", slices.Sorted(maps.Keys(b.found)), key)
	}
	l.log("without a mutant, %s: %d programs, %d violations", key, b.report.Programs, len(b.found))
	l.baselines[key] = b
	return b, nil
}

// longest bounds a trial: the scheduler cannot end a loop without atomics.
const longest = 20 * time.Minute

// execute runs one trial on one mutant, until it dies: death is the clause, or
// "crash" or "endless". What the map is expected to do does not kill it.
func (l *lab) execute(ctx context.Context, w *way, t trial, subject string, number int, expected *behaviour) (death, program string, seen *behaviour, err error) {
	seen = &behaviour{found: map[model.Clause]wire.Rank{}}
	r, err := process.Command{
		Path: l.programs[w.name == "race"], Args: []string{w.mode, subject}, Time: longest, Memory: process.DefaultMemory,
		Env: []string{selected + "=" + strconv.Itoa(number), "GORACE=exitcode=0"},
		// The input stays open as long as the process is wanted.
		Stdin: func(in io.WriteCloser) { _ = json.NewEncoder(in).Encode(t.Job) }, // a process that is gone says nothing, which is a crash
		Message: func(line []byte) error {
			var m wire.Message
			if err := json.Unmarshal(line, &m); err != nil {
				return err
			}
			if death, program = seen.hear(m, expected); death != "" {
				return errDead // the rest does not matter
			}
			return nil
		},
	}.Run(ctx)
	switch {
	case err != nil:
	case ctx.Err() != nil:
		err = ctx.Err()
	case death != "" || seen.report != nil:
	case r.Ending == process.TimeLimit:
		death = "endless"
	default:
		death = "crash"
	}
	return death, program, seen, err
}

// errDead ends a process that has said what kills the mutant.
var errDead = errors.New("the mutant is dead")

// hear takes a message, and returns what in it kills the mutant.
func (b *behaviour) hear(m wire.Message, expected *behaviour) (death, program string) {
	switch {
	case strings.Contains(m.Error, "does not end"): // the initial map, already
		return "endless", ""
	case m.Error != "":
		return "refused: " + m.Error, ""
	case m.Found != nil:
		b.found[m.Found.Clause] = m.Found.Rank
		if expected == nil {
			return "", ""
		}
		if rank, ok := expected.found[m.Found.Clause]; !ok || m.Found.Rank.Before(rank) {
			return string(m.Found.Clause), programText(m.Found)
		}
	case m.Report != nil:
		b.report = m.Report
		endless := slices.Contains(m.Report.Bounds, wire.Endless) // a loop without a step
		if expected != nil && (endless || m.Report.Limited > 0 && expected.report.Limited == 0) {
			return "endless", ""
		}
	}
	return "", ""
}

// programText is a program and the map it runs on, on one line.
func programText(f *wire.Found) string {
	text := ""
	if s := f.Witness.Schedule; s != nil {
		text = s.Initial
		if s.Hashes != mix[0] {
			text += ", " + s.Hashes
		}
	}
	var threads []string
	for _, t := range f.Witness.Threads {
		var calls []string
		for _, o := range t {
			calls = append(calls, o.String())
		}
		threads = append(threads, strings.Join(calls, "; "))
	}
	return text + ": " + strings.Join(threads, " ‖ ")
}

// each tries mutants, some at a time, until one fails or ctx ends. It calls save
// after each.
func each(ctx context.Context, mutants []*mutant, try func(context.Context, *mutant) (row, error), save func(*mutant) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan *mutant)
	var saving sync.Mutex
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for m := range next {
				r, err := try(ctx, m)
				saving.Lock()
				if err == nil {
					m.row, m.known, m.tried = r, true, true
					err = save(m)
				}
				saving.Unlock()
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, m := range mutants {
		if ctx.Err() == nil {
			next <- m
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}
