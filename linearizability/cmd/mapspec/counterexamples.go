package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// counterexamples is the directory that violations are written to:
// DIR/MAP/CLAUSE/trace.txt, and history.jsonl where there is a history.
//
// It removes nothing but files of these names, for DIR may be anywhere.
type counterexamples struct {
	dir  string
	made bool // by this run
}

// openCounterexamples makes sure that dir can be written, before any work is
// done for it.
func openCounterexamples(dir string) (*counterexamples, error) {
	_, err := os.Stat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("cannot write counterexamples: %w; choose another directory with -o", err)
	}
	probe, err := os.CreateTemp(dir, ".mapspec-*")
	if err != nil {
		return nil, fmt.Errorf("cannot write counterexamples: %w; choose another directory with -o", err)
	}
	err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	return &counterexamples{dir, made}, err
}

// close removes the directory if this run made it and wrote nothing.
func (c *counterexamples) close() {
	if !c.made {
		return
	}
	if err := os.Remove(c.dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return // not empty: violations are in it
	}
}

// write saves the violations of one map, in place of those of an earlier run.
func (c *counterexamples) write(r judged) error {
	if err := c.forget(r.Name); err != nil {
		return fmt.Errorf("cannot write counterexamples: %w", err)
	}
	for _, v := range r.verdicts {
		if v.Status != model.Violation {
			continue
		}
		if err := c.writeVerdict(filepath.Join(c.dir, r.Name, string(v.Clause)), r.Name, v); err != nil {
			return fmt.Errorf("cannot write counterexamples: %w", err)
		}
	}
	return nil
}

// forget removes what an earlier run wrote about a map.
func (c *counterexamples) forget(name string) error {
	for _, s := range model.Sentences {
		dir := filepath.Join(c.dir, name, string(s.Clause))
		for _, file := range []string{"trace.txt", "history.jsonl"} {
			if err := os.Remove(filepath.Join(dir, file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		_ = os.Remove(dir) // unless something else is in it
	}
	_ = os.Remove(filepath.Join(c.dir, name))
	return nil
}

func (c *counterexamples) writeVerdict(dir, name string, v model.Verdict) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s breaks %s: %s\n%s\n", name, v.Clause, v.Clause.Sentence(), v.Evidence)
	if v.Path != "" {
		fmt.Fprintf(&b, "held by %s\n", v.Path)
	}
	b.WriteString("\n")
	for _, line := range v.Trace {
		b.WriteString(line + "\n")
	}
	if err := os.WriteFile(filepath.Join(dir, "trace.txt"), []byte(b.String()), 0o666); err != nil {
		return err
	}
	if len(v.History) == 0 {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, "history.jsonl"), v.History, 0o666)
}
