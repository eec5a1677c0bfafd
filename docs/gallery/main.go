// Gallery runs the service of the article, which ran out of memory after an upgrade from
// Go 1.14 to 1.15.0, with each version of sync.Map, and draws what remains in memory.
//
//	go -C docs/gallery run .
//
// writes heap.svg, heap.csv and heap profiles to docs/gallery.
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
	"syscall"
)

// The exit statuses.
const (
	exitOK    = 0
	exitWrong = 2 // usage error, unwritable directory, interrupt, or a process that failed
)

const usageText = `usage: go -C docs/gallery run . [-o DIR]

Serves the same connections with each version of sync.Map, each in a process of
its own, and writes what remains in memory: heap.svg, heap.csv, and the heap
profiles go1.14.heap.txt, go1.15.0.heap.txt and go1.15.0.heap.pb.gz.

`

// An environment is what a run uses of its process.
type environment struct {
	stdout, stderr io.Writer
	terminal       bool // stderr is a terminal, so show progress
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	env := environment{stdout: os.Stdout, stderr: os.Stderr, terminal: isTerminal(os.Stderr)}
	os.Exit(run(ctx, env, os.Args[1:]))
}

// run executes a command line and returns the exit status. It writes an error to stderr in
// one line.
func run(ctx context.Context, env environment, args []string) int {
	err := perform(ctx, env, args)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(env.stderr, "gallery: %v\n", err)
		return exitWrong
	}
	return exitOK
}

func perform(ctx context.Context, env environment, args []string) error {
	if len(args) == 2 && args[0] == serviceCommand {
		return runService(env.stdout, args[1], articleLoad)
	}
	dir, err := parse(env, args)
	if err != nil {
		return err
	}
	if err := probe(dir); err != nil {
		return err
	}
	all, err := measureAll(ctx, env)
	if err != nil {
		return err
	}
	return writeAll(env, dir, articleLoad, all)
}

func parse(env environment, args []string) (dir string, err error) {
	f := flag.NewFlagSet("gallery", flag.ContinueOnError)
	f.SetOutput(io.Discard) // errors are returned instead of printed
	f.StringVar(&dir, "o", ".", "write the files to `DIR`")
	f.Usage = func() {}
	err = f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(env.stdout, usageText)
		f.SetOutput(env.stdout)
		f.PrintDefaults()
		return dir, err
	case err != nil:
		return dir, fmt.Errorf("%w; -h lists the flags", err)
	case f.NArg() > 0:
		return dir, fmt.Errorf("unexpected argument %q; -h lists the flags", f.Arg(0))
	}
	return dir, nil
}

// probe checks that dir can be written to, before any work is done.
func probe(dir string) error {
	file, err := os.CreateTemp(dir, ".gallery-*")
	if err != nil {
		return fmt.Errorf("cannot write to %s: %w; choose another directory with -o", dir, err)
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// measureAll runs one variant after another. Two at a time would need the memory of both.
func measureAll(ctx context.Context, env environment) ([]measured, error) {
	var all []measured
	for i, v := range variants() {
		m, err := measure(ctx, v, func(connections int) {
			progress(env, "%s (%d of %d): %d connections", v.name, i+1, len(variants()), connections)
		})
		progress(env, "")
		if ctx.Err() != nil {
			return nil, fmt.Errorf("interrupted after %d of %d variants; no file was written", i, len(variants()))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// progress shows the progress on a terminal. An empty format clears the line.
func progress(env environment, format string, args ...any) {
	if env.terminal {
		fmt.Fprintf(env.stderr, "\r\x1b[K"+format, args...)
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// writeAll renders every file before it writes the first, so that an error leaves no mixture
// of old and new files.
func writeAll(env environment, dir string, l load, all []measured) error {
	files, err := render(l, all)
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, f.content, 0o666); err != nil {
			return fmt.Errorf("cannot write: %w; choose another directory with -o", err)
		}
		fmt.Fprintln(env.stdout, path)
	}
	return nil
}
