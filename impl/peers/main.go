// Peers measures flatmap.Map and the maps that it competes with, and says which
// of its targets are met.
//
//	go -C impl/peers run .
//
// Every measurement is processor time per operation; every round has each map
// once in each row; every quotient is of two measurements of one round. See
// docs/peers.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Exit statuses.
const (
	exitMet    = 0
	exitMissed = 1 // a target
	exitWrong  = 2 // usage, no place to write to, interrupted, a map that lost an entry
)

const usageText = `usage: go -C impl/peers run . [-full] [-only REGEXP] [-peers NAME,...] [-md | -json] [-csv FILE] [-svg FILE]

Measures flatmap.Map and its peers, and prints one line for each target: the
bound, the quotient by the best sound peer or the figure itself, and whether the
target is met. A row is KEY/SIZE/MIX/PROCESSORS, as int/10k/hit/2, or
KEY/SIZE/FIGURE, as string/1M/bytes. Exits with 0 if all targets are met, 1 if
one is missed, 2 if something went wrong.

`

// environment is what a run sees of the process.
type environment struct {
	stdout, stderr io.Writer
	terminal       bool // stderr is a terminal: show progress
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	env := environment{stdout: os.Stdout, stderr: os.Stderr, terminal: isTerminal(os.Stderr)}
	os.Exit(run(ctx, env, peers(), os.Args[1:]))
}

// run performs one command line and returns the exit status. An error is one
// line on stderr.
func run(ctx context.Context, env environment, all []peer, args []string) int {
	if len(args) > 0 && args[0] == processCommand {
		return status(env, runProcess(env.stdout, args[1:]))
	}
	o, err := parse(env, all, args)
	if err != nil {
		return status(env, err)
	}
	if err := o.probe(); err != nil {
		return status(env, err)
	}
	show, clear := progressLine(env.stderr, env.terminal)
	r, err := o.plan.execute(ctx, show)
	clear()
	if ctx.Err() != nil {
		err = errors.New("interrupted; the table has what was measured until then")
	}
	judged := r.judge()
	if wrong := status(env, errors.Join(o.write(env.stdout, r, judged), err)); wrong != exitMet {
		return wrong
	}
	if slices.ContainsFunc(judged, func(j judgement) bool { return j.verdict == missed }) {
		return exitMissed
	}
	return exitMet
}

func status(env environment, err error) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return exitMet
	}
	fmt.Fprintf(env.stderr, "peers: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	return exitWrong
}

// options are the command line.
type options struct {
	plan
	json, md bool
	csv, svg string
}

func parse(env environment, all []peer, args []string) (o options, err error) {
	var short bool
	var only, names string
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.SetOutput(io.Discard) // a mistake is returned, not printed
	f.BoolVar(&short, "short", false, "what has a target, in under five minutes (the default)")
	f.BoolVar(&o.full, "full", false, "all mixes with all keys and sizes, for longer: half an hour or so")
	f.IntVar(&o.rounds, "rounds", 0, "measure `N` times (default 5; with -full 9)")
	f.DurationVar(&o.time, "time", 0, "of one measurement (default 10ms; with -full 50ms)")
	f.StringVar(&only, "only", "", "the rows whose name matches `REGEXP`")
	f.StringVar(&names, "peers", "", "compare with these only: a `LIST` with commas")
	f.Uint64Var(&o.seed, "seed", 1, "of keys and values, `N`")
	f.BoolVar(&o.md, "md", false, "print the table in Markdown")
	f.BoolVar(&o.json, "json", false, "print one object a row")
	f.StringVar(&o.csv, "csv", "", "write every measurement to `FILE`")
	f.StringVar(&o.svg, "svg", "", "write a chart to `FILE`")
	f.Usage = func() {}
	err = f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(env.stdout, usageText)
		f.SetOutput(env.stdout)
		f.PrintDefaults()
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w; -h lists the flags", err)
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q; -h lists the flags", f.Arg(0))
	case short && o.full:
		return o, errors.New("-short and -full exclude each other")
	case o.md && o.json:
		return o, errors.New("-md and -json exclude each other")
	}
	if err := o.complete(f); err != nil {
		return o, err
	}
	if o.rows, err = choose(o.full, only); err != nil {
		return o, err
	}
	o.peers, err = among(all, names)
	return o, err
}

// complete sets what the command line leaves open.
func (o *options) complete(f *flag.FlagSet) error {
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	rounds, length := 5, 10*time.Millisecond
	if o.full {
		rounds, length = 9, 50*time.Millisecond
	}
	if !given["rounds"] {
		o.rounds = rounds
	}
	if !given["time"] {
		o.time = length
	}
	if o.rounds < 1 {
		return fmt.Errorf("-rounds %d: want at least 1", o.rounds)
	}
	if o.time <= 0 {
		return fmt.Errorf("-time %v: want a duration above 0, as 10ms", o.time)
	}
	return nil
}

// choose returns the rows of a short or full run. Those that only names need
// not be in a short run otherwise.
func choose(full bool, only string) ([]row, error) {
	re, err := regexp.Compile(only)
	if err != nil {
		return nil, fmt.Errorf("-only: %w", err)
	}
	matching := slices.DeleteFunc(allRows(), func(r row) bool { return !re.MatchString(r.name()) })
	if len(matching) == 0 {
		return nil, fmt.Errorf("-only: no row matches %q; they are named as %s and %s", only, allRows()[0].name(), allRows()[len(allRows())-1].name())
	}
	chosen := slices.DeleteFunc(slices.Clone(matching), func(r row) bool { return !full && !r.inShort() })
	if len(chosen) == 0 {
		return matching, nil
	}
	return chosen, nil
}

// among returns the candidate and the peers with these names, or all of them.
func among(all []peer, names string) ([]peer, error) {
	if names == "" {
		return all, nil
	}
	var chosen []peer
	if c, ok := candidateOf(all); ok {
		chosen = append(chosen, c)
	}
	for name := range strings.SplitSeq(names, ",") {
		p, ok := named(all, name)
		if !ok {
			var known []string
			for _, p := range all {
				known = append(known, p.name)
			}
			return nil, fmt.Errorf("-peers: no peer %q; there are %s", name, strings.Join(known, ", "))
		}
		if _, twice := named(chosen, name); !twice {
			chosen = append(chosen, p)
		}
	}
	return chosen, nil
}

// probe makes sure that the files can be written, before any work is done for
// them.
func (o options) probe() error {
	for _, name := range []string{o.csv, o.svg} {
		if name == "" {
			continue
		}
		file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o666)
		if err != nil {
			return fmt.Errorf("cannot write the results: %w", err)
		}
		if err := file.Close(); err != nil {
			return fmt.Errorf("cannot write the results: %w", err)
		}
	}
	return nil
}

// write prints the table, and writes the files that were asked for.
func (o options) write(w io.Writer, r *results, judged []judgement) error {
	show := printTable
	switch {
	case o.md:
		show = printMarkdown
	case o.json:
		show = printJSON
	}
	if err := show(w, r, judged); err != nil {
		return err
	}
	if o.csv != "" {
		if err := writeFile(o.csv, func(w io.Writer) error { return writeCSV(w, r) }); err != nil {
			return err
		}
	}
	if o.svg != "" {
		return writeFile(o.svg, func(w io.Writer) error { return drawChart(w, judged) })
	}
	return nil
}

func writeFile(name string, write func(io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
