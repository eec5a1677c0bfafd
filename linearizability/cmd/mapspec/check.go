package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/internal/program"
	"github.com/mapspec/mapspec/linearizability/internal/shard"
	"github.com/mapspec/mapspec/model"
)

const checkText = `check [-map NAME] [-budget 5s] [-explore 2x1] [-seed N] [-o DIR] [-json] [-shard i/n]

Judges maps against the specification and prints one table. Check runs programs
on real goroutines, and small programs in every interleaving. It writes each
violation to DIR/MAP/CLAUSE/.

Some maps of the catalogue are known to break clauses, and the catalogue says
which. Exit status: 0 if every verdict is the one that the catalogue predicts,
1 if not, and 2 if a map could not be judged.`

// checkOptions are check's flags.
type checkOptions struct {
	maps   []impl.Map
	budget time.Duration
	seed   uint64
	dir    string
	json   bool
	size   string // of the programs to explore, or noExploration
}

// noExploration is the value of -explore that turns the exploration off.
const noExploration = "none"

// judged is the outcome for one map.
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
		fmt.Fprintf(env.stdout, "mapspec check -seed %d -budget %v\n\n", o.seed, o.budget)
	}
	results, err := checkAll(ctx, env, o, save)
	if !o.json {
		printTable(env.stdout, results)
		printDetails(env.stdout, results, o.dir)
	}
	if err != nil {
		return exitOther, err
	}
	return status(results), nil
}

// checkAll judges one map after another. The results include what was found before
// an error or an interrupt.
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
			return results, fmt.Errorf("interrupted after %d of %d maps; what was found until then is above", i, len(o.maps))
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
	f.Func("map", "the `NAME` of a map in the catalogue, or several names separated by commas (default all)", commaSeparated(&names))
	f.DurationVar(&o.budget, "budget", 5*time.Second, "time to spend on each map")
	f.StringVar(&o.size, "explore", "2x1", "the `SIZE` of the programs to explore, such as 2x1 for two goroutines with one call each, or none")
	f.Uint64Var(&o.seed, "seed", 0, "the `SEED` of a run to repeat (default random, and printed)")
	f.StringVar(&o.dir, "o", "counterexamples", "write violations to `DIR`")
	f.BoolVar(&o.json, "json", false, "print one JSON object per map, each in one line; see docs/json.md")
	shardFlag := f.String("shard", "", "judge only part `i/n` of the maps, 0 ≤ i < n (default from TEST_SHARD_INDEX and TEST_TOTAL_SHARDS)")
	if err := parse(f, args, 0); err != nil {
		return o, err
	}
	if o.budget <= 0 {
		return o, fmt.Errorf("-budget %v: want more than 0s", o.budget)
	}
	if err := validateSize(o.size); err != nil {
		return o, fmt.Errorf("-explore: %w", err)
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

// validateSize returns an error unless programs of this size can be explored.
func validateSize(size string) error {
	if size == noExploration {
		return nil
	}
	if strings.Count(size, "x") != 1 {
		return fmt.Errorf("size %q: want THREADSxOPERATIONS, such as 2x1, or %s", size, noExploration)
	}
	_, err := program.ParseSize(size)
	return err
}

func isSet(f *flagSet, name string) (set bool) {
	f.Visit(func(g *flag.Flag) { set = set || g.Name == name })
	return set
}

// choose returns the named maps, or all if there are no names.
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

// part returns every n-th map, beginning with the i-th.
func part(maps []impl.Map, i, n int) []impl.Map {
	var mine []impl.Map
	for ; i < len(maps); i += n {
		mine = append(mine, maps[i])
	}
	return mine
}

// progress shows the progress on a terminal. An empty format clears the line.
func progress(env environment, format string, args ...any) {
	if env.terminal {
		fmt.Fprintf(env.stderr, "\r\x1b[K"+format, args...)
	}
}

// status returns the exit status: 0 if every verdict is as expected, 2 if all
// unexpected verdicts are unknown or invalid, and 1 otherwise.
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

// printJSON writes the line for one map. docs/json.md describes its fields.
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
