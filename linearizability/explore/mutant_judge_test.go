package explore

import (
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/instrument"
	"github.com/mapspec/mapspec/model"
)

// subject is a map of the catalogue, built with all mutants.
type subject struct {
	name                     string
	binary, racing, judge    string // programs
	small, large, pct, races []*expectation
	broken                   []string // as it is, judged by one goroutine
	aside                    bool     // only single stages are on it
}

// expectation is a stage and what the map as it is does in it.
type expectation struct {
	stage
	binary string
	find   func() (outcome, error) // once
}

// judges tries mutants.
type judges struct {
	t        *testing.T
	code     mutatedMap
	subjects []*subject
	mutants  []*mutant
	known    map[string]row // what the table says, by key
}

// newJudges builds the mutants of m, those that only has, if it is not nil, and
// what the ways need that are to be tried: without known, what quickly does.
func newJudges(t *testing.T, m mutatedMap, only, known map[string]row) *judges {
	t.Helper()
	j := &judges{t: t, code: m, known: known}
	for _, name := range slices.Concat(m.subjects, m.aside()) {
		s := &subject{name: name, aside: !slices.Contains(m.subjects, name)}
		s.binary, s.judge = j.build(name, only, false)
		s.small = expect(s.binary, m.small)
		if known != nil {
			if j.tries("race") && !s.aside {
				s.racing, _ = j.build(name, only, true)
			}
			if j.tries("alone") && !s.aside {
				s.broken, _ = judgeAlone(s.judge, 0)
			}
			s.large = expect(s.binary, m.large)
			s.pct = expect(s.binary, sampled())
			s.races = expect(s.racing, m.races)
		}
		j.subjects = append(j.subjects, s)
	}
	return j
}

// tries reports whether a way of -ways is tried.
func (j *judges) tries(way string) bool {
	return slices.Contains(strings.Split(*mutantWays, ","), way)
}

func (j *judges) build(name string, only map[string]row, race bool) (binary, judge string) {
	j.t.Helper()
	m, err := mapNamed(name)
	if err != nil {
		j.t.Fatal(err)
	}
	all := &mutation{files: j.code.files, with: j.code.with, only: only}
	if slices.Contains(inWrapped, name) {
		all.extra = wrapped
	}
	o, err := Options{Race: race, change: all.change}.withDefaults()
	if err != nil {
		j.t.Fatal(err)
	}
	b, err := prepare(j.t.Context(), m, o, j.t.TempDir())
	if err != nil {
		j.t.Fatal(err)
	}
	j.mutants = all.mutants
	if !slices.Contains(j.code.subjects, name) {
		return b.binary, ""
	}
	judge = filepath.Join(b.root, "judge")
	if err := b.copy.Build(j.t.Context(), "judge", judgeOf(m, b.copy.Import), judge, instrument.BuildOptions{}); err != nil {
		j.t.Fatal(err)
	}
	return b.binary, judge
}

// expect is stages for binary. The map as it is is explored when that is needed.
func expect(binary string, stages []stage) (list []*expectation) {
	for _, s := range stages {
		list = append(list, &expectation{s, binary, sync.OnceValues(func() (outcome, error) {
			start := time.Now()
			o, err := baseline(binary, s)
			trace("without a mutant, %s: %d programs, %d violations, %.0f s", s, o.report.Programs, len(o.found), time.Since(start).Seconds())
			if err == nil && s.on != "" && len(o.found) > 0 {
				err = fmt.Errorf("the %s breaks %v without a mutant", s.on, slices.Sorted(maps.Keys(o.found)))
			}
			return o, err
		})})
	}
	return list
}

// trace prints how far a long test is.
func trace(format string, args ...any) {
	if testing.Verbose() && *everyMutant {
		fmt.Printf(time.Now().Format("15:04:05 ")+format+"\n", args...)
	}
}

// each tries those mutants that which reports, some at a time. It returns their
// rows in order, and passes so all that is known to save whenever there is one
// more.
func (j *judges) each(which func(*mutant) bool, judge func(x *mutant) row, save func([]row)) []row {
	known := maps.Clone(j.known)
	if known == nil {
		known = map[string]row{}
	}
	listed := func(tried bool) (list []row) {
		for _, x := range j.mutants {
			if r, ok := known[x.key()]; ok && (!tried || which(x)) {
				list = append(list, r)
			}
		}
		return list
	}
	next := make(chan *mutant)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for x := range next {
				r := judge(x)
				mu.Lock()
				known[r.key] = r
				trace("%s", r)
				save(listed(false))
				mu.Unlock()
			}
		})
	}
	for _, x := range j.mutants {
		if which(x) {
			next <- x
		}
	}
	close(next)
	wg.Wait()
	return listed(true)
}

// sampleOthers is how many mutants there are to one that is tried in every way
// though it was killed in the first.
const sampleOthers = 10

// fully tries a mutant in every way that is asked for. What small programs
// leave, one goroutine and the race detector are asked about before large ones.
// Stress is luck, and spares nobody the rest.
func (j *judges) fully(x *mutant) row {
	r, ok := j.known[x.key()]
	if !ok {
		r = rowOf(x)
	}
	r.where = x.where()
	if j.tries("small") {
		r.dpor = j.first(x, func(s *subject) []*expectation { return s.small })
	}
	if j.tries("pct") {
		r.pct = j.first(x, func(s *subject) []*expectation { return s.pct })
	}
	// What hangs hangs there too, and takes long.
	sample := x.number%sampleOthers == 0 && r.dpor.clause != string(model.P2) && r.dpor.clause != string(model.P3)
	left := !slices.ContainsFunc(j.code.small, func(s stage) bool { return r.dpor.clause != "" && s.name == r.dpor.stage })
	if j.tries("alone") && (left || sample) {
		r.judged = j.alone(x)
	}
	if j.tries("race") && (left && r.judged.clause == "" || sample) {
		r.raced = j.first(x, func(s *subject) []*expectation { return s.races })
	}
	if j.tries("stress") && (left || sample) {
		r.stressed = j.underStress(x)
	}
	if j.tries("large") && r.survived() {
		r.dpor = j.first(x, func(s *subject) []*expectation { return s.large })
	}
	return r
}

// alone is how x dies in the judgement by one goroutine.
func (j *judges) alone(x *mutant) death {
	for _, s := range j.subjects {
		if s.aside {
			continue
		}
		broken, err := judgeAlone(s.judge, x.number)
		if err != nil {
			return death{tried: true, clause: "crash"}
		}
		for _, c := range broken {
			if !slices.Contains(s.broken, c) {
				return death{tried: true, clause: c}
			}
		}
	}
	return death{tried: true}
}

// underStress is how x dies on real goroutines, within a second a subject.
func (j *judges) underStress(x *mutant) death {
	for _, s := range j.subjects {
		if s.aside {
			continue
		}
		broken, err := judgeStressed(s.judge, x.number)
		if err != nil {
			return death{tried: true, clause: "crash"}
		}
		if len(broken) > 0 {
			return death{tried: true, clause: broken[0]}
		}
	}
	return death{tried: true}
}

// quickly explores every class of small programs.
func (j *judges) quickly(x *mutant) row {
	r := rowOf(x)
	r.dpor = j.first(x, func(s *subject) []*expectation { return s.small })
	return r
}

// first is how x dies first: in the same stage, the subjects take turns.
func (j *judges) first(x *mutant, what func(*subject) []*expectation) death {
	for i := range what(j.subjects[0]) {
		for _, s := range j.subjects {
			e := what(s)[i]
			if !e.isFor(x, s) {
				continue
			}
			expected, err := e.find()
			if err != nil {
				j.t.Error(err)
				continue
			}
			d, _, err := try(e.binary, x.number, e.stage, expected)
			if err != nil {
				j.t.Error(err)
			}
			if d.clause != "" {
				return d
			}
		}
	}
	return death{tried: true}
}
