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
	"strings"
	"syscall"
	"unicode"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// These files in the directory of a counterexample are read back. All others are for
// people.
const (
	ProgramFile = "program.json"
	HistoryFile = "history.jsonl"
	StepsFile   = "steps.jsonl"
)

// saved is a Counterexample as JSON, without its history and steps. The evidence is
// for people and is not read back.
type saved struct {
	Schema   int             `json:"schema"`
	Map      string          `json:"map"`
	Type     string          `json:"type,omitempty"`
	Import   string          `json:"import,omitempty"`
	Clause   model.Clause    `json:"clause"`
	Go       string          `json:"go"`
	Seed     uint64          `json:"seed"`
	Look     model.Look      `json:"look"`
	Program  history.Program `json:"program"`
	Turns    int             `json:"turns,omitempty"`
	Schedule *model.Schedule `json:"schedule,omitempty"`
	Rounds   int             `json:"rounds"`
	Minimal  model.Coverage  `json:"minimal"`
	Evidence string          `json:"evidence,omitempty"`
	Failure  *model.Failure  `json:"failure,omitempty"`
	Promise  model.Promise   `json:"promise"`
}

// MarshalJSON writes program.json. It contains everything but the history and the
// steps.
func (c Counterexample) MarshalJSON() ([]byte, error) {
	evidence := ""
	if c.Failure != nil {
		evidence = c.Failure.Sentence()
	}
	return json.Marshal(saved{
		Schema: Schema, Map: c.Map, Type: c.Type, Import: c.Import, Clause: c.Clause, Go: c.Go, Seed: c.Seed,
		Look: c.Look, Program: history.Program{Init: c.Init, Threads: c.Threads}, Turns: c.Turns, Schedule: c.Schedule, Rounds: c.Rounds,
		Minimal: c.Minimal, Evidence: evidence, Failure: c.Failure, Promise: c.Promise,
	})
}

// A StaleError says that a counterexample has another schema. Command finds the
// violation again.
type StaleError struct {
	Schema  int
	Command string
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("stale: written under schema %d, and this is schema %d; find it anew with %s", e.Schema, Schema, e.Command)
}

// old is the part of a counterexample with another schema that is still read. It is
// enough to say how to find the violation again.
type old struct {
	Schema *int         `json:"schema"`
	Map    string       `json:"map"`
	Import string       `json:"import"`
	New    string       `json:"new"`
	Clause model.Clause `json:"clause"`
}

// command finds o's violation again. It quotes everything that is from the file.
func (o old) command() string {
	if o.New != "" {
		return fmt.Sprintf("mapspec explore -pkg %s -new %s", quoted(o.Import), quoted(o.New))
	}
	return fmt.Sprintf("mapspec counterexample -map %s -clause %s", quoted(o.Map), quoted(string(o.Clause)))
}

// quoted returns s as one word for a shell.
func quoted(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._/", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// UnmarshalJSON reads what MarshalJSON wrote. The error is a [StaleError] if the
// schema is another one. An unknown field, clause or operation is an error too.
func (c *Counterexample) UnmarshalJSON(b []byte) error {
	var version old
	if err := json.Unmarshal(b, &version); err != nil {
		return err
	}
	if version.Schema == nil {
		return errors.New(`no "schema": not a counterexample`)
	}
	if *version.Schema != Schema {
		return &StaleError{*version.Schema, version.command()}
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
	if s.Look == model.LookSchedule && (s.Import == "" || s.Schedule == nil || s.Schedule.Steps == "" || s.Schedule.New == "") {
		return errors.New(`look "schedule": want "import", and "schedule" with "steps" and "new"`)
	}
	*c = Counterexample{
		Map: s.Map, Type: s.Type, Import: s.Import, Clause: s.Clause, Go: s.Go, Seed: s.Seed,
		Witness: model.Witness{Look: s.Look, Init: s.Program.Init, Threads: s.Program.Threads, Turns: s.Turns, Schedule: s.Schedule},
		Rounds:  s.Rounds, Minimal: s.Minimal, Failure: s.Failure, Promise: s.Promise,
	}
	return nil
}

// Save makes dir and writes c into it: program.json, history.jsonl if there is a
// history, and steps.jsonl if there are steps.
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

// replace writes a file. If there is nothing to write, it removes the file, which
// another counterexample may have left.
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

// Load reads what Save wrote.
func Load(dir string) (Counterexample, error) {
	c, err := LoadProgram(dir)
	if err != nil {
		return c, err
	}
	if c.Failure == nil {
		return c, fmt.Errorf("%s: no \"failure\" to report: mapspec replay can still run it", filepath.Join(dir, ProgramFile))
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

// read opens a file in dir, if it exists, and passes it to a function that reads it.
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

// LoadProgram is Load without the history and the steps. It reads all that a replay
// needs.
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
