package interval

import (
	"sync"

	"github.com/mapspec/mapspec/model"
)

// maxKeys is how many cells a packed state has.
const maxKeys = 8

// stepWhole is step for Clear and Len. What they do depends on which keys are
// present only, so a table has it.
func (p *part) stepWhole(s uint64) (uint64, bool) {
	o := &wholeSteps()[presence(s)]
	if p.op.Method == model.Len {
		return s, p.accept != exactly || p.result == o.len
	}
	return s & o.kept, p.accept != exactly || p.result == o.cleared
}

// presence returns a bit for each cell of s that holds something.
func presence(s uint64) (set uint8) {
	for i := range maxKeys {
		if uint8(s>>(8*i)) != 0 {
			set |= 1 << i
		}
	}
	return set
}

// outcome is what Len and Clear do where a certain set of keys is present.
type outcome struct {
	len, cleared model.Result
	kept         uint64 // ones in the cells of keys that Clear leaves
}

// wholeSteps is the table by presence, filled by the model.
var wholeSteps = sync.OnceValue(func() *[1 << maxKeys]outcome {
	table := new([1 << maxKeys]outcome)
	for set := range table {
		var s model.State
		for k := range maxKeys {
			if set>>k&1 != 0 {
				s = s.With(k, model.Cell{Present: true, Value: 1, Instances: 1})
			}
		}
		o := &table[set]
		_, o.len = model.Step(s, model.Op{Method: model.Len})
		s, o.cleared = model.Step(s, model.Op{Method: model.Clear})
		for _, k := range s.Keys() {
			o.kept |= 0xff << (8 * k)
		}
	}
	return table
})
