package interval

import "github.com/mapspec/mapspec/model"

// A part takes effect at one instant. It is an operation, or the share of one key
// in an operation on all keys that is not atomic. Sets of parts have one bit for
// each.
type part struct {
	op     model.Op // without function and instance, which do not matter
	result model.Result
	accept acceptance
	shift  uint8 // the offset of its key's cell in a packed state
	until  int32 // the visit that the part precedes, or returned
	memo   [8]memoStep
}

// A memoStep remembers a step of a part. A part has a few, indexed by the low bits
// of the cell, because a search takes the same steps repeatedly.
type memoStep struct {
	valid, ok bool
	from, to  uint8
}

// An acceptance says which results a part accepts.
type acceptance uint8

const (
	exactly  acceptance = iota // the result that was observed
	anything                   // any: no result was observed
	present                    // any value: a Load found one that was not observed
)

// maxValue is the largest value that fits into a packed cell.
const maxValue = 250

// valueBase is the number just below all values, which start at
// model.Uncomparable.
const valueBase = model.Uncomparable - 1

// pack returns a cell as a byte: 0 if absent, otherwise value - valueBase.
func pack(c model.Cell) uint8 {
	if !c.Present {
		return 0
	}
	return uint8(c.Value - valueBase)
}

func unpack(b uint8) model.Cell {
	if b == 0 {
		return model.Cell{}
	}
	return model.Cell{Present: true, Value: int(b) + valueBase, Instances: 1}
}

// step applies the part to a packed state. It returns the next state, and whether
// the part accepts the result.
func (p *part) step(s uint64) (uint64, bool) {
	switch {
	case p.op.Method == model.Clear || p.op.Method == model.Len:
		return p.stepWhole(s)
	case p.op.Key == model.Unhashable:
		return s, true // anyWrongAlone has judged its result
	}
	cell := uint8(s >> p.shift)
	m := &p.memo[cell%uint8(len(p.memo))]
	if !m.valid || m.from != cell {
		*m = p.stepCell(cell)
	}
	return s&^(0xff<<p.shift) | uint64(m.to)<<p.shift, m.ok
}

// stepCell applies the part to the packed cell of its key.
func (p *part) stepCell(cell uint8) memoStep {
	if p.accept == present {
		return memoStep{valid: true, ok: cell != 0, from: cell, to: cell}
	}
	c, want := model.StepKey(unpack(cell), p.op)
	ok := p.accept == anything || want == p.result
	if !ok {
		c = unpack(cell)
	}
	return memoStep{valid: true, ok: ok, from: cell, to: pack(c)}
}

// reads reports whether the part leaves every state that accepts it unchanged.
func (p *part) reads() bool {
	switch {
	case p.op.Key == model.Unhashable:
		return true
	case p.accept != exactly:
		return p.accept == present
	}
	return !p.op.Method.Wrote(p.result)
}
