package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/near"
	"github.com/mapspec/mapspec/linearizability/internal/report/text"
	"github.com/mapspec/mapspec/linearizability/internal/shard"
	"github.com/mapspec/mapspec/model"
)

const exploreText = `explore [-map NAME | -pkg IMPORTPATH -new EXPR] [flags]

Runs every program of a size in every interleaving. Of interleavings that are
equivalent it runs one. The map is an instrumented copy, and its source is not
changed. Without -map and -pkg, explore runs all maps of the catalogue. The
current directory must be in a module that contains or requires the package of
the map and mapspec.

Explore prints a certificate: what was explored, how completely, and the smallest
program and the simplest schedule for each clause that is broken. It also writes
these to DIR/MAP/CLAUSE/.

Exit status: 0 if the outcome is as expected, 1 if there is an unexpected
violation or an expected one is missing, and 2 if the exploration was not
complete (because of a budget, or the limits on steps or spins) or failed.`

// exploreOptions are explore's flags.
type exploreOptions struct {
	explore.Options
	maps  []string
	pkg   string
	new   string
	hash  []string
	json  bool
	dir   string
	shard string
	of    int
}

func runExplore(ctx context.Context, env environment, args []string) (int, error) {
	o, err := parseExplore(env, args)
	if err != nil {
		return exitOther, err
	}
	targets, err := o.targets()
	if err != nil {
		return exitOther, err
	}
	save, err := openCounterexamples(o.dir)
	if err != nil {
		return exitOther, err
	}
	defer save.close()
	worst := exitOK
	for _, t := range targets {
		o.Progress = func(p explore.Progress) { exploreProgress(env, t.Name, p) }
		c, err := explore.Explore(ctx, t.Map, o.Options)
		progress(env, "")
		if err != nil {
			return exitOther, plainly(err)
		}
		if err := t.show(env, o, save, c); err != nil {
			return exitOther, err
		}
		worst = max(worst, t.status(c))
		if t.status(c) == exitWrong {
			worst = exitWrong
		}
		if ctx.Err() != nil {
			return exitOther, fmt.Errorf("interrupted; what was found until then is above")
		}
	}
	return worst, nil
}

// plainly returns err without the names of packages at its beginning, which a user of
// the command does not know.
func plainly(err error) error {
	text := err.Error()
	for _, p := range []string{"explore: ", "instrument: "} {
		text = strings.TrimPrefix(text, p)
	}
	return errors.New(text)
}

func parseExplore(env environment, args []string) (exploreOptions, error) {
	var o exploreOptions
	f := newFlags(env, "explore", exploreText)
	f.Func("map", "the `NAME` of a map in the catalogue or in impl/broken, or several names separated by commas (default all of the catalogue)", commaSeparated(&o.maps))
	f.StringVar(&o.pkg, "pkg", "", "the `IMPORTPATH` of the package of another map, or sync for the toolchain's own")
	f.StringVar(&o.new, "new", "", "a Go expression `EXPR` that makes a map of -pkg, such as 'new(fast.Map[string, int])'")
	f.StringVar(&o.Size, "size", "2x2", "the size of the programs, `THREADSxOPERATIONS`: the number of goroutines, and of calls in each")
	f.IntVar(&o.Keys, "keys", 2, "how many keys the programs use")
	f.StringVar(&o.Policy, "policy", "dpor", "the search `POLICY`: dpor for all classes of equivalent executions, or pct:D for a random sample that finds bugs of depth D")
	f.IntVar(&o.Schedules, "schedules", 100, "how many schedules per program pct:D samples")
	f.Uint64Var(&o.Seed, "seed", 1, "the `SEED` of the sample of pct:D")
	f.Func("hashes", "hash `POLICIES`, separated by commas: mix, prefix and collide (default all)", commaSeparated(&o.Policies))
	f.Func("initial", "initial `MAPS`, separated by commas: "+strings.Join(explore.Initials, ", ")+" (default all of these); or a description such as 'k0 +9 -8', which stores key 0 and nine others, and deletes eight of the others", commaSeparated(&o.Initials))
	f.Func("methods", "the `METHODS` that programs call, separated by commas, such as Load,Store (default all)", func(s string) error {
		for name := range strings.SplitSeq(s, ",") {
			var m model.Method
			if err := m.UnmarshalText([]byte(name)); err != nil {
				return fmt.Errorf("%w%s", err, near.Hint(name, methodNames()))
			}
			o.Methods = append(o.Methods, m)
		}
		return nil
	})
	f.Func("hash", "a hash function `PKG.FUNC` or PKG.TYPE.METHOD of the map of -pkg, which the copy replaces by -hashes; can be repeated",
		func(s string) error { o.hash = append(o.hash, s); return nil })
	f.BoolVar(&o.Nested, "nested", false, "include traversals whose callbacks write (always included if each goroutine has one operation)")
	f.BoolVar(&o.Stalls, "stalls", true, "in programs of two goroutines with one operation each, also stop a goroutine for ever after each of its steps, and judge what a stopped call pins")
	f.BoolVar(&o.Race, "race", false, "explore under the race detector")
	f.BoolVar(&o.Cover, "cover", false, "list the lines of the map that no program reached")
	f.DurationVar(&o.Budget, "budget", 0, "time to spend on each map (default no limit)")
	f.IntVar(&o.Executions, "executions", 0, "the most executions of one program (default no limit)")
	f.IntVar(&o.Workers, "workers", runtime.GOMAXPROCS(0), "how many processes to run")
	f.StringVar(&o.shard, "shard", "", "explore only part `i/n` of the programs, 0 ≤ i < n (default from TEST_SHARD_INDEX and TEST_TOTAL_SHARDS)")
	f.IntVar(&o.of, "shards", 0, "the number of shards, if JOB_COMPLETION_INDEX is the index of this one")
	f.BoolVar(&o.json, "json", false, "print one certificate per map, each in one line of JSON; see docs/json.md")
	f.StringVar(&o.dir, "o", "counterexamples", "write violations to `DIR`")
	if err := parse(f, args, 0); err != nil {
		return o, err
	}
	return o, o.check()
}

func (o *exploreOptions) check() error {
	switch {
	case len(o.maps) > 0 && o.pkg != "":
		return errors.New("-map and -pkg: give only one of them")
	case (o.pkg == "") != (o.new == ""):
		return errors.New("-pkg and -new go together: give the package and an expression that makes a map")
	case o.pkg == "" && len(o.hash) > 0:
		return errors.New("-hash names functions of the map of -pkg: give -pkg and -new, too")
	case o.Budget < 0:
		return fmt.Errorf("-budget %v: want more than 0s", o.Budget)
	case o.Workers < 1:
		return fmt.Errorf("-workers %d: want at least 1", o.Workers)
	}
	var err error
	o.Shard, o.Shards, err = shard.Read(o.shard, o.of)
	return err
}

func methodNames() []string {
	var names []string
	for _, m := range model.EveryMethod.Methods() {
		names = append(names, m.String())
	}
	return names
}

// target is a map to explore, with its entry in the catalogue, if it has one.
type target struct {
	explore.Map
	known *impl.Map
}

func (o *exploreOptions) targets() ([]target, error) {
	if o.pkg != "" {
		return []target{{Map: explore.Map{Name: o.pkg, Import: o.pkg, New: o.new, Hash: o.hash}}}, nil
	}
	maps, err := choose(o.maps)
	if err != nil {
		return nil, err
	}
	var all []target
	for _, m := range maps {
		e, err := explore.Of(m.Subject)
		if err != nil {
			return nil, err
		}
		all = append(all, target{e, &m})
	}
	return all, nil
}

// expects reports whether the catalogue predicts that the map breaks c.
func (t target) expects(c model.Clause) bool {
	return t.known != nil && slices.Contains(t.known.Expected(c), model.Violation)
}

// status returns the exit status for one map.
func (t target) status(c *explore.Certificate) int {
	for _, v := range c.Violations {
		if !t.expects(v.Clause) {
			return exitWrong
		}
	}
	whole := c.Complete() && c.Size != "1x1"
	if whole && t.expects(model.R1) && !slices.ContainsFunc(c.Violations, func(v explore.Violation) bool { return v.Clause == model.R1 }) {
		return exitWrong
	}
	if !c.AsFarAsAsked() {
		return exitOther
	}
	return exitOK
}

// show prints a certificate, and saves its violations.
func (t target) show(env environment, o exploreOptions, save *counterexamples, c *explore.Certificate) error {
	if o.json {
		return errors.Join(json.NewEncoder(env.stdout).Encode(c), t.keep(nil, save, c))
	}
	err := c.Text(env.stdout, func(v explore.Violation) string {
		if t.expects(v.Clause) {
			return "as expected"
		}
		return ""
	})
	return errors.Join(err, t.keep(env.stdout, save, c))
}

// keep saves each violation, and prints the first one to out. It does nothing if save
// is nil, for certificates that were read from a file.
func (t target) keep(out io.Writer, save *counterexamples, c *explore.Certificate) error {
	if save == nil {
		return nil
	}
	for i := range c.Violations {
		found, err := c.Violations[i].Counterexample()
		if err != nil {
			return err
		}
		if err := save.write(found); err != nil {
			return err
		}
		if out == nil {
			continue
		}
		dir := filepath.Join(save.dir, found.Map, string(found.Clause))
		if i == 0 {
			fmt.Fprintln(out)
			if err := text.Write(out, found); err != nil {
				return err
			}
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s is saved in %s; run it again: mapspec replay %[2]s\n", found.Clause, dir)
	}
	return nil
}

func exploreProgress(env environment, name string, p explore.Progress) {
	left := ""
	if p.Of > 0 && p.Programs > 0 {
		rest := time.Duration(float64(p.Elapsed) * float64(p.Of-p.Programs) / float64(p.Programs))
		left = fmt.Sprintf(", %v left at this rate", rest.Round(time.Second))
	}
	progress(env, "%s: %d of %d programs, %d executions, %v%s", name, p.Programs, p.Of, p.Executions, p.Elapsed.Round(time.Second), left)
}

const mergeText = `merge [-json] FILE…

Joins the certificates of an exploration whose parts ran separately. A FILE
contains what mapspec explore -json -shard i/n printed, and - is standard input.
For each map there must be one certificate of each part, from the same
exploration.`

func runMerge(_ context.Context, env environment, args []string) (int, error) {
	f := newFlags(env, "merge", mergeText)
	asJSON := f.Bool("json", false, "print one certificate per map, each in one line of JSON; see docs/json.md")
	if err := parse(f, args, anyNumber); err != nil {
		return exitOther, err
	}
	if f.NArg() == 0 {
		return exitOther, errors.New("no FILE; see mapspec merge -h")
	}
	var names []string
	byMap := map[string][]*explore.Certificate{}
	for _, file := range f.Args() {
		parts, err := readCertificates(file)
		if err != nil {
			return exitOther, err
		}
		for _, c := range parts {
			if byMap[c.Map] == nil {
				names = append(names, c.Map)
			}
			byMap[c.Map] = append(byMap[c.Map], c)
		}
	}
	worst := exitOK
	for _, name := range names {
		c, err := explore.Merge(byMap[name])
		if err != nil {
			return exitOther, plainly(err)
		}
		t := target{}
		if m, ok := find(name); ok {
			t.known = &m
		}
		if err := t.show(env, exploreOptions{json: *asJSON}, nil, c); err != nil {
			return exitOther, err
		}
		worst = max(worst, t.status(c))
	}
	return worst, nil
}

func readCertificates(file string) ([]*explore.Certificate, error) {
	if file == "-" {
		return explore.ReadCertificates(os.Stdin)
	}
	r, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	all, err := explore.ReadCertificates(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; want what mapspec explore -json printed", file, plainly(err))
	}
	return all, nil
}
