package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/mapspec/mapspec/model"
)

// A Program is what to run on a new map: initial operations one after the
// other, then each thread's operations on a goroutine of its own.
type Program struct {
	Init    []model.Op
	Threads [][]model.Op
}

// programJSON is a Program as JSON:
//
//	{"init":[{"op":"Store","key":0,"value":1}],"threads":[[{"op":"Load","key":0}],[{"op":"Clear"}]]}
type programJSON struct {
	Init    []model.Op   `json:"init,omitempty"`
	Threads [][]model.Op `json:"threads"`
}

// maxProgram is the longest program that ReadProgram accepts, in bytes.
const maxProgram = 16 << 20

// MarshalJSON writes {"init":[…],"threads":[[…],…]}.
func (p Program) MarshalJSON() ([]byte, error) {
	if p.Threads == nil {
		p.Threads = [][]model.Op{}
	}
	return json.Marshal(programJSON(p))
}

// UnmarshalJSON reads what MarshalJSON wrote. An unknown field is an error.
func (p *Program) UnmarshalJSON(b []byte) error {
	var j programJSON
	if err := strict(bytes.NewReader(b)).Decode(&j); err != nil {
		return fmt.Errorf(`program: %w: want {"init":[operations],"threads":[[operations],…]}`, tidy{err})
	}
	if j.Threads == nil {
		return errors.New(`program: no "threads": want one list of operations a goroutine`)
	}
	*p = Program(j)
	return nil
}

// ReadProgram reads one program and nothing after it.
func ReadProgram(r io.Reader) (Program, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxProgram+1))
	if err != nil {
		return Program{}, fmt.Errorf("reading a program: %w", err)
	}
	if len(b) > maxProgram {
		return Program{}, fmt.Errorf("program: longer than %d bytes: split it", maxProgram)
	}
	var p Program
	if !json.Valid(b) {
		return p, fmt.Errorf("program: %w", jsonError(b))
	}
	return p, p.UnmarshalJSON(b)
}

// jsonError says where b, which is not JSON, stops being it.
func jsonError(b []byte) error {
	var raw json.RawMessage
	err := json.Unmarshal(b, &raw)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		before := b[:min(int(syntax.Offset), len(b))]
		return fmt.Errorf("line %d: %w", 1+bytes.Count(before, []byte("\n")), tidy{err})
	}
	return tidy{err}
}
