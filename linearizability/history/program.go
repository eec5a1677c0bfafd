package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mapspec/mapspec/model"
)

// A Program is run on a new map: first the initial operations, one after the other,
// then the operations of each thread on a goroutine of its own.
type Program struct {
	Init    []model.Op
	Threads [][]model.Op
}

// A programJSON is a Program as JSON:
//
//	{"init":[{"op":"Store","key":0,"value":1}],"threads":[[{"op":"Load","key":0}],[{"op":"Clear"}]]}
type programJSON struct {
	Init    []model.Op   `json:"init,omitempty"`
	Threads [][]model.Op `json:"threads"`
}

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
		return fmt.Errorf(`program: %w: want {"init":[operations],"threads":[[operations],…]}`, oneLineError{err})
	}
	if j.Threads == nil {
		return errors.New(`program: no "threads": want one list of operations per goroutine`)
	}
	*p = Program(j)
	return nil
}
