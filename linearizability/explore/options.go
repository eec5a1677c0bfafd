package explore

import (
	"cmp"
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

// Options say what is explored. The zero value explores all programs of two
// threads of two operations on two keys, on every initial map and under every hash
// policy.
type Options struct {
	Size string // threads × operations; "" is "2x2"
	Keys int    // 0 is 2
	// Policies of hashing are mix, prefix and collide. None means all.
	Policies []string
	// Initials are the maps to begin with. None means all that have names. Others
	// can be written down: "k0 +9 -8" stores key 0 and nine keys that programs do
	// not use, and deletes eight of these.
	Initials []string
	// Methods restricts what programs are made of. None means every method of the
	// map.
	Methods []model.Method
	// Nested adds traversals whose callbacks write. Programs of one operation for
	// each thread always have them.
	Nested bool
	// Stalls also stops each thread forever after each of its steps, in programs
	// of two threads of one operation. It judges what a stopped call pins while
	// keys come and go, too.
	Stalls bool
	// Policy is "dpor", which explores every class of executions, or "pct:D", a
	// sample that finds bugs of depth D. "" is dpor.
	Policy    string
	Schedules int // in a sample of each program; 0 is 100
	Seed      uint64
	Race      bool // explore under the race detector
	Cover     bool // list statements that no program has reached
	// Shard is the part of Shards that is explored. If Shards is 0, all is.
	Shard, Shards int
	Workers       int           // number of processes; 0 is one for each core
	Budget        time.Duration // bounds the time after building; 0 does not
	// Patience is how long a call of the map may go on without a step before it
	// counts as endless. 0 is 20 s.
	Patience time.Duration
	// Executions bounds the executions of one program; 0 does not. Steps bounds
	// one execution; 0 is 10,000.
	Executions, Steps int
	TempDir           string // where the copy is made; "" is the system's
	// Progress, if any, is called once a second.
	Progress func(Progress)

	depth int
}

// Progress is how far an exploration is, all workers together.
type Progress struct {
	Programs, Executions int
	Of                   int // programs in this shard; 0 if that is not known yet
	Operations           int // size of the programs that are explored now
	Elapsed              time.Duration
}

// Policies are the hash policies, and Initials the initial maps.
var (
	Policies = []string{"mix", "prefix", "collide"}
	Initials = wire.Initials
)

func (o Options) withDefaults() (Options, error) {
	if err := o.validate(); err != nil {
		return o, fmt.Errorf("explore: %w", err)
	}
	o.Size, o.Keys, o.Schedules = cmp.Or(o.Size, "2x2"), cmp.Or(o.Keys, 2), cmp.Or(o.Schedules, 100)
	o.Shards, o.Workers = cmp.Or(o.Shards, 1), cmp.Or(o.Workers, runtime.GOMAXPROCS(0))
	size, err := program.ParseSize(fmt.Sprintf("%sx%d", o.Size, o.Keys))
	if err != nil {
		return o, fmt.Errorf("explore: %w", err)
	}
	o.Nested = o.Nested || size.Operations == 1
	if len(o.Policies) == 0 {
		o.Policies = Policies
	}
	if len(o.Initials) == 0 {
		o.Initials = Initials
	}
	if o.Shard < 0 || o.Shard >= o.Shards {
		return o, fmt.Errorf("explore: shard %d of %d: want one from 0 to %d", o.Shard, o.Shards, o.Shards-1)
	}
	o.depth, err = depthOf(o.Policy)
	return o, err
}

// validate checks o, but for the size, the shard and the policy.
func (o Options) validate() error {
	if o.Size != "" && strings.Count(o.Size, "x") != 1 {
		return fmt.Errorf("size %q: want THREADSxOPERATIONS, such as 2x2", o.Size)
	}
	if err := validateNames("hash policy", o.Policies, Policies); err != nil {
		return err
	}
	named := slices.DeleteFunc(slices.Clone(o.Initials), func(name string) bool {
		_, err := wire.ParseInitial(name)
		return err == nil && !slices.Contains(Initials, name)
	})
	if err := validateNames("initial map", named, Initials); err != nil {
		return err
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

func validateNames(what string, have, want []string) error {
	for i, name := range have {
		if !slices.Contains(want, name) {
			return fmt.Errorf("no %s %q%s: want some of %s", what, name, near.Hint(name, want), strings.Join(want, ", "))
		}
		if slices.Contains(have[:i], name) {
			return fmt.Errorf("the %s %q is there twice: give it once", what, name)
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

// ShardFromEnvironment returns the shard of this process by the conventions of
// Bazel's test sharding or of Kubernetes' Indexed Jobs. The latter do not say how
// many shards there are, so completions does. It is shard 0 of 1 if none is set.
func ShardFromEnvironment(completions int) (index, shards int, err error) {
	if index, shards, err = shard.Read("", completions); err != nil {
		err = fmt.Errorf("explore: %w", err)
	}
	return index, shards, err
}
