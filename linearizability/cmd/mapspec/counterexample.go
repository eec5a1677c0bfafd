package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/report/text"
	"github.com/mapspec/mapspec/model"
)

const counterexampleText = `counterexample -map NAME [-clause C] [-budget 30s] [-seed N] [-o DIR] [-json]

Finds a violation of a map, makes it as small as possible and explains it. NAME
is a map of the catalogue or of impl/broken, such as S1-lost-swap.

Counterexample writes these files to DIR/MAP/CLAUSE/:
  program.json, history.jsonl    read by mapspec replay
  trace.txt, report.html         explanations as text and as a page
  _counterexample_test.go        a Go test to copy

Exit status: 0 if a counterexample was found, 1 if not.`

// counterexampleOptions are counterexample's flags.
type counterexampleOptions struct {
	name, clause, dir string
	budget            time.Duration
	seed              uint64
	json              bool
}

func parseCounterexample(env environment, args []string) (counterexampleOptions, error) {
	var o counterexampleOptions
	f := newFlags(env, "counterexample", counterexampleText)
	f.StringVar(&o.name, "map", "", "the `NAME` of a map in the catalogue or in impl/broken")
	f.StringVar(&o.clause, "clause", "", "find a violation of `CLAUSE`, such as R1 (default the first clause that is broken)")
	f.DurationVar(&o.budget, "budget", 30*time.Second, "time to spend: a sixth to find a violation, the rest to minimise it; a slow machine may take longer, because a verdict takes some runs")
	f.Uint64Var(&o.seed, "seed", 0, "the `SEED` of a run to repeat (default random, and printed)")
	f.StringVar(&o.dir, "o", "counterexamples", "write the files to `DIR`")
	f.BoolVar(&o.json, "json", false, "print one line of JSON instead; see docs/json.md")
	if err := parse(f, args, 0); err != nil {
		return o, err
	}
	switch {
	case o.name == "":
		return o, fmt.Errorf("no -map NAME; mapspec list shows all maps")
	case o.budget <= 0:
		return o, fmt.Errorf("-budget %v: want more than 0s", o.budget)
	case o.clause != "" && model.Clause(o.clause).Order() < 0:
		return o, fmt.Errorf("no clause %q; docs/specification.md lists the clauses, S1 to P3", o.clause)
	}
	if !isSet(f, "seed") {
		o.seed = rand.Uint64() >> 32
	}
	return o, nil
}

func runCounterexample(ctx context.Context, env environment, args []string) (int, error) {
	o, err := parseCounterexample(env, args)
	if err != nil {
		return exitOther, err
	}
	m, ok := find(o.name)
	if !ok {
		return exitOther, unknownMap(o.name)
	}
	save, err := openCounterexamples(o.dir)
	if err != nil {
		return exitOther, err
	}
	defer save.close()
	progress(env, "judging %s", m.Name)
	verdicts, err := judgeProcess(ctx, m, o.budget/6, o.seed, cmp.Or(o.clause, anyClause))
	progress(env, "")
	if err != nil && ctx.Err() == nil {
		return exitOther, err
	}
	v, others, ok := toExplain(verdicts, model.Clause(o.clause))
	if !ok && ctx.Err() != nil {
		return exitOther, errors.New("interrupted before a violation was found")
	}
	if !ok {
		fmt.Fprintf(env.stderr, "mapspec counterexample: %v\n", noViolation(o, v, verdicts))
		return exitWrong, nil
	}
	c, err := counterexample.Of(m.Subject.Bind(), v)
	if err != nil {
		return exitOther, err
	}
	if err := save.write(c); err != nil { // so that an interrupt does not lose it
		return exitOther, err
	}
	c, err = minimiseProcess(ctx, env, m, v, o.budget*5/6, o.seed)
	if ctx.Err() != nil {
		err = fmt.Errorf("interrupted; the smallest found so far is in %s", filepath.Join(o.dir, m.Name, string(v.Clause)))
	}
	dir := filepath.Join(o.dir, m.Name, string(c.Clause))
	if werr := save.write(c); werr != nil {
		return exitOther, werr
	}
	if werr := printCounterexample(env, o, c, dir, others); werr != nil {
		return exitOther, werr
	}
	return exitOK, err
}

// toExplain returns the violation to explain: of clause c, or if c is "" of the first
// clause that is broken. The others are the other clauses that are broken.
func toExplain(verdicts []model.Verdict, c model.Clause) (v model.Verdict, others []string, ok bool) {
	v = model.Find(verdicts, c)
	for _, found := range verdicts {
		switch {
		case found.Status != model.Violation:
		case !ok && (c == "" || found.Clause == c):
			v, ok = found, true
		default:
			others = append(others, string(found.Clause))
		}
	}
	return v, others, ok
}

// needMore lists the clauses that only the race detector or an exploration can judge.
var needMore = []model.Clause{model.M1, model.M2, model.P1}

// noViolation returns the error that no violation was found. It names the clauses
// that were not judged.
func noViolation(o counterexampleOptions, v model.Verdict, verdicts []model.Verdict) error {
	spent := (o.budget / 6).Round(time.Millisecond)
	if o.clause != "" {
		return fmt.Errorf("no violation of %s by %s in %v (%s)", o.clause, o.name, spent, v)
	}
	var needs []string
	for _, v := range verdicts {
		if v.Status == model.Skipped && slices.Contains(needMore, v.Clause) {
			needs = append(needs, string(v.Clause))
		}
	}
	not := ""
	if len(needs) > 0 {
		not = fmt.Sprintf("; for %s, which were not judged, see mapspec check -json", strings.Join(needs, ", "))
	}
	return fmt.Errorf("no violation by %s in %v with -seed %d%s; try a longer -budget or another -seed", o.name, spent, o.seed, not)
}

// printCounterexample prints c, and what to do next.
func printCounterexample(env environment, o counterexampleOptions, c counterexample.Counterexample, dir string, others []string) error {
	if o.json {
		return json.NewEncoder(env.stdout).Encode(struct {
			Dir            string                        `json:"dir"`
			Counterexample counterexample.Counterexample `json:"counterexample"`
		}{dir, c})
	}
	if err := text.Write(env.stdout, c); err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "\nsaved in %s, with a page (report.html) and a Go test (_counterexample_test.go)\n", dir)
	fmt.Fprintf(env.stdout, "run it again: mapspec replay %s (it was found with -seed %d)\n", dir, o.seed)
	if len(others) > 0 {
		fmt.Fprintf(env.stdout, "%s also breaks %s; choose a clause with -clause\n", o.name, strings.Join(others, ", "))
	}
	return nil
}
