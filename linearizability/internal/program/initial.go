package program

import "github.com/mapspec/mapspec/model"

// An Initial is what is done to a new map before the threads start: Stores, and
// Deletes where the way to a state matters. Its values are counted from 1 up.
type Initial struct {
	Name string
	Ops  []model.Op
}

// Holds returns what the map has under key after the operations of i.
func (i Initial) Holds(key int) (value int, ok bool) {
	var s model.State
	for _, o := range i.Ops {
		s, _ = model.Step(s, o)
	}
	c := s.Cell(key)
	return c.Value, c.Present
}

// greatest returns the greatest value that i stores, 0 if none.
func (i Initial) greatest() int {
	most := 0
	for _, o := range i.Ops {
		most = max(most, o.Value)
	}
	return most
}
