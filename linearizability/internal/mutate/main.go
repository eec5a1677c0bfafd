// Mutate breaks the source of maps in small ways, one at a time, and records
// which checks notice. A check that has never failed is not a check.
//
// An operator stands for one kind of mistake, such as a lock that is released
// early. Applied to one place in the source it makes a mutant. All mutants of a
// map are compiled into one program, which runs the one that its environment
// selects. Each mutant is tried in several ways, and gets a row in a table in
// testdata. Nothing should survive without a reason.
//
// Run it with -h for its flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/near"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "mutate: %v\n", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	tables, ways string
	only         regexp.Regexp
	missing      bool
	from         int
	stderr       io.Writer
}

// run performs a command line. Its errors are of one line.
func run(ctx context.Context, args []string, stderr io.Writer) error {
	o := options{stderr: stderr}
	names, wayNames := named(codes, (*code).argument), named(ways, func(w way) string { return w.name })
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.tables, "tables", "linearizability/internal/mutate/testdata", "the `folder` of the tables")
	flags.StringVar(&o.ways, "ways", strings.Join(wayNames, ","), "the `ways` to try mutants in; what a table says of other ways stays")
	flags.TextVar(&o.only, "only", regexp.MustCompile(""), "try mutants that match a `regexp`, such as 'entry.go, stale read'; other rows stay")
	flags.BoolVar(&o.missing, "missing", false, "try mutants that have no row yet; other rows stay")
	flags.IntVar(&o.from, "from", 1, "try mutants from this `number` on; other rows stay")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		usage(stderr, flags, names)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: -h lists the flags", err)
	}
	if err := checkNames("way", strings.Split(o.ways, ","), wayNames); err != nil {
		return err
	}
	if err := checkNames("map", flags.Args(), names); err != nil {
		return err
	}
	for i, c := range codes {
		if flags.NArg() == 0 || slices.Contains(flags.Args(), names[i]) {
			if err := o.mutate(ctx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

func usage(w io.Writer, flags *flag.FlagSet, names []string) {
	fmt.Fprintf(w, `usage: go run ./linearizability/internal/mutate [flags] [map...]

Mutate breaks the source of maps in small ways, one at a time, and records which
checks notice. The maps are %s; without an argument,
all of them, which takes hours.

Each mutant has a row in mutants.MAP.golden, which is written whenever a mutant has
been tried. Ctrl-C keeps all rows, and prints how to continue. The last column has
the smallest program that shows the mutant, or in parentheses the reason why it
survives: write it there in place of "unexplained", and it stays. "HOLE: ..." says
that the mutant is wrong, and that no check notices.

Flags:
`, commas(names))
	flags.SetOutput(w)
	flags.PrintDefaults()
	fmt.Fprintf(w, "\nWays (small and pct try every mutant, large what survives all else, others what small leaves and one in %d of the rest):\n", pickEvery)
	for _, x := range ways {
		fmt.Fprintf(w, "  %-8s %s\n", x.name, x.help)
	}
	fmt.Fprintln(w, "\nOperators, with the thought behind the mistake:")
	for _, o := range operators {
		fmt.Fprintf(w, "  %-27s %s\n", o.name, o.why)
	}
}

// argument is the name of c on the command line and in file names.
func (c *code) argument() string { return strings.ReplaceAll(c.name, " ", "-") }

func named[T any](list []T, name func(T) string) (names []string) {
	for _, x := range list {
		names = append(names, name(x))
	}
	return names
}

func checkNames(what string, names, want []string) error {
	for _, name := range names {
		if !slices.Contains(want, name) {
			return fmt.Errorf("no %s %q%s: want some of %s", what, name, near.Hint(name, want), commas(want))
		}
	}
	return nil
}

// mutate tries mutants of c and writes its table.
func (o *options) mutate(ctx context.Context, c *code) error {
	path := filepath.Join(o.tables, c.table())
	rows, err := readTable(path, c)
	if err != nil {
		return err
	}
	root, err := os.MkdirTemp("", "mapspec-mutate-")
	if err != nil {
		return fmt.Errorf("no place for a copy of the map: set TMPDIR to a folder that can be written to: %w", err)
	}
	defer os.RemoveAll(root)
	o.log("building the mutants of %s", c.name)
	l, err := newLab(ctx, c, rows, strings.Split(o.ways, ","), root, o.log)
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted while the mutants of %s were built: %s is as it was", c.name, path)
	}
	if err != nil {
		return err
	}
	var todo []*mutant
	for _, m := range l.mutants {
		if m.number >= o.from && !(o.missing && m.known) && o.only.MatchString(m.key()) {
			todo = append(todo, m)
		}
	}
	o.log("%d mutants of %s, %d to try", len(l.mutants), c.name, len(todo))
	write := func() error { return os.WriteFile(path, tableText(c, l.rows()), 0o666) }
	if err := write(); err != nil { // lines may have moved
		return err
	}
	err = each(ctx, todo, l.try, func(m *mutant) error {
		o.log("%s", &m.row)
		return write()
	})
	if i := slices.IndexFunc(todo, func(m *mutant) bool { return !m.tried }); ctx.Err() != nil && i >= 0 {
		return fmt.Errorf("interrupted: %s has what was tried; continue with -from %d %s", path, todo[i].number, c.argument())
	}
	if err != nil {
		return err
	}
	list := problems(l.rows())
	for _, p := range list {
		o.log("%s", p)
	}
	if len(list) > 0 {
		return fmt.Errorf("%d survivors in %s need a better reason: they are listed above", len(list), path)
	}
	return nil
}

// log prints progress.
func (o *options) log(format string, args ...any) {
	fmt.Fprintf(o.stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}
