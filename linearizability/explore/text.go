package explore

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/english"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// Text shows c to people. remark may say something about a violation.
func (c *Certificate) Text(w io.Writer, remark func(Violation) string) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s, %s from %s\n", c.Map, c.New, c.Import)
	fmt.Fprintf(b, "  %s of size %s on %s%s: %s\n", counted(c.Programs, "program"), c.Size, counted(c.Keys, "key"), c.shardText(), c.Coverage)
	fmt.Fprintf(b, "  %s\n", c.counts())
	for _, s := range c.Settings {
		fillers := ""
		if s.Keys > 0 {
			fillers = fmt.Sprintf(" (%s)", counted(s.Keys, "more key"))
		}
		fmt.Fprintf(b, "    %-8s %-20s %s of %s%s\n", s.Policy, s.Initial, english.Commas(s.Programs), counted(s.Of, "program"), fillers)
	}
	fmt.Fprintf(b, "  data races: %s\n", c.Races)
	c.waitsText(b)
	c.pinsText(b)
	if len(c.Hash) > 0 {
		fmt.Fprintf(b, "  hash functions that follow the policies: %s\n", strings.Join(c.Hash, ", "))
	}
	for _, n := range c.Notes {
		fmt.Fprintf(b, "  note: %s\n", n)
	}
	for _, a := range gathered(c.Assumed) {
		fmt.Fprintf(b, "  assumed: %s\n", a)
	}
	if len(c.Unreached) > 0 {
		fmt.Fprintf(b, "  lines not reached by any program: %s\n", shortUnreached(c.Unreached))
	}
	fmt.Fprintf(b, "  %s, source %.12s…; %.1f s, and %.1f s to build\n", c.Go, c.Digest, c.Seconds, c.Build)
	switch {
	case len(c.Violations) > 0:
	case c.Complete():
		fmt.Fprintf(b, "  no violation\n")
	default:
		fmt.Fprintf(b, "  no violation in what was explored\n")
	}
	for _, u := range c.Unended {
		u.text(b)
	}
	for _, v := range c.Violations {
		v.text(b, remark(v))
	}
	return b.Flush()
}

// waitsText says which calls wait for one that stopped in the middle.
func (c *Certificate) waitsText(w io.Writer) {
	if c.Stalled == 0 {
		return
	}
	var waiters []string
	for _, x := range c.Waits {
		waiter, _, _ := strings.Cut(x, " ")
		if !slices.Contains(waiters, waiter) {
			waiters = append(waiters, waiter)
		}
	}
	if len(waiters) == 0 {
		fmt.Fprintf(w, "  no call waits for another one that has stopped\n")
		return
	}
	fmt.Fprintf(w, "  where another call has stopped for ever, these may wait: %s\n", strings.Join(waiters, ", "))
}

// pinsText says whether what a call pins was looked at.
func (c *Certificate) pinsText(w io.Writer) {
	if c.Pins+c.PinsWaited == 0 {
		return
	}
	fmt.Fprintf(w, "  keys came and went while a call had stopped, %s: what it pins was judged", counted(c.Pins, "time"))
	if c.PinsWaited > 0 {
		fmt.Fprintf(w, "; they waited for it %s", counted(c.PinsWaited, "time"))
	}
	fmt.Fprintln(w)
}

func (v Violation) text(w io.Writer, remark string) {
	if remark != "" {
		remark = ", " + remark
	}
	fmt.Fprintf(w, "\n  %s is broken%s: %s\n", v.Clause, remark, v.Clause.Sentence())
	if v.Evidence != "" {
		fmt.Fprintf(w, "    %s\n", v.Evidence)
	}
	fmt.Fprintf(w, "    program   %s\n", readable(v.Program.Threads))
	onText(w, v.Initial, v.Program.Init, v.Policy)
	if v.Schedule != "" { // else it is no matter of one execution
		fmt.Fprintf(w, "    schedule  %s (%s)\n", v.Schedule, counted(v.Preemptions, "preemption"))
	}
}

func (u Unended) text(w io.Writer) {
	fmt.Fprintf(w, "\n  %s: %s\n", u.Bound, u.Evidence)
	fmt.Fprintf(w, "    program   %s\n", readable(u.Program.Threads))
	onText(w, u.Initial, u.Program.Init, u.Policy)
	fmt.Fprintf(w, "    schedule  %s\n", abridged(u.Schedule))
}

// onText says where a program begins, and what made that map unless it is long.
func onText(w io.Writer, initial string, ops []model.Op, policy string) {
	made := ""
	if 0 < len(ops) && len(ops) < 4 {
		made = " made by " + readable([][]model.Op{ops})
	}
	fmt.Fprintf(w, "    on        the map %q%s, hashes %s\n", initial, made, policy)
}

// readable is a program in a line, its goroutines side by side.
func readable(threads [][]model.Op) string {
	var all []string
	for _, t := range threads {
		var ops []string
		for _, o := range t {
			ops = append(ops, o.String())
		}
		all = append(all, strings.Join(ops, "; "))
	}
	return strings.Join(all, " ‖ ")
}

// abridged leaves out the middle of a schedule that nobody reads to the end.
func abridged(schedule string) string {
	const most = 120
	switch {
	case schedule == "":
		return "no step yet"
	case len(schedule) <= most:
		return schedule
	}
	return fmt.Sprintf("%s … (%d characters; all of it in -json)", schedule[:most], len(schedule))
}

func (c *Certificate) shardText() string {
	if c.Of == len(c.Shards) {
		return ""
	}
	return fmt.Sprintf(", shard %d of %d", c.Shards[0], c.Of)
}

func (c *Certificate) counts() string {
	parts := []string{counted(c.Executions-c.Stalled, "execution")}
	if c.Classes > 0 {
		parts[0] = english.Commas(c.Classes) + " classes of executions"
		if c.Classes == 1 {
			parts[0] = "1 class of executions"
		}
	}
	if c.Stalled > 0 {
		parts = append(parts, english.Commas(c.Stalled)+" more with a goroutine stopped for ever")
	}
	if c.CutShort > 0 {
		parts = append(parts, english.Commas(c.CutShort)+" cut short")
	}
	if c.Released > 0 {
		parts = append(parts, english.Commas(c.Released)+" judged for release")
	}
	return strings.Join(parts, ", ")
}

// gathered is a certificate's assumptions with one line for all package
// variables, which may be many, and each file named once.
func gathered(assumed []string) []string {
	var others, names []string
	last := ""
	for _, a := range assumed {
		v, is := strings.CutPrefix(a, variableAssumed)
		v, same := strings.CutSuffix(v, sameBefore)
		if !is || !same {
			others = append(others, a)
			continue
		}
		file, rest, _ := strings.Cut(v, ":")
		if file == last {
			v = "line " + rest
		}
		last = file
		names = append(names, v)
	}
	if len(names) < 2 {
		return assumed
	}
	return append(others, fmt.Sprintf("%s are the same before each execution: %s", counted(len(names), "package variable"), strings.Join(names, ", ")))
}

// counted is n of what.
func counted(n int, what string) string {
	return english.Commas(n) + " " + english.Noun(n, what)
}

// lines is a range of lines of a file.
type lines struct {
	file     string
	from, to int
}

// shortUnreached shows the statements that no program reached, those next to
// each other as one, and a file's name once: "map.go:3, 7-9".
func shortUnreached(statements []string) string {
	var all []lines
	for _, s := range statements {
		var l lines
		i := strings.LastIndexByte(s, ':')
		if i < 0 {
			return strings.Join(statements, ", ")
		}
		l.file = s[:i]
		if n, err := fmt.Sscanf(s[i+1:], "%d-%d", &l.from, &l.to); n != 2 || err != nil {
			return strings.Join(statements, ", ")
		}
		if n := len(all); n > 0 && all[n-1].file == l.file && l.from <= all[n-1].to+1 {
			all[n-1].to = max(all[n-1].to, l.to)
			continue
		}
		all = append(all, l)
	}
	var texts []string
	for i, l := range all {
		text := fmt.Sprint(l.from)
		if l.to > l.from {
			text = fmt.Sprintf("%d-%d", l.from, l.to)
		}
		if i == 0 || all[i-1].file != l.file {
			text = filepath.Base(l.file) + ":" + text
		}
		texts = append(texts, text)
	}
	return strings.Join(slices.Clip(texts), ", ")
}

// AsFarAsAsked reports whether everything was explored that was asked for: a
// sample was asked for, a budget that was hit was not, and after a failure
// nothing more is asked.
func (c *Certificate) AsFarAsAsked() bool {
	return !slices.ContainsFunc(c.Bounds, func(b string) bool { return b != wire.Sampled && b != wire.FirstFailure })
}
