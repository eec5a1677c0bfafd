package explore

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/near"
	"github.com/mapspec/mapspec/linearizability/internal/program"
	"github.com/mapspec/mapspec/linearizability/internal/shard"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// Options say what is explored, and with what. The zero value explores all
// programs of two threads of two operations on two keys, on every initial map
// and under every hash policy.
type Options struct {
	Size     string   // threads × operations; "" is "2x2"
	Keys     int      // 0 is 2
	Policies []string // of hashing; none: mix, prefix, collide
	// Initials are the maps to begin with, by name or written down, such as
	// "k0 +9 -8": key 0 is stored, then nine keys that programs do not use, eight
	// of which are deleted. None: all that have names.
	Initials []string
	// Methods restricts programs to these; none: every one that the map has.
	Methods []model.Method
	// Nested adds traversals whose callbacks write. It is always done for
	// programs of one operation a thread.
	Nested bool
	// Stalls also stops each thread for ever after each of its steps, in
	// programs of two threads of one operation each, and judges what a call
	// that has stopped pins while keys come and go.
	Stalls bool
	// Policy is "dpor", every class of executions, or "pct:D", a sample that
	// finds bugs of depth D. "" is dpor.
	Policy    string
	Schedules int // of a sample, a program; 0 is 100
	Seed      uint64
	// Race explores under the race detector.
	Race bool
	// Cover lists statements that no program has reached.
	Cover bool
	// Shard of Shards is explored; 0 Shards: all of it.
	Shard, Shards int
	// Workers is how many processes there are; 0 is one a core.
	Workers int
	// Budget bounds the time after building; 0 does not.
	Budget time.Duration
	// Patience is how long a call of the map may go on without a step before it
	// counts as endless; 0 is 20 s.
	Patience time.Duration
	// Executions bounds those of one program, Steps one execution; 0: no bound,
	// and 10,000.
	Executions, Steps int
	// TempDir is where the copy is made; "" is the system's.
	TempDir string
	// Progress, if any, is told once a second how far it is.
	Progress func(Progress)

	depth int
}

// Progress is how far an exploration is, all workers together.
type Progress struct {
	Programs, Executions int
	// Of is how many programs there are in this shard; 0 if that is not known yet.
	Of int
	// Operations is the size of the programs that are explored now.
	Operations int
	Elapsed    time.Duration
}

// Policies are the hash policies, and Initials the initial maps.
var (
	Policies = []string{"mix", "prefix", "collide"}
	Initials = wire.Initials
)

func (o Options) withDefaults() (Options, error) {
	if o.Size == "" {
		o.Size = "2x2"
	}
	if o.Keys == 0 {
		o.Keys = 2
	}
	if err := o.wrong(); err != nil {
		return o, fmt.Errorf("explore: %w", err)
	}
	size, err := program.ParseSize(fmt.Sprintf("%sx%d", o.Size, o.Keys))
	if err != nil {
		return o, fmt.Errorf("explore: %w", err)
	}
	if size.Operations == 1 {
		o.Nested = true
	}
	if len(o.Policies) == 0 {
		o.Policies = Policies
	}
	if len(o.Initials) == 0 {
		o.Initials = Initials
	}
	if o.Schedules == 0 {
		o.Schedules = 100
	}
	if o.Shards == 0 {
		o.Shards = 1
	}
	if o.Shard < 0 || o.Shard >= o.Shards {
		return o, fmt.Errorf("explore: shard %d of %d: want one from 0 to %d", o.Shard, o.Shards, o.Shards-1)
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	o.depth, err = depthOf(o.Policy)
	return o, err
}

// wrong returns what is wrong with o, but for the size, the shard and the policy.
func (o Options) wrong() error {
	if o.Size != "" && strings.Count(o.Size, "x") != 1 {
		return fmt.Errorf("size %q: want THREADSxOPERATIONS, such as 2x2", o.Size)
	}
	for _, l := range []struct {
		what       string
		have, want []string
	}{{"hash policy", o.Policies, Policies}, {"initial map", o.Initials, Initials}} {
		for i, name := range l.have {
			if !slices.Contains(l.want, name) {
				if _, err := wire.ParseInitial(name); err == nil && l.what == "initial map" {
					continue
				}
				return fmt.Errorf("no %s %q%s: want some of %s", l.what, name, near.Hint(name, l.want), strings.Join(l.want, ", "))
			}
			if slices.Contains(l.have[:i], name) {
				return fmt.Errorf("the %s %q is there twice: give it once", l.what, name)
			}
		}
	}
	for _, l := range []struct {
		what string
		n    int
	}{{"keys", o.Keys}, {"schedules", o.Schedules}, {"executions", o.Executions}, {"steps", o.Steps}, {"workers", o.Workers}} {
		if l.n < 0 {
			return fmt.Errorf("%d %s: want more than none", l.n, l.what)
		}
	}
	return nil
}

// depthOf returns the depth of "pct:D", and 0 for "dpor".
func depthOf(policy string) (int, error) {
	if policy == "" || policy == "dpor" {
		return 0, nil
	}
	if text, ok := strings.CutPrefix(policy, "pct:"); ok {
		if d, err := strconv.Atoi(text); err == nil && d > 0 {
			return d, nil
		}
	}
	return 0, fmt.Errorf("explore: policy %q: want dpor, or pct:D with a depth D of at least 1", policy)
}

// ShardFromEnvironment returns the shard that an engine has set for this
// process, by the conventions of Bazel's test sharding and of Kubernetes'
// Indexed Jobs, which do not say how many there are: completions does then. It is
// shard 0 of 1 if none is set.
func ShardFromEnvironment(completions int) (index, shards int, err error) {
	if index, shards, err = shard.Read("", completions); err != nil {
		err = fmt.Errorf("explore: %w", err)
	}
	return index, shards, err
}
