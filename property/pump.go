package property

import (
	"context"
	"fmt"
	"slices"

	"github.com/mapspec/mapspec/model"
)

// R3 bounds what a map retains by the number of its live keys. A cycle is a list of
// operations that leaves the same keys live, except that each turn has a fresh key.
// A cycle is a pump if each turn retains more. A pump refutes R3. If there is no
// pump among the cycles tried, a longer one may still exist.

// A few turns show whether a cycle may be a pump. Then it is repeated until no
// constant explains the growth.
const (
	screenTurns = 48
	pumpTurns   = 1000
	pumpProbes  = 10 // probes spread over pumpTurns
	// mostTurns is the default of Options.Turns. The number of turns doubles until
	// then. A map that frees retired entries in batches retains no more than a
	// constant, which may be large.
	mostTurns = 16 * pumpTurns
)

// fresh stands in a cycle for the key that is new at each turn. Key 0 is the
// resident key.
const fresh = 1

// judgePumps judges R3: every cycle up to o.PumpLength operations.
func judgePumps(ctx context.Context, b model.Binder, o releaseOptions) model.Verdict {
	v := model.Verdict{Clause: model.R3}
	cycles := restoring(usable(b.Bind()), o.PumpLength)
	for start := 0; start < len(cycles); start += probeBatch {
		if ctx.Err() != nil {
			v.Status = model.Unknown
			v.Reason = fmt.Sprintf("the budget ended after %d of %d cycles", start, len(cycles))
			return v
		}
		part := cycles[start:min(start+probeBatch, len(cycles))]
		var trackers []*tracker
		for _, c := range part {
			t, err := runTurns(b, c, screenTurns)
			if err != nil {
				return wrongResults(model.R3, err)
			}
			trackers = append(trackers, t)
		}
		for i, r := range probeAll(trackers) {
			if r.Lost != "" {
				return lost(model.R3, r.Lost)
			}
			if r.Len() < screenTurns-1 {
				continue
			}
			if grown, ok := pump(b, part[i], o.Turns); ok {
				grown.Coverage = model.Bounded("%d of %d cycles up to %d operations, with one resident key", start+i+1, len(cycles), o.PumpLength)
				return grown
			}
		}
	}
	v.Status, v.Level = model.OK, "bounded"
	v.Coverage = model.Bounded("no pump among the %d cycles up to %d operations that restore the live keys", len(cycles), o.PumpLength)
	v.Reason = "no pump found; a bound needs an argument"
	return v
}

// A cycle is a list of operations on the resident key and the fresh one.
type cycle []model.Op

// at returns c with the fresh key and the values of turn i.
func (c cycle) at(i int) []model.Op {
	ops := make([]model.Op, len(c))
	for j, op := range c {
		if op.Key == fresh {
			op.Key += i
		}
		if op.Method.Stores() {
			op.Value = 1 + i*len(c) + j + 1
		}
		ops[j] = op
	}
	return ops
}

// restoring lists the cycles of up to length operations that change the map and
// leave only the resident key live, the shortest first.
func restoring(has model.MethodSet, length int) []cycle {
	var alphabet []model.Op
	for _, m := range plainFirst(has) {
		switch {
		case m.OnKey():
			alphabet = append(alphabet, model.Op{Method: m, Key: fresh}, model.Op{Method: m, Key: 0})
		case m == model.Range || m == model.Clear:
			alphabet = append(alphabet, model.Op{Method: m})
		}
	}
	var list []cycle
	prefixes := []cycle{nil}
	for range length {
		var longer []cycle
		for _, c := range prefixes {
			for _, op := range alphabet {
				longer = append(longer, append(c[:len(c):len(c)], op))
			}
		}
		for _, c := range longer {
			if c.restores() {
				list = append(list, c)
			}
		}
		prefixes = longer
	}
	return list
}

// plainFirst lists methods with Delete before the methods that return what they
// deleted, so that the plainest pump is found first.
func plainFirst(has model.MethodSet) []model.Method {
	list := has.Without(model.Delete).Methods()
	if i := slices.Index(list, model.LoadAndDelete); i >= 0 && has.Has(model.Delete) {
		return slices.Insert(list, i, model.Delete)
	}
	return has.Methods()
}

// restores reports whether c stores something and ends as it began, with the
// resident key alone.
func (c cycle) restores() bool {
	s, _ := model.Step(model.State{}, model.Op{Method: model.Store, Key: 0, Value: 1})
	stored := false
	for _, op := range resolve(s, c.at(0)) {
		next, _ := model.Step(s, op)
		stored = stored || op.Method.Stores() && !next.Equal(s)
		s = next
	}
	return stored && s.Len() == 1 && s.Cell(0).Present
}

// resolve makes the comparisons in ops succeed: it sets each old value to the one
// that the key has then.
func resolve(s model.State, ops []model.Op) []model.Op {
	for i := range ops {
		if ops[i].Method.Compares() {
			ops[i].Old = s.Cell(ops[i].Key).Value
		}
		s, _ = model.Step(s, ops[i])
	}
	return ops
}

// runTurns stores the resident key and runs n turns of c.
func runTurns(b model.Binder, c cycle, n int) (*tracker, error) {
	t := track(b.Bind())
	if err := t.Do(model.Op{Method: seed(usable(b.Bind())), Key: 0, Value: 1}); err != nil {
		return nil, err
	}
	return t, t.turn(c, 0, n)
}

// seed returns the method that stores a key.
func seed(has model.MethodSet) model.Method {
	if has.Has(model.Store) {
		return model.Store
	}
	return model.LoadOrStore
}

// turn runs the turns of c numbered from up to to.
func (t *tracker) turn(c cycle, from, to int) error {
	for i := from; i < to; i++ {
		for _, op := range resolve(t.state, c.at(i)) {
			if err := t.Do(op); err != nil {
				return err
			}
		}
	}
	return nil
}

// pump runs up to turns turns of c, with probes in between. If at least one more
// instance per turn is retained at each probe, it returns the violation of R3.
func pump(b model.Binder, c cycle, turns int) (model.Verdict, bool) {
	t, err := runTurns(b, c, 0)
	if err != nil {
		return model.Verdict{}, false
	}
	var probes []int
	for p := 1; p <= pumpProbes; p++ {
		probes = append(probes, p*pumpTurns/pumpProbes)
	}
	for p := 2 * pumpTurns; p <= turns; p *= 2 {
		probes = append(probes, p)
	}
	var r retention
	var growth []model.Measurement
	from, before := 0, 0
	for _, to := range probes {
		if t.turn(c, from, to) != nil {
			return model.Verdict{}, false
		}
		r = t.Probe()
		if r.Len() < before+to-from-1 {
			return model.Verdict{}, false
		}
		from, before = to, r.Len()
		if to >= pumpTurns {
			growth = append(growth, model.Measurement{Turns: to, Keys: len(r.Keys), Values: len(r.Values)})
		}
	}
	return t.unbounded(c, r, growth, from), true
}

// unbounded is the violation by cycle c, which is a pump. Its witness has the
// operations of the first turn.
func (t *tracker) unbounded(c cycle, r retention, growth []model.Measurement, turns int) model.Verdict {
	f := &model.Failure{Kind: model.Grows, AtRest: true, Retained: t.retained(r), Measured: growth}
	first := resolve(t.firstState(), c.at(0))
	v := f.Violates(model.R3, &model.Witness{Look: model.LookPump, Init: t.ops[:1], Threads: [][]model.Op{first}, Turns: turns})
	v.Level = "unbounded"
	return v
}

// firstState is the abstract state before the first turn.
func (t *tracker) firstState() model.State {
	s, _ := model.Step(model.State{}, t.ops[0])
	return s
}
