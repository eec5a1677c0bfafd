package explore

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/instrument"
	"github.com/mapspec/mapspec/model"
)

// row is what is known of a mutant in the end.
type row struct {
	code                     string // the mutated map
	mutant                   *mutant
	dpor, pct, judged, raced death
	wasJudged, wasRaced      bool
}

// subject is a map of the catalogue, built with all mutants.
type subject struct {
	name                     string
	binary, racing, judge    string // programs
	small, large, pct, races []expectation
	broken                   []string // as it is, judged by one goroutine
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

// newJudges builds the mutants of m, those that only has, if it is not nil; and
// all that fully needs, or what quickly does.
func newJudges(t *testing.T, m mutatedMap, only map[string]string, full bool) *judges {
	t.Helper()
	j := &judges{t: t, code: m}
	for _, name := range m.subjects {
		s := &subject{name: name}
		s.binary, s.judge = j.build(name, only, false)
		s.small = j.expect(s.binary, small(m))
		if full {
			s.racing, _ = j.build(name, only, true)
			s.broken, _ = judgeAlone(s.judge, 0)
			s.large = j.expect(s.binary, large(m))
			s.pct = j.expect(s.binary, sampled())
			s.races = j.expect(s.racing, raced())
		}
		j.subjects = append(j.subjects, s)
	}
	return j
}

func (j *judges) build(name string, only map[string]string, race bool) (binary, judge string) {
	j.t.Helper()
	entry, _ := impl.Find(name)
	m, err := Of(entry.Subject)
	if err != nil {
		j.t.Fatal(err)
	}
	all := &mutation{files: j.code.files, with: j.code.with, only: only}
	o, err := Options{Race: race, change: all.change}.withDefaults()
	if err != nil {
		j.t.Fatal(err)
	}
	b, err := prepare(j.t.Context(), m, o, j.t.TempDir())
	if err != nil {
		j.t.Fatal(err)
	}
	j.mutants = all.mutants
	judge = filepath.Join(b.root, "judge")
	if err := b.copy.Build(j.t.Context(), "judge", judgeOf(m, b.copy.Import), judge, instrument.BuildOptions{}); err != nil {
		j.t.Fatal(err)
	}
	return b.binary, judge
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
					fmt.Println(strings.Join(append(rows[i].cells(), rows[i].program()), columns))
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

// sampleOthers is how many mutants there are to one that is judged by one
// goroutine and the race detector though it was killed without.
const sampleOthers = 10

// fully tries a mutant in every way. What small programs leave, one goroutine
// and the race detector are asked about before large ones.
func (j *judges) fully(x *mutant) row {
	r := j.quickly(x)
	r.pct = j.first(x, func(s *subject) (string, []expectation) { return s.binary, s.pct })
	// What hangs hangs there too, and takes long.
	sample := x.number%sampleOthers == 0 && r.dpor.clause != string(model.P2) && r.dpor.clause != string(model.P3)
	if r.dpor.clause == "" || sample {
		r.wasJudged = true
		r.judged = j.alone(x)
	}
	if r.dpor.clause+r.judged.clause == "" || sample {
		r.wasRaced = true
		r.raced = j.first(x, func(s *subject) (string, []expectation) { return s.racing, s.races })
	}
	if r.survived() {
		r.dpor = j.first(x, func(s *subject) (string, []expectation) { return s.binary, s.large })
	}
	return r
}

// alone is how x dies in the judgement by one goroutine.
func (j *judges) alone(x *mutant) death {
	for _, s := range j.subjects {
		broken, err := judgeAlone(s.judge, x.number)
		if err != nil {
			return death{clause: "crash"}
		}
		for _, c := range broken {
			if !slices.Contains(s.broken, c) {
				return death{clause: c}
			}
		}
	}
	return death{}
}

// quickly explores every class of small programs.
func (j *judges) quickly(x *mutant) row {
	return row{code: j.code.name, mutant: x, dpor: j.first(x, func(s *subject) (string, []expectation) { return s.binary, s.small })}
}

// survived reports whether nothing has killed the mutant.
func (r row) survived() bool { return r.dpor.clause+r.pct.clause+r.judged.clause+r.raced.clause == "" }

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

// cells are the columns of the table.
func (r row) cells() []string {
	judged, raced := "", ""
	if r.wasJudged {
		judged = r.judged.String()
	}
	if r.wasRaced {
		raced = r.raced.String()
	}
	return []string{r.mutant.operator, r.mutant.where(), r.mutant.change, r.dpor.String(), r.pct.String(), judged, raced}
}

// program is the smallest that shows it.
func (r row) program() string {
	for _, d := range []death{r.dpor, r.raced, r.pct} {
		if d.clause != "" {
			return d.program
		}
	}
	return ""
}
