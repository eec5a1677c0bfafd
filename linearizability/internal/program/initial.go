package program

import "github.com/mapspec/mapspec/model"

// An Initial is the sequence of operations that prepares a new map before the
// threads start. It consists of Stores, and of Deletes if the way to a state
// matters. Its values are numbered from 1.
type Initial struct {
	Name string
	Ops  []model.Op
}

// Holds returns what the map holds under key after the operations of i.
func (i Initial) Holds(key int) (value int, ok bool) {
	var s model.State
	for _, o := range i.Ops {
		s, _ = model.Step(s, o)
	}
	c := s.Cell(key)
	return c.Value, c.Present
}

// greatest returns the greatest value that i stores, or 0.
func (i Initial) greatest() int {
	most := 0
	for _, o := range i.Ops {
		most = max(most, o.Value)
	}
	return most
}
