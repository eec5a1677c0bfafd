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
// DIR/MAP/CLAUSE/. The directory may also contain files of the user, so mapspec only
// removes files with the names that it writes.
type counterexamples struct {
	dir  string
	made bool // this run made the directory
}

// openCounterexamples checks that dir can be written to, before any work is done. It
// makes the directory if necessary.
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
		return // it contains violations
	}
}

// The pages that explain a violation. The go command ignores a file whose name begins
// with _, so the test does no harm wherever DIR is.
var pages = []struct {
	name  string
	write func(io.Writer, counterexample.Counterexample) error
}{
	{"trace.txt", text.Write},
	{stepsText, text.WriteSteps},
	{"report.html", page.Write},
	{"_counterexample_test.go", writeTest},
}

// stepsText contains the steps of a schedule, if there is one.
const stepsText = "steps.txt"

func writeTest(w io.Writer, c counterexample.Counterexample) error {
	b, err := gotest.Source(c)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// fileNames returns the names of all files that may be written about a violation.
func fileNames() []string {
	names := []string{counterexample.ProgramFile, counterexample.HistoryFile, counterexample.StepsFile}
	for _, p := range pages {
		names = append(names, p.name)
	}
	return names
}

// replace saves the violations of a map and removes the ones of an earlier run.
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
		if !ok || v.Witness != nil { // a witness runs without an exploration
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

// forget removes the files that an earlier run wrote about a map.
func (c *counterexamples) forget(name string) error {
	for _, s := range model.Sentences {
		dir := filepath.Join(c.dir, name, string(s.Clause))
		for _, file := range fileNames() {
			if err := os.Remove(filepath.Join(dir, file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		_ = os.Remove(dir) // fails if it contains other files
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
		default: // an earlier violation may have had this page
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
