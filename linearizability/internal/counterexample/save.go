package counterexample

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// The files of a counterexample's directory that are read back. Others are for
// people.
const (
	ProgramFile = "program.json"
	HistoryFile = "history.jsonl"
	StepsFile   = "steps.jsonl"
)

// saved is a Counterexample as JSON, without its history and its steps.
type saved struct {
	Schema   int              `json:"schema"`
	Map      string           `json:"map"`
	Type     string           `json:"type,omitempty"`
	Import   string           `json:"import,omitempty"`
	Clause   model.Clause     `json:"clause"`
	Go       string           `json:"go"`
	Seed     uint64           `json:"seed"`
	Look     model.Look       `json:"look"`
	Program  history.Program  `json:"program"`
	Turns    int              `json:"turns,omitempty"`
	Rounds   int              `json:"rounds"`
	Minimal  model.Coverage   `json:"minimal"`
	Evidence string           `json:"evidence"`
	Path     string           `json:"path,omitempty"`
	Retained []model.Retained `json:"retained,omitempty"`
	Trace    []string         `json:"trace,omitempty"`
	Promise  model.Promise    `json:"promise"`
	savedSchedule
}

// savedSchedule is a Schedule as JSON: there is none if Steps is missing.
type savedSchedule struct {
	New           string   `json:"new,omitempty"`
	HashFunctions []string `json:"hash_functions,omitempty"`
	Hashes        string   `json:"hashes,omitempty"`
	Initial       string   `json:"initial,omitempty"`
	Steps         string   `json:"schedule,omitempty"`
	Preemptions   int      `json:"preemptions,omitempty"`
	Stall         *Stall   `json:"stall,omitempty"`
	Digest        string   `json:"digest,omitempty"`
}

// MarshalJSON writes program.json, which holds all but the history and the
// steps.
func (c Counterexample) MarshalJSON() ([]byte, error) {
	s := saved{
		Schema: Schema, Map: c.Map, Type: c.Type, Import: c.Import, Clause: c.Clause, Go: c.Go, Seed: c.Seed,
		Look: c.Look, Program: history.Program{Init: c.Init, Threads: c.Threads}, Turns: c.Turns, Rounds: c.Rounds,
		Minimal: c.Minimal, Evidence: c.Evidence, Path: c.Path, Retained: c.Retained, Trace: c.Trace, Promise: c.Promise,
	}
	if c.Schedule != nil {
		s.savedSchedule = savedSchedule(*c.Schedule)
	}
	return json.Marshal(s)
}

// A StaleError says that a counterexample was written under another schema.
type StaleError struct{ Schema int }

func (e *StaleError) Error() string {
	return fmt.Sprintf("stale: written under schema %d, and this is schema %d; find it anew with mapspec counterexample", e.Schema, Schema)
}

// UnmarshalJSON reads what MarshalJSON wrote. Another schema is a [StaleError];
// an unknown field, a clause or a program that is none are errors too.
func (c *Counterexample) UnmarshalJSON(b []byte) error {
	var version struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(b, &version); err != nil {
		return err
	}
	if version.Schema == nil {
		return errors.New(`no "schema": not a counterexample`)
	}
	if *version.Schema != Schema {
		return &StaleError{*version.Schema}
	}
	var s saved
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return err
	}
	if s.Clause.Order() < 0 {
		return fmt.Errorf("clause %q: want one of the specification, such as S1", s.Clause)
	}
	if s.Look == model.LookSchedule && (s.Steps == "" || s.New == "" || s.Import == "") {
		return errors.New(`look "schedule": want "schedule", "new" and "import" with it`)
	}
	*c = Counterexample{
		Map: s.Map, Type: s.Type, Import: s.Import, Clause: s.Clause, Go: s.Go, Seed: s.Seed,
		Witness: model.Witness{Look: s.Look, Init: s.Program.Init, Threads: s.Program.Threads, Turns: s.Turns},
		Rounds:  s.Rounds, Minimal: s.Minimal, Evidence: s.Evidence, Path: s.Path, Retained: s.Retained, Trace: s.Trace, Promise: s.Promise,
	}
	if s.Look == model.LookSchedule {
		schedule := Schedule(s.savedSchedule)
		c.Schedule = &schedule
	}
	return nil
}

// Save writes c into dir, which it makes: program.json, history.jsonl if there
// is a history, and steps.jsonl if there are steps.
func (c Counterexample) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, b, "", "  "); err != nil {
		return err
	}
	indented.WriteByte('\n')
	if err := os.WriteFile(filepath.Join(dir, ProgramFile), indented.Bytes(), 0o666); err != nil {
		return err
	}
	var lines, steps bytes.Buffer
	if err := errors.Join(c.History.Write(&lines), writeSteps(&steps, c.Steps)); err != nil {
		return err
	}
	return errors.Join(replace(dir, HistoryFile, lines.Bytes()), replace(dir, StepsFile, steps.Bytes()))
}

// replace writes a file, or removes that of another counterexample if there is
// nothing to write.
func replace(dir, name string, lines []byte) error {
	name = filepath.Join(dir, name)
	if len(lines) > 0 {
		return os.WriteFile(name, lines, 0o666)
	}
	err := os.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Load reads what Save wrote into dir.
func Load(dir string) (Counterexample, error) {
	c, err := LoadProgram(dir)
	if err != nil {
		return c, err
	}
	err = read(dir, HistoryFile, func(r io.Reader) (err error) {
		c.History, err = history.Read(r)
		return err
	})
	if err != nil {
		return c, err
	}
	return c, read(dir, StepsFile, func(r io.Reader) (err error) {
		c.Steps, err = readSteps(r)
		return err
	})
}

// read opens a file of dir, if it is there, for a function that reads it.
func read(dir, name string, with func(io.Reader) error) error {
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if err := with(f); err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	return nil
}

// LoadProgram is Load without the history and the steps: all that it takes to run it again.
func LoadProgram(dir string) (Counterexample, error) {
	var c Counterexample
	name := filepath.Join(dir, ProgramFile)
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return c, fmt.Errorf("no counterexample in %s: want a directory with %s", dir, ProgramFile)
	}
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}
