// Mapspec judges concurrent maps against docs/specification.md.
//
// Without arguments it judges every map of the catalogue, which includes the
// toolchain's sync.Map, and prints one table. mapspec -h lists the commands.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/near"
)

// Exit statuses, the same for every command.
const (
	exitOK    = 0 // as expected
	exitWrong = 1 // a violation, an unexpected verdict, or a counterexample that was not reproduced
	exitOther = 2 // a usage error, an unknown verdict, or an invalid or stale file
)

// A command is what the first argument of mapspec selects.
type command struct {
	name    string
	summary string
	hidden  bool
	run     func(ctx context.Context, env environment, args []string) (int, error)
}

// environment is what a command uses of its process.
type environment struct {
	stdout, stderr io.Writer
	terminal       bool // stderr is a terminal, so show progress
}

func commands() []command {
	return []command{
		{name: "check", summary: "judge maps against the specification (the default)", run: runCheck},
		{name: "counterexample", summary: "find, minimise and explain one violation", run: runCounterexample},
		{name: "explore", summary: "run all small programs in every interleaving", run: runExplore},
		{name: "merge", summary: "join the certificates of an exploration in parts", run: runMerge},
		{name: "replay", summary: "run a saved counterexample again", run: runReplay},
		{name: "list", summary: "list the maps of the catalogue", run: runList},
		{name: "history", summary: "judge a history recorded by this or another program", run: runHistory},
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

// run executes a command line and returns the exit status. It writes an error to
// stderr in one line.
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
			fmt.Fprintf(w, "  %-14s  %s\n", c.name, c.summary)
		}
	}
	fmt.Fprint(w, `
Without a command, mapspec checks every map of the catalogue. For the flags of a
command, run mapspec COMMAND -h.

Exit status:
  0  everything is as expected
  1  a violation, an unexpected verdict, or a counterexample that was not found
     or not reproduced
  2  a usage error, an unknown verdict, or an invalid or stale file
`)
}

// newFlags returns the flag set of a command. help prints text, followed by the
// flags.
func newFlags(env environment, name, text string) *flagSet {
	f := &flagSet{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError)}
	f.SetOutput(io.Discard) // parse returns errors instead of printing them
	f.Usage = func() {}
	f.help = func() {
		fmt.Fprintf(env.stdout, "usage: mapspec %s\n\n", text)
		f.SetOutput(env.stdout)
		f.PrintDefaults()
	}
	return f
}

// A flagSet is the flags of a command, with its help.
type flagSet struct {
	*flag.FlagSet
	help func()
}

// anyNumber allows any number of positional arguments.
const anyNumber = math.MaxInt

// commaSeparated returns a flag's function that appends the parts of its argument to
// list.
func commaSeparated(list *[]string) func(string) error {
	return func(s string) error {
		*list = append(*list, strings.Split(s, ",")...)
		return nil
	}
}

// parse parses args, and allows at most the given number of positional arguments. It
// prints the help if args ask for it.
func parse(f *flagSet, args []string, most int) error {
	plain := map[string]flag.Value{}
	f.VisitAll(func(g *flag.Flag) {
		plain[g.Name] = g.Value
		g.Value = explained{g.Value}
	})
	err := f.Parse(args)
	f.VisitAll(func(g *flag.Flag) { g.Value = plain[g.Name] }) // PrintDefaults looks at its type
	switch {
	case errors.Is(err, flag.ErrHelp):
		f.help()
		return err
	case err != nil:
		return fmt.Errorf("%w; see mapspec %s -h", err, f.Name())
	case f.NArg() > most:
		return fmt.Errorf("unexpected argument %q; see mapspec %s -h", f.Arg(most), f.Name())
	}
	return nil
}

// explained is a flag's value with errors that say what is wanted. Package flag only
// says "parse error".
type explained struct{ flag.Value }

func (e explained) Set(text string) error {
	err := e.Value.Set(text)
	g, ok := e.Value.(flag.Getter)
	if err == nil || !ok {
		return err
	}
	switch g.Get().(type) {
	case time.Duration:
		return errors.New("want a duration, such as 30s")
	case bool:
		return errors.New("want true or false")
	}
	return errors.New("want a whole number")
}

// IsBoolFlag tells package flag which flags need no value.
func (e explained) IsBoolFlag() bool {
	b, ok := e.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
