package counterexample

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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
)

// saved is a Counterexample as JSON, without its history.
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
}

// MarshalJSON writes program.json, which holds all but the history.
func (c Counterexample) MarshalJSON() ([]byte, error) {
	return json.Marshal(saved{
		Schema: Schema, Map: c.Map, Type: c.Type, Import: c.Import, Clause: c.Clause, Go: c.Go, Seed: c.Seed,
		Look: c.Look, Program: history.Program{Init: c.Init, Threads: c.Threads}, Turns: c.Turns, Rounds: c.Rounds,
		Minimal: c.Minimal, Evidence: c.Evidence, Path: c.Path, Retained: c.Retained, Trace: c.Trace, Promise: c.Promise,
	})
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
	*c = Counterexample{
		Map: s.Map, Type: s.Type, Import: s.Import, Clause: s.Clause, Go: s.Go, Seed: s.Seed,
		Witness: model.Witness{Look: s.Look, Init: s.Program.Init, Threads: s.Program.Threads, Turns: s.Turns},
		Rounds:  s.Rounds, Minimal: s.Minimal, Evidence: s.Evidence, Path: s.Path, Retained: s.Retained, Trace: s.Trace, Promise: s.Promise,
	}
	return nil
}

// Save writes c into dir, which it makes: program.json, and history.jsonl if
// there is a history.
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
	if len(c.History.Events) == 0 {
		return c.forgetHistory(dir)
	}
	var lines bytes.Buffer
	if err := c.History.Write(&lines); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, HistoryFile), lines.Bytes(), 0o666)
}

// forgetHistory removes the history of another counterexample.
func (c Counterexample) forgetHistory(dir string) error {
	err := os.Remove(filepath.Join(dir, HistoryFile))
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
	f, err := os.Open(filepath.Join(dir, HistoryFile))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	defer f.Close()
	if c.History, err = history.Read(f); err != nil {
		return c, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return c, nil
}

// LoadProgram is Load without the history: all that it takes to run it again.
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
