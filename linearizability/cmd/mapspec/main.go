// Mapspec judges concurrent maps against docs/specification.md.
//
// With no argument it judges every map of the catalogue, the toolchain's own
// sync.Map among them, and prints one table. mapspec -h lists the commands.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/mapspec/mapspec/linearizability/internal/near"
)

// Exit statuses, the same for every command.
const (
	exitOK    = 0 // as expected
	exitWrong = 1 // a violation, an unexpected verdict, a counterexample not reproduced
	exitOther = 2 // usage, unknown, invalid, stale
)

// A command is one word after mapspec.
type command struct {
	name    string
	summary string
	hidden  bool
	run     func(ctx context.Context, env environment, args []string) (int, error)
}

// environment is what a command sees of the process.
type environment struct {
	stdout, stderr io.Writer
	terminal       bool // stderr is a terminal: show progress
}

func commands() []command {
	return []command{
		{name: "check", summary: "judge maps; the default, for every map of the catalogue", run: runCheck},
		{name: "counterexample", summary: "find, minimise and explain one violation", run: runCounterexample},
		{name: "explore", summary: "run every program of a size in every interleaving", run: runExplore},
		{name: "merge", summary: "join the certificates of explore's shards", run: runMerge},
		{name: "replay", summary: "run a saved counterexample again", run: runReplay},
		{name: "list", summary: "the catalogue: name, origin, promises", run: runList},
		{name: "history", summary: "judge a recorded history, from this program or any other", run: runHistory},
		{name: "judge", hidden: true, run: runJudge},
		{name: "minimise", hidden: true, run: runMinimise},
		{name: "run", hidden: true, run: runAgain},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	env := environment{stdout: os.Stdout, stderr: os.Stderr, terminal: isTerminal(os.Stderr)}
	os.Exit(run(ctx, env, os.Args[1:]))
}

// run performs one command line and returns the exit status. An error is one
// line on stderr.
func run(ctx context.Context, env environment, args []string) int {
	name := "check"
	if len(args) > 0 && (len(args[0]) == 0 || args[0][0] != '-') {
		name, args = args[0], args[1:]
	} else if len(args) > 0 && isHelp(args[0]) {
		usage(env.stdout)
		return exitOK
	}
	if name == "help" {
		usage(env.stdout)
		return exitOK
	}
	for _, c := range commands() {
		if c.name != name {
			continue
		}
		status, err := c.run(ctx, env, args)
		if errors.Is(err, flag.ErrHelp) {
			return exitOK
		}
		if err != nil {
			fmt.Fprintf(env.stderr, "mapspec %s: %v\n", name, err)
			return max(status, exitOther)
		}
		return status
	}
	fmt.Fprintf(env.stderr, "mapspec: no command %q%s; mapspec -h lists them\n", name, near.Hint(name, commandNames()))
	return exitOther
}

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

func commandNames() []string {
	var names []string
	for _, c := range commands() {
		if !c.hidden {
			names = append(names, c.name)
		}
	}
	return names
}

func usage(w io.Writer) {
	fmt.Fprint(w, `mapspec judges concurrent maps for Go against docs/specification.md.

usage: mapspec [command] [flags]

`)
	for _, c := range commands() {
		if !c.hidden {
			fmt.Fprintf(w, "  %-14s %s\n", c.name, c.summary)
		}
	}
	fmt.Fprint(w, `
mapspec COMMAND -h explains a command's flags. Exit status: 0 as expected;
1 a violation, an unexpected verdict, or a counterexample that was not found or
not shown again; 2 usage, unknown, invalid or stale.
`)
}

// newFlags returns a flag set whose usage is text followed by the flags. Help
// goes to stdout; a mistake is returned, not printed.
func newFlags(env environment, name, text string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {
		fmt.Fprintf(env.stdout, "usage: mapspec %s\n\n", text)
		f.SetOutput(env.stdout)
		f.PrintDefaults()
		f.SetOutput(io.Discard)
	}
	return f
}

// parse parses args and refuses positional ones beyond most.
func parse(f *flag.FlagSet, args []string, most int) error {
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%w; see mapspec %s -h", err, f.Name())
	}
	if f.NArg() > most {
		return fmt.Errorf("unexpected argument %q; see mapspec %s -h", f.Arg(most), f.Name())
	}
	return nil
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
