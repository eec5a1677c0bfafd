package interval

import "github.com/mapspec/mapspec/model"

// A part is what takes effect at one instant: an operation, or its share of one
// key where it is as many operations as there are keys. It has one bit of the
// sets of parts.
type part struct {
	op     model.Op // without function and instance, which make no difference
	result model.Result
	accept accept
	shift  uint8 // of its key's cell in a packed state
	until  int32 // the visit that it precedes, or returned
	memo   [8]known
}

// known is a step of a part that was taken before, by the last digits of the cell:
// a search takes the same few again and again.
type known struct {
	yes, ok  bool
	from, to uint8
}

// accept says which result a part accepts.
type accept uint8

const (
	exactly  accept = iota // the one that was seen
	anything               // nobody saw it
	present                // a Load that found something, nobody saw what
)

// maxValue is the largest value that fits a packed cell.
const maxValue = 250

// absentee is the number below all values, which start at model.Uncomparable.
const absentee = model.Uncomparable - 1

// pack returns a cell as a byte: 0 is absent, else value - absentee.
func pack(c model.Cell) uint8 {
	if !c.Present {
		return 0
	}
	return uint8(c.Value - absentee)
}

func unpack(b uint8) model.Cell {
	if b == 0 {
		return model.Cell{}
	}
	return model.Cell{Present: true, Value: int(b) + absentee, Instances: 1}
}

// step takes the part's step from a packed state, and reports whether the part
// accepts the result.
func (p *part) step(s uint64) (uint64, bool) {
	switch {
	case p.op.Method == model.Clear || p.op.Method == model.Len:
		return p.stepWhole(s)
	case p.op.Key == model.Unhashable:
		return s, true // its result was judged alone
	}
	held := uint8(s >> p.shift)
	m := &p.memo[held%uint8(len(p.memo))]
	if !m.yes || m.from != held {
		*m = p.stepCell(held)
	}
	return s&^(0xff<<p.shift) | uint64(m.to)<<p.shift, m.ok
}

// stepCell is step on the packed cell of the part's key.
func (p *part) stepCell(held uint8) known {
	if p.accept == present {
		return known{yes: true, ok: held != 0, from: held, to: held}
	}
	c, want := model.StepKey(unpack(held), p.op)
	ok := p.accept == anything || want == p.result
	if !ok {
		c = unpack(held)
	}
	return known{yes: true, ok: ok, from: held, to: pack(c)}
}

// reads reports whether the part leaves every state that accepts it as it is.
func (p *part) reads() bool {
	switch {
	case p.op.Key == model.Unhashable:
		return true
	case p.accept != exactly:
		return p.accept == present
	}
	return !p.op.Method.Wrote(p.result)
}
