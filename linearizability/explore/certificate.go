package explore

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
)

// Schema is the version of certificates. It grows when a field changes its
// meaning.
const Schema = 1

// A Certificate says what was explored, how far, and what was found. It is a plain
// value, and docs/json.md describes its fields.
type Certificate struct {
	Schema   int        `json:"schema"`
	Map      string     `json:"map"`
	Import   string     `json:"import"`
	New      string     `json:"new"`
	Hash     []string   `json:"hash"` // functions that hash for the map, and here followed the policies
	Go       string     `json:"go"`
	Platform string     `json:"platform"`
	Digest   string     `json:"digest"` // of the source that was explored
	Size     string     `json:"size"`
	Keys     int        `json:"keys"`
	Alphabet []string   `json:"alphabet"`
	Policy   string     `json:"policy"`    // dpor, or pct:D
	Samples  int        `json:"schedules"` // a program, of a sample
	Seed     uint64     `json:"seed"`      // of a sample
	Nested   bool       `json:"nested"`    // with traversals whose callbacks write
	Stalls   bool       `json:"stalls"`    // with threads that stop for ever
	Policies []string   `json:"policies"`
	Initials []string   `json:"initials"`
	Settings []Settings `json:"settings"`
	Shards   []int      `json:"shards"` // of Of, from 0
	Of       int        `json:"of"`

	Programs   int `json:"programs"`
	Executions int `json:"executions"`
	// Classes are what Executions are representatives of; 0 for a sample.
	Classes  int `json:"classes"`
	CutShort int `json:"cut_short"`
	Limited  int `json:"limited"`
	Stalled  int `json:"stalled"`
	// Pins are stops of a call that were judged for what they pin, PinsWaited those
	// that were not, as storing and deleting keys had to wait for the call.
	Pins       int `json:"pins"`
	PinsWaited int `json:"pins_waited"`
	Steps      int `json:"steps"`
	Released   int `json:"released"`

	Coverage   string      `json:"coverage"`
	Bounds     []string    `json:"bounds"` // what the coverage is bounded by
	Races      string      `json:"races"`
	Waits      []string    `json:"waits"`
	Assumed    []string    `json:"assumed"`
	Notes      []string    `json:"notes"`
	Unended    []Unended   `json:"unended"`   // an example for each bound that cut an execution
	Unreached  []string    `json:"unreached"` // null if that was not counted
	Violations []Violation `json:"violations"`

	Build   float64 `json:"build_seconds"`
	Seconds float64 `json:"seconds"`
	// Running and Judging are for executions and for what was made of them, all
	// workers together.
	Running float64 `json:"running_seconds"`
	Judging float64 `json:"judging_seconds"`
}

// Settings counts the programs on an initial map under a hash policy.
type Settings struct {
	Policy   string `json:"policy"`
	Initial  string `json:"initial"`
	Keys     int    `json:"fillers"` // keys of the initial map that no program touches
	Programs int    `json:"programs"`
	Of       int    `json:"of"`
}

// Unended is an execution that had to be ended.
type Unended struct {
	Bound    string          `json:"bound"` // one of the certificate's bounds
	Rank     wire.Rank       `json:"rank"`
	Evidence string          `json:"evidence"`
	Policy   string          `json:"policy"`
	Initial  string          `json:"initial"`
	Program  history.Program `json:"program"`
	Schedule string          `json:"schedule"` // until then
}

// complete is the coverage of an exploration of everything that was asked for.
const complete = "complete"

// Complete reports whether everything was explored.
func (c *Certificate) Complete() bool { return c.Coverage == complete && len(c.Bounds) == 0 }

func newCertificate(m Map, o Options, b *build, w *crew) *Certificate {
	c := &Certificate{
		Schema: Schema, Map: m.Name, Import: m.Import, New: m.New, Hash: b.copy.Hash,
		Go: b.copy.Go, Platform: runtime.GOOS + "/" + runtime.GOARCH, Digest: b.copy.Digest,
		Size: o.Size, Keys: o.Keys, Policy: cmp.Or(o.Policy, "dpor"), Shards: []int{o.Shard}, Of: o.Shards,
		Nested: o.Nested, Stalls: o.Stalls,
	}
	if o.depth > 0 {
		c.Samples, c.Seed = o.Schedules, o.Seed
	}
	for i := range w.reports {
		c.add(&w.reports[i])
	}
	addUnique(&c.Bounds, w.bounds...)
	for _, f := range w.found {
		c.Violations = append(c.Violations, newViolation(f))
	}
	c.sortViolations()
	if c.Policy != "dpor" {
		c.Classes = 0
	}
	c.assume(b.portable(b.copy.Variables))
	c.cover()
	c.tidy()
	return c
}

// all reports whether all programs of the shards were explored.
func (c *Certificate) all() bool {
	want := 0
	for _, s := range c.Settings {
		if len(c.Shards) == c.Of && s.Programs != s.Of {
			return false
		}
		want += s.Programs
	}
	return len(c.Settings) > 0 && c.Programs == want
}

// tidy makes lists that are nil empty, also in JSON, and sorts the notes.
func (c *Certificate) tidy() {
	slices.Sort(c.Notes)
	for _, list := range []*[]string{&c.Hash, &c.Bounds, &c.Waits, &c.Notes} {
		if *list == nil {
			*list = []string{}
		}
	}
	if c.Violations == nil {
		c.Violations = []Violation{}
	}
	if c.Unended == nil {
		c.Unended = []Unended{}
	}
}

// add adds the report of one worker.
func (c *Certificate) add(r *wire.Report) {
	c.Programs += r.Programs
	c.Executions += r.Executions
	c.Classes += r.Executions - r.Stalled
	c.CutShort += r.CutShort
	c.Limited += r.Limited
	c.Stalled += r.Stalled
	c.Pins += r.Pins
	c.PinsWaited += r.PinsWaited
	c.Steps += r.Steps
	c.Released += r.Released
	c.Running += r.Running.Seconds()
	c.Judging += r.Judging.Seconds()
	c.Alphabet = r.Alphabet
	for i, s := range r.Settings {
		addUnique(&c.Policies, s.Policy)
		addUnique(&c.Initials, s.Initial)
		if i == len(c.Settings) {
			c.Settings = append(c.Settings, Settings{Policy: s.Policy, Initial: s.Initial, Keys: s.Fillers(), Of: s.Of})
		}
		c.Settings[i].Programs += s.Programs
	}
	addUnique(&c.Bounds, r.Bounds...)
	addUnique(&c.Notes, r.Notes...)
	for _, u := range r.Unended {
		s := u.Witness.Schedule
		c.Unended = firstUnended(append(c.Unended, Unended{
			Bound: u.Bound, Rank: u.Rank, Evidence: u.Evidence, Policy: s.Hashes, Initial: s.Initial,
			Program: history.Program{Init: u.Witness.Init, Threads: u.Witness.Threads}, Schedule: s.Steps,
		}))
	}
	for _, w := range r.Waits {
		addUnique(&c.Waits, fmt.Sprintf("%v waits for %v", w.Waiter, w.For))
	}
	slices.Sort(c.Waits)
	if c.Races == "" || r.Races == wire.RacesSeen {
		c.Races = r.Races
	}
}

func addUnique(list *[]string, more ...string) {
	for _, s := range more {
		if !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
	}
}

// firstUnended keeps the smallest program for each bound.
func firstUnended(all []Unended) []Unended {
	slices.SortStableFunc(all, func(a, b Unended) int {
		if a.Bound != b.Bound {
			return strings.Compare(a.Bound, b.Bound)
		}
		if a.Rank.Before(b.Rank) {
			return -1
		}
		return 1
	})
	return slices.CompactFunc(all, func(a, b Unended) bool { return a.Bound == b.Bound })
}

// How a package variable is assumed to be.
const (
	variableAssumed = "package variable "
	sameBefore      = " is the same before each execution"
)

// assume says what the certificate rests on.
func (c *Certificate) assume(variables []string) {
	if c.Races == wire.RacesNotChecked {
		c.Assumed = append(c.Assumed, "no data race: explore with -race")
	}
	c.Assumed = append(c.Assumed, "atomics are sequentially consistent, as Go's memory model says")
	for _, v := range variables {
		c.Assumed = append(c.Assumed, variableAssumed+v+sameBefore)
	}
}

// bound notes why not everything was explored.
func (c *Certificate) bound(why string) {
	addUnique(&c.Bounds, why)
	c.cover()
}

func (c *Certificate) cover() {
	if len(c.Bounds) == 0 && !c.all() {
		c.Bounds = append(c.Bounds, "programs are missing") // a mistake of ours: never say complete then
	}
	c.Coverage = complete
	if len(c.Bounds) > 0 {
		slices.Sort(c.Bounds)
		c.Coverage = "bounded: " + strings.Join(c.Bounds, "; ")
	}
}
