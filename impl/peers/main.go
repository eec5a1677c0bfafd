// Peers compares the cost of flatmap.Map with that of other concurrent maps, and says
// which of its targets it meets.
//
//	go -C impl/peers run .
//
// It measures processor time per operation, in rounds. Every round measures each map once
// in each row of the table, and every ratio compares two measurements of the same round.
// See docs/peers.md.
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

// The exit statuses.
const (
	exitMet    = 0
	exitMissed = 1 // a target was missed
	exitWrong  = 2 // usage error, unwritable file, interrupt, or a map that lost an entry
)

const usageText = `usage: go -C impl/peers run . [-full] [-only REGEXP] [-peers NAME,...] [-md | -json] [-csv FILE] [-svg FILE]

Measures flatmap.Map and its peers, and prints one line per target: the bound,
the ratio to the best sound peer or the figure itself, and whether the target is
met. A row is named KEY/SIZE/MIX/PROCESSORS, such as int/10k/hit/2, or
KEY/SIZE/FIGURE, such as string/1M/bytes. The exit status is 0 if all targets are
met, 1 if one is missed, and 2 on an error.

`

// An environment is what a run uses of its process.
type environment struct {
	stdout, stderr io.Writer
	terminal       bool // stderr is a terminal, so show progress
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills the process
	env := environment{stdout: os.Stdout, stderr: os.Stderr, terminal: isTerminal(os.Stderr)}
	os.Exit(run(ctx, env, peers(), os.Args[1:]))
}

// run executes a command line and returns the exit status. It writes errors to stderr,
// each in one line.
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
		err = errors.New("interrupted; the table shows what was measured before")
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

// options holds the values of the command line.
type options struct {
	plan
	json, md bool
	csv, svg string
}

func parse(env environment, all []peer, args []string) (o options, err error) {
	var short bool
	var only, names string
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.SetOutput(io.Discard) // errors are returned instead of printed
	f.BoolVar(&short, "short", false, "measure rows with a target, in under five minutes (the default)")
	f.BoolVar(&o.full, "full", false, "measure all mixes with all keys and sizes, in about half an hour")
	f.IntVar(&o.rounds, "rounds", 0, "measure in `N` rounds (default 5; with -full 9)")
	f.DurationVar(&o.time, "time", 0, "the duration of one measurement (default 10ms; with -full 50ms)")
	f.StringVar(&only, "only", "", "measure only rows whose names match `REGEXP`")
	f.StringVar(&names, "peers", "", "compare only with these peers: a comma-separated `LIST`")
	f.Uint64Var(&o.seed, "seed", 1, "the seed `N` of keys and values")
	f.BoolVar(&o.md, "md", false, "print the table in Markdown")
	f.BoolVar(&o.json, "json", false, "print one JSON object per row")
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

// complete sets options that the command line does not specify.
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
		return fmt.Errorf("-time %v: want a duration above 0, such as 10ms", o.time)
	}
	return nil
}

// choose returns the rows of a short or full run that match only. If no row of the short
// run matches, it returns all matching rows.
func choose(full bool, only string) ([]row, error) {
	re, err := regexp.Compile(only)
	if err != nil {
		return nil, fmt.Errorf("-only: %w", err)
	}
	matching := slices.DeleteFunc(allRows(), func(r row) bool { return !re.MatchString(r.name()) })
	if len(matching) == 0 {
		return nil, fmt.Errorf("-only: no row matches %q; rows are named like %s and %s", only, allRows()[0].name(), allRows()[len(allRows())-1].name())
	}
	chosen := slices.DeleteFunc(slices.Clone(matching), func(r row) bool { return !full && !r.inShort() })
	if len(chosen) == 0 {
		return matching, nil
	}
	return chosen, nil
}

// among returns the candidate and the peers with these names, or all if names is empty.
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
			return nil, fmt.Errorf("-peers: no peer %q; want some of %s", name, strings.Join(known, ", "))
		}
		if _, twice := named(chosen, name); !twice {
			chosen = append(chosen, p)
		}
	}
	return chosen, nil
}

// probe checks that the output files can be written, before any work is done.
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

// write prints the table, and writes the files that were requested.
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
