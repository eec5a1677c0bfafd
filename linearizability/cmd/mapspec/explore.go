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

Runs every program of a size in every interleaving, up to equivalence, on an
instrumented copy of a map; the source stays as it is. It prints a certificate:
what was explored, how far, and for each clause that is broken the smallest
program with the simplest schedule, which is written to DIR/MAP/CLAUSE/ as well.
Without -map and -pkg it explores the catalogue. Run it in a module that has or
requires the package of the map, and mapspec. Exit status: 0 as expected, 1 a
violation that is not expected, or an expected one that is missing; 2 something
was left out (budget, steps, spins), or could not be explored.`

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

// plainly is an error without the packages that it comes from, which a user of
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
	list := func(to *[]string) func(string) error {
		return func(s string) error { *to = append(*to, strings.Split(s, ",")...); return nil }
	}
	f.Func("map", "a `NAME` of the catalogue or of impl/broken; may be given several times", list(&o.maps))
	f.StringVar(&o.pkg, "pkg", "", "the `IMPORTPATH` of another map's package, as seen from here; sync is the toolchain's own")
	f.StringVar(&o.new, "new", "", "a Go `EXPR` that makes a map of -pkg, such as 'new(fast.Map[string, int])'")
	f.StringVar(&o.Size, "size", "2x2", "size of the programs, `THREADSxOPERATIONS`: goroutines, and calls of each")
	f.IntVar(&o.Keys, "keys", 2, "how many keys programs use")
	f.StringVar(&o.Policy, "policy", "dpor", "`POLICY` of search: dpor, every class of executions; or pct:D, a sample that finds bugs of depth D")
	f.IntVar(&o.Schedules, "schedules", 100, "how many schedules of each program pct:D samples")
	f.Uint64Var(&o.Seed, "seed", 1, "of the sample that pct:D draws")
	f.Func("hashes", "hash `POLICIES`, some of mix, prefix and collide (default all)", list(&o.Policies))
	f.Func("initial", "initial `MAPS`, some of "+strings.Join(explore.Initials, ", ")+"; or written down: 'k0 +9 -8' stores key 0 and nine others, and deletes eight of these (default all with names)", list(&o.Initials))
	f.Func("methods", "`METHODS` that programs are made of, such as Load,Store (default all)", func(s string) error {
		for name := range strings.SplitSeq(s, ",") {
			var m model.Method
			if err := m.UnmarshalText([]byte(name)); err != nil {
				return fmt.Errorf("%w%s", err, near.Hint(name, methodNames()))
			}
			o.Methods = append(o.Methods, m)
		}
		return nil
	})
	f.Func("hash", "a function `PKG.FUNC`, or a method PKG.TYPE.METHOD, with which the map of -pkg hashes: in the copy it follows -hashes; may be given several times",
		func(s string) error { o.hash = append(o.hash, s); return nil })
	f.BoolVar(&o.Nested, "nested", false, "also traversals whose callbacks write; always so with one operation a goroutine")
	f.BoolVar(&o.Stalls, "stalls", true, "also stop each goroutine for ever after each of its steps, in programs of two goroutines of one operation, and judge what a stopped call pins")
	f.BoolVar(&o.Race, "race", false, "explore under the race detector")
	f.BoolVar(&o.Cover, "cover", false, "list lines of the map that no program has reached")
	f.DurationVar(&o.Budget, "budget", 0, "time to spend on each map (default all that it takes)")
	f.IntVar(&o.Executions, "executions", 0, "most executions of one program (default no bound)")
	f.IntVar(&o.Workers, "workers", runtime.GOMAXPROCS(0), "how many processes explore")
	f.StringVar(&o.shard, "shard", "", "explore part `i/n` of the programs, i from 0 (default from TEST_SHARD_INDEX and TEST_TOTAL_SHARDS)")
	f.IntVar(&o.of, "shards", 0, "how many shards JOB_COMPLETION_INDEX counts")
	f.BoolVar(&o.json, "json", false, "print one certificate a map, a line each; see docs/json.md")
	f.StringVar(&o.dir, "o", "counterexamples", "where violations are written, a `DIR`")
	if err := parse(f, args, 0); err != nil {
		return o, err
	}
	return o, o.check()
}

func (o *exploreOptions) check() error {
	switch {
	case len(o.maps) > 0 && o.pkg != "":
		return errors.New("-map and -pkg: give one of them")
	case (o.pkg == "") != (o.new == ""):
		return errors.New("-pkg and -new go together: the package, and an expression that makes a map of it")
	case o.pkg == "" && len(o.hash) > 0:
		return errors.New("-hash names functions of the map of -pkg and -new: give these, too")
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

// target is a map to explore, and what the catalogue says of it.
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

// expects reports whether the catalogue foretells that c is broken.
func (t target) expects(c model.Clause) bool {
	return t.known != nil && slices.Contains(t.known.Expected(c), model.Violation)
}

// status is the exit status for one map.
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

// show prints the certificate, and saves what it found.
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

// keep writes each violation to its directory, and shows the first one to
// people. Of certificates that were read from a file there is nothing to keep.
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
		fmt.Fprintf(out, "%s is saved in %s; run it again with: mapspec replay %[2]s\n", found.Clause, dir)
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

Joins the certificates that explore -json -shard i/n printed, for each map those
of all shards. It refuses a shard that is missing, or there twice, and
certificates of different explorations. - is standard input.`

func runMerge(_ context.Context, env environment, args []string) (int, error) {
	f := newFlags(env, "merge", mergeText)
	asJSON := f.Bool("json", false, "print one certificate a map, a line each; see docs/json.md")
	if err := f.Parse(args); err != nil {
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
			return exitOther, err
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
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return all, nil
}
