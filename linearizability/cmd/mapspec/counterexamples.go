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
type counterexamples struct{ dir string }

// openCounterexamples makes sure that dir can be written, before any work is
// done for it.
func openCounterexamples(dir string) (*counterexamples, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("cannot write counterexamples: %w; choose another directory with -o", err)
	}
	probe, err := os.CreateTemp(dir, ".mapspec-*")
	if err != nil {
		return nil, fmt.Errorf("cannot write counterexamples: %w; choose another directory with -o", err)
	}
	err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	return &counterexamples{dir}, err
}

// close removes the directory if nothing was written.
func (c *counterexamples) close() {
	if err := os.Remove(c.dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return // not empty: violations are in it
	}
}

// write saves the violations of one map, in place of those of an earlier run.
func (c *counterexamples) write(r judged) error {
	if err := os.RemoveAll(filepath.Join(c.dir, r.Name)); err != nil {
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
