package model

import (
	"fmt"
	"strings"
)

// This file is the only place that puts failures into words.

// Sentence describes f in one line: "Load(k0) returned zero, false; want v1,
// true". It is for people. Code looks at f's fields.
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
		return f.death()
	case NoZeroValue:
		return "New does not return a pointer, so there is no zero value to use"
	case UnseenCopy:
		return fmt.Sprintf("go vet does not report a copy of %s, because nothing in it has the methods Lock and Unlock", f.Output[0])
	}
	return string(f.Kind)
}

func (f *Failure) death() string {
	s := "the process died in phase " + f.Phase
	if len(f.Output) > 0 {
		s += ": " + f.Output[0]
	} else {
		s += " and printed nothing"
	}
	if f.Exit != "" {
		s += " (" + f.Exit + ")"
	}
	return s
}

func (f *Failure) wrongResult() string {
	m := f.Call.Method
	s := fmt.Sprintf("%v %s", f.Call, f.Got.Ending(m))
	switch {
	case f.Got.Panic == PanicOther:
		return s + f.alone()
	case f.Want == nil:
		return s + ", but none of its arguments explains that"
	case f.Want.Panic == "" && m.returnsNothing():
		return s + "; want it to return" + f.alone()
	}
	return s + "; want " + f.Want.Outcome(m) + f.alone()
}

// alone says that no order of the other operations matters, if there are any.
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

// on returns " on k0", or "" for the whole map.
func (o *Order) on() string {
	if o.Whole {
		return ""
	}
	return " on " + o.Name()
}

// Name returns what o orders the operations of: "k0", or "whole map".
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
			what += fmt.Sprintf(", of %d deleted keys,", f.Of)
		}
		return fmt.Sprintf("%s %s still reachable at rest: %s", what, are, f.Retained[0].Path)
	case KeepsEqualKeys:
		return fmt.Sprintf("the map keeps %d of %d equal but distinct keys; want 1", f.Count, f.Of)
	case Pins:
		when := "while an operation is in progress"
		if f.Call != nil {
			when = fmt.Sprintf("while %v is stopped halfway", f.Call)
		}
		if f.After {
			when = "after the operation has returned"
		}
		return fmt.Sprintf("%d of %d keys and values that were stored and deleted stay reachable %s", f.Count, f.Of, when)
	case Grows:
		last := f.Measured[len(f.Measured)-1]
		return fmt.Sprintf("the map retains more each time the program is repeated: %s after %d repetitions, with 1 live key", last.Retained(), last.Turns)
	}
	return fmt.Sprintf("the empty map takes %d bytes more after many keys than after few; at most %d are allowed", f.Count, f.Of)
}

// What names the allocation: "key k1".
func (r Retained) What() string {
	if r.Value {
		return "value " + ValueName(r.Index)
	}
	return "key " + KeyName(r.Index)
}

// Retained counts what the map retained: "2 keys and 1 value".
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

// stuck names the calls that do not return and the lines where they are stuck.
// The predicate says how they are stuck.
func stuck(list []Stuck, predicate string) string {
	var calls, where []string
	for _, s := range list {
		calls = append(calls, s.Name())
		if w := s.Where(); w != "" {
			where = append(where, w)
		}
	}
	s := strings.Join(calls, " and ") + " " + predicate
	if len(where) > 0 {
		s += ": " + strings.Join(where, "; ")
	}
	return s
}

// Name returns the call that is stuck, or "a call" if it is not known.
func (s Stuck) Name() string {
	if s.Call == nil {
		return "a call"
	}
	return s.Call.String()
}

// Where returns the place where the call is stuck:
// "m.(*Map).Store at map.go:12 [sync.Mutex.Lock]".
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
		s = fmt.Sprintf("every call of the program returned, but %v at rest never returns", f.Call)
	}
	if len(f.Stuck) > 0 && f.Stuck[0].Where() != "" {
		s += ": " + f.Stuck[0].Where()
	}
	return s
}

// race names the two accesses that the race detector reported.
func (f *Failure) race() string {
	var accesses []string
	for i, line := range f.Output {
		if i+1 < len(f.Output) && strings.Contains(line, " at 0x") && strings.Contains(line, "by ") {
			access, _, _ := strings.Cut(strings.TrimSpace(line), " at ")
			accesses = append(accesses, strings.ToLower(access)+" in "+strings.TrimSpace(f.Output[i+1]))
		}
	}
	if len(accesses) == 0 {
		return "the race detector reports two accesses to one variable, one of them a write"
	}
	return strings.Join(accesses[:min(2, len(accesses))], " and ")
}

// Did says what p did, but not in which goroutine: "Swap(k0, v2) returned zero,
// false".
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
			return "pending Clear, deleting " + k
		}
		return "Clear deleted " + k
	}
	if p.Pending {
		return fmt.Sprintf("pending %v", p.Op)
	}
	return fmt.Sprintf("%v %s", p.Op, p.Result.Ending(m))
}

// Wanted says what p would have done in State, or "" if that is not known.
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

// Fits reports whether p did what it should have. If it did, p has no place in
// the order for another reason.
func (p Placed) Fits() bool { return p.Want == nil || *p.Want == p.Result }

type panicWords struct{ ending, outcome string }

// panics describes how a call ended by each kind of panic, as a verb and after an
// arrow.
var panics = map[Panic]panicWords{
	PanicHash:     {"panicked: unhashable key", "panic: unhashable key"},
	PanicCompare:  {"panicked: uncomparable values", "panic: uncomparable values"},
	PanicNilFunc:  {"panicked: nil callback", "panic: nil callback"},
	PanicCallback: {"panicked because its callback did", "panic of its callback"},
	Goexit:        {"ended by Goexit in its callback", "Goexit in its callback"},
	PanicOther:    {"panicked unexpectedly", "unexpected panic"},
}

func (p Panic) words() panicWords {
	if w, ok := panics[p]; ok {
		return w
	}
	return panics[PanicOther]
}

// Ending says how a call of method m ended, or should have ended: "returned v1,
// true", "panicked: unhashable key".
func (r Result) Ending(m Method) string {
	if r.Panic != "" {
		return r.Panic.words().ending
	}
	if m.returnsNothing() {
		return "returned"
	}
	return "returned " + r.Text(m)
}

// Outcome says the same after an arrow: "v1, true", "panic: unhashable key", or
// "ok" if m returns nothing.
func (r Result) Outcome(m Method) string {
	if r.Panic != "" {
		return r.Panic.words().outcome
	}
	if m.returnsNothing() {
		return "ok"
	}
	return r.Text(m)
}

// returnsNothing reports whether m has no results, so that a Result of m can only
// record a panic.
func (m Method) returnsNothing() bool {
	value, ok, length := m.Returns()
	return !value && !ok && !length
}

// Lines describes f step by step: what the program did, and what is wrong. The
// reader knows the clause and the evidence already.
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
		return fmt.Sprintf("after %5d repetitions, while the operation is in progress: collect garbage; %s retained", m.Turns, m.Retained())
	}
	return fmt.Sprintf("after %5d repetitions: collect garbage; %s retained", m.Turns, m.Retained())
}

// retentionLines lists the operations of w and marks those that passed, or should
// have released, what the map retains.
func retentionLines(f *Failure, w *Witness) []string {
	var lines []string
	for i, o := range w.Program() {
		line := o.String()
		for _, r := range f.Retained {
			switch i {
			case r.Left:
				line += "   <- should release " + r.What()
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

// Begins returns the state of the map, or of the key, before the order.
func (o *Order) Begins() string {
	if o.Possible > 1 {
		return fmt.Sprintf("%s, one of %d possible states", o.From, o.Possible)
	}
	return o.From
}

// String returns a line of a list: the operation's number, its client, when it was
// called and returned, and what it did.
func (p Placed) String() string {
	ended := "…"
	if !p.Pending {
		ended = fmt.Sprint(p.Ended)
	}
	return fmt.Sprintf("#%d client %d [%d, %s] %s", p.ID, p.Client, p.Called, ended, p.Did())
}

// count returns "1 key" or "2 keys".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
