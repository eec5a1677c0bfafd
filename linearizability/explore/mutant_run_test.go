package explore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/process"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// death is what killed a mutant, or that nothing did.
type death struct {
	tried   bool
	stage   string
	clause  string // or "crash" or "endless", which no clause is named after
	program string // and the map it runs on
}

func (d death) String() string {
	switch {
	case !d.tried:
		return ""
	case d.clause == "":
		return "-"
	}
	return strings.TrimSpace(d.stage + " " + d.clause)
}

// hung bounds a stage: a loop without atomics is out of the scheduler's reach.
const hung = 20 * time.Minute

// errKilled ends a worker whose other messages do not matter.
var errKilled = errors.New("the mutant is killed")

// try runs one stage on one mutant. What the map does unmutated does not kill.
func try(binary string, number int, s stage, expected outcome) (death, outcome, error) {
	d, seen := death{}, outcome{found: map[model.Clause]wire.Rank{}}
	r, err := process.Command{
		Path: binary, Time: hung,
		Env:   []string{selected + "=" + strconv.Itoa(number), "GOMAXPROCS=1", "GORACE=exitcode=0"},
		Stdin: func(w io.WriteCloser) { _ = json.NewEncoder(w).Encode(s.job) }, // open as long as the worker is wanted
		Message: func(line []byte) error {
			var m wire.Message
			if err := json.Unmarshal(line, &m); err != nil {
				return err
			}
			if d = seen.hear(m, expected); d.clause != "" {
				return errKilled
			}
			return nil
		},
	}.Run(context.Background())
	switch {
	case err != nil:
		return death{}, outcome{}, err
	case d.clause != "" || seen.done: // how it ends does not matter
	case r.Ending == process.TimeLimit:
		d.clause = "endless"
	default:
		d.clause = "crash"
	}
	d.stage, d.tried = s.name, true
	return d, seen, nil
}

// outcome is what a stage says of a map.
type outcome struct {
	found   map[model.Clause]wire.Rank
	limited bool // an execution has reached the limit of steps
	done    bool
	report  wire.Report
}

// hear takes a message, and returns the death that it says.
func (seen *outcome) hear(m wire.Message, expected outcome) death {
	switch {
	case strings.Contains(m.Error, "does not end"): // the initial map, already
		return death{clause: "endless"}
	case m.Error != "":
		return death{clause: "refused: " + m.Error}
	case m.Found != nil:
		seen.found[m.Found.Clause] = m.Found.Rank
		if rank, ok := expected.found[m.Found.Clause]; expected.done && (!ok || m.Found.Rank.Before(rank)) {
			return death{clause: string(m.Found.Clause), program: shown(m.Found)}
		}
	case m.Report != nil:
		seen.report, seen.done, seen.limited = *m.Report, true, m.Report.Limited > 0
		endless := slices.Contains(m.Report.Bounds, wire.Endless) // a loop without a step
		if expected.done && (endless || seen.limited && !expected.limited) {
			return death{clause: "endless"}
		}
	}
	return death{}
}

// shown is a program and what it runs on, in one line.
func shown(f *wire.Found) string {
	text := f.Witness.Schedule.Initial
	if p := f.Witness.Schedule.Hashes; p != Policies[0] {
		text += ", " + p
	}
	return text + ": " + threadsText(history.Program{Threads: f.Witness.Threads})
}

func threadsText(p history.Program) string {
	var threads []string
	for _, t := range p.Threads {
		var ops []string
		for _, o := range t {
			ops = append(ops, o.String())
		}
		threads = append(threads, strings.Join(ops, "; "))
	}
	return strings.Join(threads, " ‖ ")
}

// baseline is what the unmutated map does in a stage.
func baseline(binary string, s stage) (outcome, error) {
	d, seen, err := try(binary, 0, s, outcome{})
	if err == nil && !seen.done {
		err = fmt.Errorf("the map without a mutant does not survive %s: %v", s.name, d)
	}
	return seen, err
}

// judgeOf is a program that judges a copy by package property, in one
// goroutine, and prints the clauses that it breaks; with an argument, by package
// stress, for a second.
func judgeOf(m Map, copied string) []byte {
	name, _, _ := strings.Cut(strings.TrimPrefix(m.New, "new("), ".")
	return fmt.Appendf(nil, `package main

import (
	"context"
	"fmt"
	"os"
	"time"

	%s %q

	"github.com/mapspec/mapspec/linearizability/internal/worker"
	"github.com/mapspec/mapspec/linearizability/internal/stress"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property"
)

func main() {
	s := worker.Of(%q, %#v, %s, func() any { return %[5]s })
	o := property.Options{Seed: 1, Programs: 300, Keys: 32, PumpLength: 3, Turns: 1000}
	judge := func() []model.Verdict { return property.Judge(context.Background(), s, o) }
	if len(os.Args) > 1 {
		judge = func() []model.Verdict { return stress.Judge(context.Background(), s, stress.Options{Seed: 1, Budget: time.Second}) }
	}
	for _, v := range judge() {
		if v.Status == model.Violation {
			fmt.Println(v.Clause)
		}
	}
}
`, name, copied, m.Name, m.Promise, m.New)
}

// judgeAlone runs what judgeOf built on a mutant.
func judgeAlone(binary string, number int) (broken []string, err error) {
	return runJudge(exec.Command(binary), number)
}

// judgeStressed is judgeAlone by many goroutines.
func judgeStressed(binary string, number int) (broken []string, err error) {
	return runJudge(exec.Command(binary, "stress"), number)
}

func runJudge(p *exec.Cmd, number int) (broken []string, err error) {
	p.Env = append(os.Environ(), selected+"="+strconv.Itoa(number))
	kill := time.AfterFunc(hung, func() { _ = p.Process.Kill() })
	defer kill.Stop()
	out, err := p.Output()
	return strings.Fields(string(out)), err
}
