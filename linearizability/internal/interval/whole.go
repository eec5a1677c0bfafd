package interval

import (
	"sync"

	"github.com/mapspec/mapspec/model"
)

// maxKeys is the number of cells in a packed state.
const maxKeys = 8

// stepWhole is step for Clear and Len. Their effect depends only on which keys are
// present, so it is looked up in a table.
func (p *part) stepWhole(s uint64) (uint64, bool) {
	o := &wholeSteps()[presence(s)]
	if p.op.Method == model.Len {
		return s, p.accept != exactly || p.result == o.lenResult
	}
	return s & o.kept, p.accept != exactly || p.result == o.clearResult
}

// presence returns the set of cells of s that hold something.
func presence(s uint64) (set uint8) {
	for i := range maxKeys {
		if uint8(s>>(8*i)) != 0 {
			set |= 1 << i
		}
	}
	return set
}

// A wholeStep is what Len and Clear do if a given set of keys is present.
type wholeStep struct {
	lenResult, clearResult model.Result
	kept                   uint64 // a mask of the cells that Clear does not delete
}

// wholeSteps returns the table of steps by presence. The model fills it.
var wholeSteps = sync.OnceValue(func() *[1 << maxKeys]wholeStep {
	table := new([1 << maxKeys]wholeStep)
	for set := range table {
		var s model.State
		for k := range maxKeys {
			if set>>k&1 != 0 {
				s = s.With(k, model.Cell{Present: true, Value: 1, Instances: 1})
			}
		}
		o := &table[set]
		_, o.lenResult = model.Step(s, model.Op{Method: model.Len})
		s, o.clearResult = model.Step(s, model.Op{Method: model.Clear})
		for _, k := range s.Keys() {
			o.kept |= 0xff << (8 * k)
		}
	}
	return table
})
