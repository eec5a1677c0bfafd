package worker

import (
	"fmt"
	"reflect"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/model"
)

// trial makes a map before anything depends on it, and says what is wrong with
// how it is made.
func (w *worker) trial() error {
	if e := refuse.Always(); e != nil {
		return e
	}
	defer w.enter(&spot{doing: "making a map"})()
	var in model.Instance
	ending, panicked := w.alone(func() { in = w.subject.Bind() })
	switch {
	case refuse.Last() != nil:
		return fmt.Errorf("making a map: %w", refuse.Last())
	case panicked != nil:
		return fmt.Errorf("making a map panics: %v", panicked)
	case ending != sched.Completed:
		return fmt.Errorf("making a map does not end: %v", ending)
	}
	m := reflect.ValueOf(in.Map())
	if m.Kind() != reflect.Pointer {
		return fmt.Errorf("what is made is a %s, no pointer: make a pointer to a map", m.Type())
	}
	if m.IsNil() {
		return fmt.Errorf("what is made is nil, of type %s: make a pointer to a map", m.Type())
	}
	return nil
}

// makes reports how the making of an initial map ends.
func (w *worker) makes(ops []model.Op) sched.Ending {
	ending, _ := w.alone(func() {
		in := w.subject.Bind()
		for _, o := range ops {
			model.Execute(in, o, nil)
		}
	})
	return ending
}
