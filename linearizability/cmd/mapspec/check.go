package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/internal/shard"
	"github.com/mapspec/mapspec/model"
)

const checkText = `check [-map NAME]… [-budget 5s] [-explore 2x1] [-seed N] [-o DIR] [-json] [-shard i/n]

Judges maps against the specification and prints one table: by programs on real
goroutines, and by every interleaving of small ones. Every violation is
written to DIR/MAP/CLAUSE/. The exit status is 0 exactly if every verdict is one
that the catalogue foretells, a violation included.`

// checkOptions are check's flags.
type checkOptions struct {
	maps   []impl.Map
	budget time.Duration
	seed   uint64
	dir    string
	json   bool
	size   string // of the programs to explore; none
}

// judged is what was found of one map.
type judged struct {
	impl.Map
	verdicts    []model.Verdict
	interrupted bool
	explored    explored
}

func runCheck(ctx context.Context, env environment, args []string) (int, error) {
	o, err := parseCheck(env, args)
	if err != nil {
		return exitOther, err
	}
	save, err := openCounterexamples(o.dir)
	if err != nil {
		return exitOther, err
	}
	defer save.close()
	if !o.json {
		fmt.Fprintf(env.stdout, "mapspec check -seed %d, %v a map\n\n", o.seed, o.budget)
	}
	results, err := checkAll(ctx, env, o, save)
	if !o.json {
		printTable(env.stdout, results)
		printViolations(env.stdout, results, o.dir)
	}
	if err != nil {
		return exitOther, err
	}
	return status(results), nil
}

// checkAll judges one map after another. What was found before an error or an
// interrupt is in the results.
func checkAll(ctx context.Context, env environment, o checkOptions, save *counterexamples) ([]judged, error) {
	var results []judged
	for i, m := range o.maps {
		progress(env, "judging %s (%d of %d)", m.Name, i+1, len(o.maps))
		verdicts, err := judgeProcess(ctx, m, o.budget, o.seed, "")
		progress(env, "exploring %s (%d of %d)", m.Name, i+1, len(o.maps))
		e := exploreQuickly(ctx, m, o.size)
		progress(env, "")
		r := judged{Map: m, verdicts: model.Merge(verdicts, e.verdicts(m.Subject.Bind().Promise())), interrupted: ctx.Err() != nil, explored: e}
		results = append(results, r)
		if werr := save.replace(r); werr != nil {
			return results, werr
		}
		if o.json {
			if werr := printJSON(env.stdout, r); werr != nil {
				return results, werr
			}
		}
		if r.interrupted {
			return results, fmt.Errorf("interrupted after %d of %d maps; what was found is above", i, len(o.maps))
		}
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

func parseCheck(env environment, args []string) (checkOptions, error) {
	var o checkOptions
	var names []string
	f := newFlags(env, "check", checkText)
	f.Func("map", "a `NAME` of the catalogue; may be given several times (default all)", func(s string) error {
		names = append(names, s)
		return nil
	})
	f.DurationVar(&o.budget, "budget", 5*time.Second, "time to spend on each map")
	f.StringVar(&o.size, "explore", "2x1", "`SIZE` of the programs to explore; none: do not")
	f.Uint64Var(&o.seed, "seed", 0, "repeat a run's choices (default: a new one, printed)")
	f.StringVar(&o.dir, "o", "counterexamples", "where violations are written, a `DIR`")
	f.BoolVar(&o.json, "json", false, "print one object a map, a line each; see docs/json.md")
	shardFlag := f.String("shard", "", "judge part `i/n` of the maps, i from 0 (default from TEST_SHARD_INDEX and TEST_TOTAL_SHARDS)")
	if err := parse(f, args, 0); err != nil {
		return o, err
	}
	if o.budget <= 0 {
		return o, fmt.Errorf("-budget %v: want more than 0s", o.budget)
	}
	if !isSet(f, "seed") {
		o.seed = rand.Uint64() >> 32
	}
	var err error
	if o.maps, err = choose(names); err != nil {
		return o, err
	}
	i, n, err := shard.Read(*shardFlag, 0)
	if err != nil {
		return o, err
	}
	o.maps = part(o.maps, i, n)
	return o, nil
}

func isSet(f *flag.FlagSet, name string) (set bool) {
	f.Visit(func(g *flag.Flag) { set = set || g.Name == name })
	return set
}

// choose returns the named maps, or all.
func choose(names []string) ([]impl.Map, error) {
	if len(names) == 0 {
		return impl.Catalogue(), nil
	}
	var maps []impl.Map
	for _, name := range names {
		m, ok := find(name)
		if !ok {
			return nil, unknownMap(name)
		}
		maps = append(maps, m)
	}
	return maps, nil
}

// part returns every n-th map, from the i-th.
func part(maps []impl.Map, i, n int) []impl.Map {
	var mine []impl.Map
	for ; i < len(maps); i += n {
		mine = append(mine, maps[i])
	}
	return mine
}

// progress shows what is going on, on a terminal only; "" clears the line.
func progress(env environment, format string, args ...any) {
	if env.terminal {
		fmt.Fprintf(env.stderr, "\r\x1b[K"+format, args...)
	}
}

// status is 0 if every verdict is as expected, 2 if all that is unexpected is
// that something is unknown, and 1 otherwise.
func status(results []judged) int {
	worst := exitOK
	for _, r := range results {
		_, unexpected := r.AsExpected(r.verdicts)
		for _, c := range unexpected {
			s := model.Find(r.verdicts, c).Status
			if s != model.Unknown && s != model.Invalid {
				return exitWrong
			}
			worst = exitOther
		}
	}
	return worst
}

// printJSON writes one map's line; its fields are documented in docs/json.md.
func printJSON(w io.Writer, r judged) error {
	ok, _ := r.AsExpected(r.verdicts)
	return json.NewEncoder(w).Encode(struct {
		Map        string          `json:"map"`
		Origin     string          `json:"origin"`
		AsPromised bool            `json:"as_promised"`
		Explored   string          `json:"explored"`
		Verdicts   []model.Verdict `json:"verdicts"`
	}{r.Name, r.Origin, ok && !r.interrupted, r.explored.String(), slices.Clip(r.verdicts)})
}
