package model

import (
	"fmt"
	"strings"
)

// This file is the only place that puts failures into words.

// Sentence says in one line what f is: "Load(k0) returned zero, false, want v1,
// true". It is for people; code looks at f's fields.
func (f *Failure) Sentence() string {
	s := f.sentence()
	switch {
	case f.Zero:
		s = "on the zero value, " + s
	case f.AtRest && (f.Kind == WrongResult || f.Kind == WrongTraversal):
		s = "at rest, " + s
	}
	return s
}

func (f *Failure) sentence() string {
	switch f.Kind {
	case WrongResult:
		return f.wrongResult()
	case WrongTraversal:
		return f.wrongTraversal()
	case NoOrder:
		return f.noOrder()
	case Retains, KeepsEqualKeys, Grows, Pins, KeepsTable:
		return f.retention()
	case Hangs:
		return stuck(f.Stuck, "never returned")
	case Waits:
		return stuck(f.Stuck, "waits for another goroutine, which may never run again")
	case LeaksLock:
		return f.leak()
	case Races:
		return "data race: " + f.race()
	case Dies:
		s := fmt.Sprintf("the process died in phase %s: %s", f.Phase, f.firstLine())
		if f.Exit != "" {
			s += " (" + f.Exit + ")"
		}
		return s
	case NoZeroValue:
		return "New does not return a pointer, so there is no zero value to use"
	case UnseenCopy:
		return fmt.Sprintf("go vet does not notice a copy of %s: nothing in it has Lock and Unlock", f.firstLine())
	}
	return string(f.Kind)
}

func (f *Failure) firstLine() string {
	if len(f.Output) == 0 {
		return "without a word"
	}
	return f.Output[0]
}

func (f *Failure) wrongResult() string {
	m := f.Call.Method
	s := fmt.Sprintf("%v %s", f.Call, f.Got.Ending(m))
	switch {
	case f.Got.Panic == PanicOther:
		return s + f.alone()
	case f.Want == nil:
		return s + ", and nothing in its arguments calls for that"
	case f.Want.Panic == "" && m.returnsNothing():
		return s + ", want it to return" + f.alone()
	}
	return s + ", want " + f.Want.Outcome(m) + f.alone()
}

// alone says that the other operations do not matter, if there are any.
func (f *Failure) alone() string {
	if f.Operation == nil {
		return ""
	}
	return fmt.Sprintf(", regardless of the other operations (operation %d)", f.Operation.ID)
}

func (f *Failure) wrongTraversal() string {
	s := fmt.Sprintf("%v %v", f.Call, f.Misvisit) + f.alone()
	switch f.Turn {
	case 1:
		return "in the first traversal of one sequence, " + s
	case 2:
		return "in the second traversal of one sequence, " + s
	}
	return s
}

func (f *Failure) noOrder() string {
	o := f.Order
	return fmt.Sprintf("%s: %s, which no order of the %s%s explains", o.Name(), o.Left[0].Did(), count(o.Operations, "operation"), o.on())
}

// on is " on k0", or nothing for the whole map.
func (o *Order) on() string {
	if o.Whole {
		return ""
	}
	return " on " + o.Name()
}

// Name is what o is an order of: "k0", or "whole map".
func (o *Order) Name() string {
	if o.Whole {
		return "whole map"
	}
	return KeyName(o.Key)
}

func (f *Failure) retention() string {
	switch f.Kind {
	case Retains:
		what, are := f.Retained[0].What(), "is"
		if f.Count > 1 {
			what, are = fmt.Sprintf("%s and %d more", what, f.Count-1), "are"
		}
		if f.Of > 0 {
			what += fmt.Sprintf(" (%d keys were removed)", f.Of)
		}
		return fmt.Sprintf("%s %s still reachable at rest: %s", what, are, f.Retained[0].Path)
	case KeepsEqualKeys:
		return fmt.Sprintf("%d of %d equal but distinct keys are alive, want 1", f.Count, f.Of)
	case Pins:
		when := "while an operation is in progress"
		if f.After {
			when = "after the operation has returned"
		}
		return fmt.Sprintf("%d of %d keys and values that came and went stay reachable %s", f.Count, f.Of, when)
	case Grows:
		last := f.Measured[len(f.Measured)-1]
		return fmt.Sprintf("what is retained grows with every turn: %s after %d turns, with 1 live key", last.Retained(), last.Turns)
	}
	return fmt.Sprintf("the empty map costs %d bytes more after many keys than after few, more than %d", f.Count, f.Of)
}

// What names what r is: "key k1".
func (r Retained) What() string {
	if r.Value {
		return "value " + ValueName(r.Index)
	}
	return "key " + KeyName(r.Index)
}

// Retained says how much it was: "2 keys and 1 value".
func (m Measurement) Retained() string {
	switch {
	case m.Keys+m.Values == 0:
		return "nothing"
	case m.Values == 0:
		return count(m.Keys, "key")
	case m.Keys == 0:
		return count(m.Values, "value")
	}
	return count(m.Keys, "key") + " and " + count(m.Values, "value")
}

// stuck says which calls do not return, in the words of how, and where they stand.
func stuck(list []Stuck, how string) string {
	var calls, where []string
	for _, s := range list {
		calls = append(calls, s.Name())
		if w := s.Where(); w != "" {
			where = append(where, w)
		}
	}
	s := strings.Join(calls, " and ") + " " + how
	if len(where) > 0 {
		s += ": " + strings.Join(where, "; ")
	}
	return s
}

// Name is the call that is stuck.
func (s Stuck) Name() string {
	if s.Call == nil {
		return "a call"
	}
	return s.Call.String()
}

// Where says where the call stands: "m.(*Map).Store at map.go:12 [sync.Mutex.Lock]".
func (s Stuck) Where() string {
	where := s.Function
	if s.Line != "" {
		where += " at " + s.Line
	}
	if s.State != "" {
		where += " [" + s.State + "]"
	}
	return strings.TrimSpace(where)
}

func (f *Failure) leak() string {
	s := "a read at rest never returns"
	if f.Call != nil {
		s = fmt.Sprintf("every call of the program returned, but %v, called at rest, never does", f.Call)
	}
	if len(f.Stuck) > 0 && f.Stuck[0].Where() != "" {
		s += ": " + f.Stuck[0].Where()
	}
	return s
}

// race names the two accesses that the race detector accuses.
func (f *Failure) race() string {
	var who []string
	for i, line := range f.Output {
		if i+1 < len(f.Output) && strings.Contains(line, " at 0x") && strings.Contains(line, "by ") {
			access, _, _ := strings.Cut(strings.TrimSpace(line), " at ")
			who = append(who, strings.ToLower(access)+" in "+strings.TrimSpace(f.Output[i+1]))
		}
	}
	if len(who) == 0 {
		return "the race detector reports two accesses to one variable, one of them a write"
	}
	return strings.Join(who[:min(2, len(who))], " and ")
}

// Did says what p did, without whose it is: "Swap(k0, v2) returned zero, false".
func (p Placed) Did() string {
	m, k := p.Op.Method, KeyName(p.Key)
	switch p.Part {
	case Visited:
		if m == Keys {
			return "Keys visited " + k
		}
		return fmt.Sprintf("%v visited %s with %s", m, k, ValueName(p.Result.Value))
	case LeftOut:
		return fmt.Sprintf("%v left out %s", m, k)
	case Cleared:
		if p.Pending {
			return "pending Clear, of " + k
		}
		return fmt.Sprintf("Clear, of %s, returned", k)
	}
	if p.Pending {
		return fmt.Sprintf("pending %v", p.Op)
	}
	return fmt.Sprintf("%v %s", p.Op, p.Result.Ending(m))
}

// Wanted says what p would have done in State: "" where nothing is known.
func (p Placed) Wanted() string {
	if p.Want == nil {
		return ""
	}
	k := KeyName(p.Key)
	switch {
	case p.Part == WholePart:
		return p.Want.Outcome(p.Op.Method)
	case p.Part == Cleared:
		return "ok"
	case !p.Want.OK:
		return k + " left out"
	case p.Op.Method == Keys:
		return k + " visited"
	}
	return fmt.Sprintf("%s visited with %s", k, ValueName(p.Want.Value))
}

// Fits reports whether p did what it should have: it has no place for another
// reason.
func (p Placed) Fits() bool { return p.Want == nil || *p.Want == p.Result }

type panicWords struct{ ending, outcome string }

// panics says of each kind of panic how a call ended, as a verb and behind an
// arrow.
var panics = map[Panic]panicWords{
	PanicHash:     {"panicked: unhashable key", "panic: unhashable key"},
	PanicCompare:  {"panicked: uncomparable values", "panic: uncomparable values"},
	PanicNilFunc:  {"panicked: nil function", "panic: nil function"},
	PanicCallback: {"panicked with its function's panic", "panic of its function"},
	Goexit:        {"ended in its function's Goexit", "Goexit of its function"},
	PanicOther:    {"panicked for no reason", "panic for no reason"},
}

func (p Panic) words() panicWords {
	if w, ok := panics[p]; ok {
		return w
	}
	return panics[PanicOther]
}

// Ending says how a call by method m ended, or should have: "returned v1, true",
// "panicked: unhashable key".
func (r Result) Ending(m Method) string {
	if r.Panic != "" {
		return r.Panic.words().ending
	}
	if m.returnsNothing() {
		return "returned"
	}
	return "returned " + r.Text(m)
}

// Outcome says the same behind an arrow: "v1, true", "panic: unhashable key",
// "ok" where m returns nothing.
func (r Result) Outcome(m Method) string {
	if r.Panic != "" {
		return r.Panic.words().outcome
	}
	if m.returnsNothing() {
		return "ok"
	}
	return r.Text(m)
}

// returnsNothing reports whether a Result of m has nothing but a panic.
func (m Method) returnsNothing() bool {
	value, ok, length := m.Returns()
	return !value && !ok && !length
}

// Lines tells f step by step, a line each: what was done until then, and what
// is wrong. Clause, witness and path are told elsewhere.
func (f *Failure) Lines(w *Witness) []string {
	var lines []string
	for _, m := range f.Trace {
		lines = append(lines, m.String())
	}
	switch {
	case f.Order != nil:
		lines = append(lines, f.Order.lines()...)
	case len(f.Retained) > 0 && w != nil:
		lines = append(lines, retentionLines(f, w)...)
	}
	for _, m := range f.Measured {
		lines = append(lines, m.String())
	}
	lines = append(lines, f.Output...)
	if f.Should != "" && f.Kind != Retains {
		lines = append(lines, f.Sentence(), "the map should hold "+f.Should)
	}
	return lines
}

func (m Moment) String() string {
	indent := strings.Repeat("        ", m.Depth)
	if m.Call == nil {
		return indent + "    visit " + m.Visit.String()
	}
	s := indent + m.Call.String()
	if m.Result != nil {
		s += "   → " + m.Result.Outcome(m.Call.Method)
	}
	return s
}

func (m Measurement) String() string {
	if m.During {
		return fmt.Sprintf("after %5d turns, the traversal paused: collect garbage; %s retained", m.Turns, m.Retained())
	}
	return fmt.Sprintf("after %5d turns: collect garbage; %s retained", m.Turns, m.Retained())
}

// retentionLines are the operations of w with what they have to do with what
// the map retains.
func retentionLines(f *Failure, w *Witness) []string {
	var lines []string
	for i, o := range w.Program() {
		line := o.String()
		for _, r := range f.Retained {
			switch i {
			case r.Left:
				line += "   <- should let go of " + r.What()
			case r.Passed:
				line += "   <- passes " + r.What()
			}
		}
		lines = append(lines, line)
	}
	lines = append(lines, "collect garbage")
	if f.Should != "" {
		lines = append(lines, "the map should hold "+f.Should+", and nothing else")
	}
	for _, r := range f.Retained {
		lines = append(lines, r.What()+" is still reachable: "+r.Path)
	}
	return lines
}

func (o *Order) lines() []string {
	shown := count(o.Operations, "operation")
	if n := o.Skipped + len(o.Before); n < o.Operations {
		shown = fmt.Sprintf("the first %d of %s", n, shown)
	}
	lines := []string{shown + o.on() + ", in the order of their calls:"}
	if o.Skipped > 0 {
		lines = append(lines, fmt.Sprintf("  … %d earlier", o.Skipped))
	}
	for _, p := range o.Before {
		lines = append(lines, "  "+p.String())
	}
	lines = append(lines, "the longest linearization, with the state after each operation:", "  "+o.Begins())
	longest := o.Longest
	const most = 17
	if left := len(longest) - most; left > 0 {
		lines = append(lines, fmt.Sprintf("  … %d earlier", left))
		longest = longest[left:]
	}
	for _, p := range longest {
		lines = append(lines, fmt.Sprintf("  #%d %s → %s", p.ID, p.Did(), p.State))
	}
	return append(lines, "fits nowhere: "+o.Left[0].String())
}

// Begins says what the map, or the key, holds before the order.
func (o *Order) Begins() string {
	if o.Possible > 1 {
		return fmt.Sprintf("%s, one of %d possible there", o.From, o.Possible)
	}
	return o.From
}

// String is a line of a list: which, whose, when, what.
func (p Placed) String() string {
	ended := "…"
	if !p.Pending {
		ended = fmt.Sprint(p.Ended)
	}
	return fmt.Sprintf("#%d client %d [%d, %s] %s", p.ID, p.Client, p.Called, ended, p.Did())
}

// count is "1 key" or "2 keys".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
