package explore

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/mapspec/mapspec/impl"
)

// row is what is known of a mutant in the end.
type row struct {
	code             string // the mutated map
	mutant           *mutant
	dpor, pct, raced death
	wasRaced         bool
}

// subject is a map of the catalogue, built with all mutants.
type subject struct {
	name                     string
	binary, racing           string // programs
	small, large, pct, races []expectation
}

// expectation is a stage and what the map as it is does in it.
type expectation struct {
	stage
	outcome
}

// judges tries mutants.
type judges struct {
	t        *testing.T
	code     mutatedMap
	subjects []*subject
	mutants  []*mutant
}

// newJudges builds the mutants of m, those that only has, if it is not nil.
func newJudges(t *testing.T, m mutatedMap, only map[string]string) *judges {
	t.Helper()
	j := &judges{t: t, code: m}
	for _, name := range m.subjects {
		s := &subject{name: name}
		s.binary = j.build(name, only, false)
		s.small = j.expect(s.binary, small())
		if only == nil {
			s.racing = j.build(name, only, true)
			s.large = j.expect(s.binary, large(m))
			s.pct = j.expect(s.binary, sampled())
			s.races = j.expect(s.racing, raced())
		}
		j.subjects = append(j.subjects, s)
	}
	return j
}

func (j *judges) build(name string, only map[string]string, race bool) (binary string) {
	j.t.Helper()
	entry, _ := impl.Find(name)
	m, err := Of(entry.Subject)
	if err != nil {
		j.t.Fatal(err)
	}
	all := &mutation{files: j.code.files, only: only}
	o, err := Options{Race: race, change: all.change}.withDefaults()
	if err != nil {
		j.t.Fatal(err)
	}
	b, err := prepare(j.t.Context(), m, o, j.t.TempDir())
	if err != nil {
		j.t.Fatal(err)
	}
	j.mutants = all.mutants
	return b.binary
}

// expect explores the map as it is.
func (j *judges) expect(binary string, stages []stage) (list []expectation) {
	j.t.Helper()
	for _, s := range stages {
		o, err := baseline(binary, s)
		if err != nil {
			j.t.Fatal(err)
		}
		list = append(list, expectation{s, o})
	}
	return list
}

// each tries every mutant, some at a time, and returns the rows in order.
func (j *judges) each(judge func(x *mutant) row) []row {
	rows := make([]row, len(j.mutants))
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				rows[i] = judge(j.mutants[i])
				if os.Getenv("MAPSPEC_MUTANTS_TRACE") != "" {
					fmt.Println(rows[i].line())
				}
			}
		})
	}
	for i := range j.mutants {
		next <- i
	}
	close(next)
	wg.Wait()
	return rows
}

// raceEvery is how many mutants there are to one that is tried under the race
// detector though it has been killed without.
const raceEvery = 10

// fully tries a mutant in every way. What small programs leave, the race
// detector is asked about before large ones.
func (j *judges) fully(x *mutant) row {
	r := j.quickly(x)
	r.pct = j.first(x, func(s *subject) (string, []expectation) { return s.binary, s.pct })
	if r.dpor.clause == "" || x.number%raceEvery == 0 {
		r.wasRaced = true
		r.raced = j.first(x, func(s *subject) (string, []expectation) { return s.racing, s.races })
	}
	if r.survived() {
		r.dpor = j.first(x, func(s *subject) (string, []expectation) { return s.binary, s.large })
	}
	return r
}

// quickly explores every class of small programs.
func (j *judges) quickly(x *mutant) row {
	return row{code: j.code.name, mutant: x, dpor: j.first(x, func(s *subject) (string, []expectation) { return s.binary, s.small })}
}

// survived reports whether nothing has killed the mutant.
func (r row) survived() bool { return r.dpor.clause+r.pct.clause+r.raced.clause == "" }

// first is how x dies first: in the same stage, the subjects take turns.
func (j *judges) first(x *mutant, what func(*subject) (string, []expectation)) death {
	_, stages := what(j.subjects[0])
	for i := range stages {
		for _, s := range j.subjects {
			binary, list := what(s)
			d, _, err := try(binary, x.number, list[i].stage, list[i].outcome)
			if err != nil {
				j.t.Error(err)
			}
			if d.clause != "" {
				return d
			}
		}
	}
	return death{}
}

func (r row) line() string {
	race := ""
	if r.wasRaced {
		race = r.raced.String()
	}
	program := r.dpor.program
	if r.dpor.clause == "" {
		program = r.raced.program
	}
	return fmt.Sprintf("%s | %s | %s | %s | %s | %s | %s | %s",
		r.code, r.mutant.operator, r.mutant.where(), r.mutant.change, r.dpor, r.pct, race, program)
}
