package stress

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// The race detector judges the clauses about the memory model. The programs do not
// record a history, as the recorder's clock would order any two operations.
//
// In a litmus program one goroutine writes a plain word and then to the map. When
// another goroutine has observed that write in the map, it reads the word. Unless the
// map makes the write happen before the read, that is a race, which breaks M1. Races
// inside the map break M2. These programs show them as well, and random ones do.

const (
	litmusRounds = 60  // the number of rounds of each litmus program
	raceRounds   = 300 // the number of random programs
	litmusTries  = 200 // how often a round tries to observe the write
)

// NeedsRace is the reason why M1 and M2 are skipped without the race detector.
const NeedsRace = "needs -race: go run -race ./linearizability/cmd/mapspec, or go test -race"

// Memory returns verdicts on M1 and M2. Both are skipped without the race detector.
func Memory(ctx context.Context, b model.Binder) []model.Verdict {
	if !raceEnabled {
		return []model.Verdict{model.Skip(model.M1, NeedsRace), model.Skip(model.M2, NeedsRace)}
	}
	r := &raceReports{}
	r.skip()
	programs := litmusPrograms(b.Bind())
	observed := 0
	for _, l := range programs {
		if l.rounds(ctx, b) {
			observed++
		}
		r.blame(l.witness())
	}
	hammer(ctx, b, r.blame)
	if !r.readable() {
		const reason = "the race detector fails the test itself: the programs that it watches have run"
		return []model.Verdict{model.Skip(model.M1, reason), model.Skip(model.M2, reason)}
	}
	m1, m2 := r.m1, r.m2
	if m1.Status == "" {
		m1 = model.Verdict{Clause: model.M1, Status: model.OK}
	}
	if m2.Status == "" {
		m2 = model.Verdict{Clause: model.M2, Status: model.OK}
	}
	m1.Coverage = model.Bounded("%d of %d litmus programs observed their write", observed, len(programs))
	m2.Coverage = model.Bounded("%d litmus programs and %d random ones under the race detector", len(programs), raceRounds)
	if observed == 0 && m1.Status == model.OK {
		m1.Status, m1.Reason = model.Unknown, "no write was observed"
	}
	return []model.Verdict{m1, m2}
}

// TryRaces runs w, whose look is races, and returns a violation of clause c, M1 or M2,
// if the race detector reports one. The verdict is skipped without the detector, which
// reports each race only once per process.
func TryRaces(ctx context.Context, b model.Binder, c model.Clause, w model.Witness) (model.Verdict, error) {
	r := &raceReports{}
	if !raceEnabled || !r.readable() {
		return model.Skip(c, NeedsRace), nil
	}
	program := history.Program{Init: w.Init, Threads: w.Threads}
	if err := canRun(b.Bind(), program); err != nil {
		return model.Verdict{}, err
	}
	r.skip()
	for _, l := range litmusPrograms(b.Bind()) {
		if reflect.DeepEqual(l.witness(), w) {
			l.rounds(ctx, b)
		}
	}
	for range raceRounds {
		if ctx.Err() == nil {
			runUnrecorded(b.Bind(), program)
		}
	}
	r.blame(w)
	for _, v := range []model.Verdict{r.m1, r.m2} {
		if v.Clause == c {
			return v, nil
		}
	}
	return model.Verdict{Clause: c, Status: model.Unknown, Reason: "the race detector reported nothing"}, nil
}

// A litmus is a litmus program. A read has observed the write if observes returns true
// for its result.
type litmus struct {
	init        []model.Op
	write, read model.Op
	observes    func(model.Result) bool
}

// litmusPrograms lists the litmus programs that in can run. They pair each write,
// including deletions and Clear, with each read that can observe it.
func litmusPrograms(in model.Instance) []litmus {
	stored := func(r model.Result) bool { return r.OK }
	gone := func(r model.Result) bool { return !r.OK }
	changed := func(r model.Result) bool { return r.Value == 2 }
	present := []model.Op{{Method: model.Store, Value: 1}}
	var all []litmus
	for _, read := range []model.Op{
		{Method: model.Load}, {Method: model.LoadAndDelete}, {Method: model.LoadOrStore, Value: 3}, {Method: model.Swap, Value: 3},
		{Method: model.CompareAndSwap, Old: 2, Value: 3}, {Method: model.CompareAndDelete, Old: 2},
	} {
		all = append(all,
			litmus{nil, model.Op{Method: model.Store, Value: 2}, read, stored},
			litmus{nil, model.Op{Method: model.LoadOrStore, Value: 2}, read, stored},
			litmus{nil, model.Op{Method: model.Swap, Value: 2}, read, stored})
	}
	load := model.Op{Method: model.Load}
	for _, write := range []model.Op{{Method: model.Store, Value: 2}, {Method: model.Swap, Value: 2}, {Method: model.CompareAndSwap, Old: 1, Value: 2}} {
		if in.Traits().Unit {
			break // an overwrite cannot be observed
		}
		all = append(all, litmus{present, write, load, changed})
	}
	for _, write := range []model.Op{{Method: model.Delete}, {Method: model.LoadAndDelete}, {Method: model.CompareAndDelete, Old: 1}, {Method: model.Clear}} {
		all = append(all, litmus{present, write, load, gone})
	}
	var possible []litmus
	for _, l := range all {
		if model.CanDo(in, append(slices.Clone(l.init), l.write, l.read)...) == nil {
			l.init, l.write, l.read = in.Traits().FitAll(l.init), in.Traits().Fit(l.write), in.Traits().Fit(l.read)
			possible = append(possible, l)
		}
	}
	return possible
}

// witness returns l as a program of two goroutines.
func (l litmus) witness() model.Witness {
	return model.Witness{Look: model.LookRaces, Init: l.init, Threads: [][]model.Op{{l.write}, {l.read}}}
}

// rounds runs all rounds of l, and reports whether any of them observed the write.
func (l litmus) rounds(ctx context.Context, b model.Binder) (observed bool) {
	for range litmusRounds {
		observed = ctx.Err() == nil && l.run(b.Bind()) || observed
	}
	return observed
}

// run runs l once on in and reports whether the write was observed.
func (l litmus) run(in model.Instance) (observed bool) {
	for _, o := range l.init {
		model.Call(in, o)
	}
	plain := new(int)
	write := in.Prepare(l.write)
	reads := make([]model.Prepared, litmusTries)
	for i := range reads {
		reads[i] = in.Prepare(l.read)
	}
	var both sync.WaitGroup
	both.Go(func() {
		*plain = 1
		write.Do()
	})
	both.Go(func() {
		for _, read := range reads {
			if read.Do(); l.observes(read.Result()) {
				observed = true
				readPlain(plain)
				return
			}
			if l.read.Method.Stores() {
				return // the next read would observe this one
			}
		}
	})
	both.Wait()
	return observed
}

// readPlain is the read that races if an edge is missing. The name is in the report
// of that race, which blame searches for it.
//
//go:noinline
func readPlain(p *int) int { return *p }

// hammer runs random programs without a recorder, and calls after with each of them.
func hammer(ctx context.Context, b model.Binder, after func(model.Witness)) {
	modes, traits := possibleModes(b.Bind()), b.Bind().Traits()
	for round := range raceRounds {
		if ctx.Err() != nil || len(modes) == 0 {
			return
		}
		in := b.Bind()
		program := modes[round%len(modes)].program(rand.New(rand.NewPCG(1, uint64(round))), in, traits)
		runUnrecorded(in, program)
		after(model.Witness{Look: model.LookRaces, Init: program.Init, Threads: program.Threads})
	}
}

// runUnrecorded runs a program without a recorder.
func runUnrecorded(in model.Instance, program history.Program) {
	for _, o := range program.Init {
		model.Execute(in, o, nil)
	}
	var all sync.WaitGroup
	for _, ops := range program.Threads {
		all.Go(func() {
			for _, o := range ops {
				model.Execute(in, o, nil)
			}
		})
	}
	all.Wait()
}

// raceReports reads the new reports of the race detector. It needs
// GORACE=log_path=FILE, which mapspec sets for the process that judges a map. In go
// test the detector fails the test itself.
type raceReports struct {
	seen   int           // the number of bytes that were read
	m1, m2 model.Verdict // the first violation of each
}

// blame turns the new reports into violations by w. If the race is on the plain word,
// it breaks M1. If it is inside the map, it breaks M2.
func (r *raceReports) blame(w model.Witness) {
	for _, report := range r.new() {
		v, c := &r.m2, model.M2
		if strings.Contains(report, "readPlain") {
			v, c = &r.m1, model.M1
		}
		if v.Status == "" {
			f := &model.Failure{Kind: model.Races, Output: strings.Split(report, "\n")}
			*v = f.Violates(c, &w)
		}
	}
}

// read returns all reports so far.
func (r *raceReports) read() string {
	for _, option := range strings.Fields(os.Getenv("GORACE")) {
		if path, ok := strings.CutPrefix(option, "log_path="); ok {
			text, err := os.ReadFile(fmt.Sprintf("%s.%d", path, os.Getpid()))
			if err == nil {
				return string(text)
			}
		}
	}
	return ""
}

// readable reports whether the detector writes to a file.
func (r *raceReports) readable() bool { return strings.Contains(os.Getenv("GORACE"), "log_path=") }

// skip skips the reports so far.
func (r *raceReports) skip() { r.seen = len(r.read()) }

// new returns the reports since the last call of new or skip.
func (r *raceReports) new() []string {
	text := r.read()
	var reports []string
	for _, part := range strings.Split(text[min(r.seen, len(text)):], "==================") {
		if strings.Contains(part, "WARNING: DATA RACE") {
			reports = append(reports, strings.TrimSpace(part))
		}
	}
	r.seen = len(text)
	return reports
}
