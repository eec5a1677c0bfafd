package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/report/gotest"
	"github.com/mapspec/mapspec/linearizability/internal/report/page"
	"github.com/mapspec/mapspec/linearizability/internal/report/text"
	"github.com/mapspec/mapspec/model"
)

// counterexamples is the directory that violations are written to, each to
// DIR/MAP/CLAUSE/.
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

// The pages that are written about one violation. The go command ignores a
// file whose name begins with _, wherever DIR is.
var pages = []struct {
	name  string
	write func(io.Writer, counterexample.Counterexample) error
}{
	{"trace.txt", text.Write},
	{stepsText, text.WriteSteps},
	{"report.html", page.Write},
	{"_counterexample_test.go", writeTest},
}

// stepsText has the steps of a schedule, if there is one.
const stepsText = "steps.txt"

func writeTest(w io.Writer, c counterexample.Counterexample) error {
	b, err := gotest.Source(c)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// written are the files of one violation.
func written() []string {
	names := []string{counterexample.ProgramFile, counterexample.HistoryFile, counterexample.StepsFile}
	for _, p := range pages {
		names = append(names, p.name)
	}
	return names
}

// replace saves the violations of one map, in place of those of an earlier run.
func (c *counterexamples) replace(r judged) error {
	if err := c.forget(r.Name); err != nil {
		return fmt.Errorf("cannot write counterexamples: %w", err)
	}
	in := r.Subject.Bind()
	for _, v := range r.verdicts {
		if v.Status != model.Violation {
			continue
		}
		found, ok := r.explored.counterexample(v.Clause)
		if !ok || v.Witness != nil { // which plain Go shows
			var err error
			if found, err = counterexample.Of(in, v); err != nil {
				return err
			}
		}
		if err := c.write(found); err != nil {
			return err
		}
	}
	return nil
}

// forget removes what an earlier run wrote about a map.
func (c *counterexamples) forget(name string) error {
	for _, s := range model.Sentences {
		dir := filepath.Join(c.dir, name, string(s.Clause))
		for _, file := range written() {
			if err := os.Remove(filepath.Join(dir, file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		_ = os.Remove(dir) // unless something else is in it
	}
	_ = os.Remove(filepath.Join(c.dir, name))
	return nil
}

// write saves one counterexample.
func (c *counterexamples) write(found counterexample.Counterexample) error {
	dir := filepath.Join(c.dir, found.Map, string(found.Clause))
	err := found.Save(dir)
	for _, p := range pages {
		var b bytes.Buffer
		if err == nil {
			err = p.write(&b, found)
		}
		name := filepath.Join(dir, p.name)
		switch {
		case err != nil:
		case b.Len() > 0:
			err = os.WriteFile(name, b.Bytes(), 0o666)
		default: // of an earlier one there may be something
			if err = os.Remove(name); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
		}
	}
	if err != nil {
		return fmt.Errorf("cannot write counterexamples: %w", err)
	}
	return nil
}
