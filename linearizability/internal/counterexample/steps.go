package counterexample

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// writeSteps writes steps as lines of JSON.
func writeSteps(w io.Writer, steps []Step) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, s := range steps {
		if err := e.Encode(s); err != nil {
			return err
		}
	}
	return nil
}

// readSteps reads what writeSteps wrote. An unknown field is an error.
func readSteps(r io.Reader) ([]Step, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var steps []Step
	for {
		var s Step
		err := d.Decode(&s)
		if errors.Is(err, io.EOF) {
			return steps, nil
		}
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", len(steps)+1, err)
		}
		steps = append(steps, s)
	}
}
