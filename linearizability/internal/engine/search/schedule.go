package search

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
)

// Schedule lists the thread that takes each step.
type Schedule []uint8

func scheduleOf(trace []sched.Event) Schedule {
	s := make(Schedule, len(trace))
	for i := range trace {
		s[i] = trace[i].Thread
	}
	return s
}

// String returns the schedule as text, with consecutive steps of a thread written
// as one part: 0x3,1,0 means 0, 0, 0, 1, 0. ParseSchedule reads it.
func (s Schedule) String() string {
	var b strings.Builder
	for i := 0; i < len(s); {
		n := 1
		for i+n < len(s) && s[i+n] == s[i] {
			n++
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(int(s[i])))
		if n > 1 {
			fmt.Fprintf(&b, "x%d", n)
		}
		i += n
	}
	return b.String()
}

// maxSchedule bounds the steps that ParseSchedule accepts.
const maxSchedule = 1 << 20

// ParseSchedule reads what [Schedule.String] writes.
func ParseSchedule(text string) (Schedule, error) {
	var s Schedule
	if text == "" {
		return s, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		thread, count, many := strings.Cut(part, "x")
		t, err := strconv.Atoi(thread)
		n := 1
		if err == nil && many {
			n, err = strconv.Atoi(count)
		}
		if err != nil || t < 0 || t >= sched.MaxThreads || n < 1 || len(s)+n > maxSchedule {
			return nil, fmt.Errorf("search: schedule %q: %q is not of the form THREAD or THREADxSTEPS", text, part)
		}
		for range n {
			s = append(s, uint8(t))
		}
	}
	return s, nil
}

// Replay runs p once with the schedule s. If s ends before the execution does,
// Replay continues without preemptions. It fails if s asks for a thread that is
// not enabled.
func Replay(p Program, o Options, s Schedule) (Result, error) {
	e := New(len(p.Threads), o)
	defer e.Close()
	return e.Replay(p, s)
}

// Replay runs p as the function Replay does.
func (e *Engine) Replay(p Program, s Schedule) (Result, error) {
	return e.run(p, &replayer{schedule: s})
}

// replayer is the strategy of [Replay].
type replayer struct {
	schedule Schedule
	begun    bool
	err      error
}

func (r *replayer) bound() (Bound, bool) { return OneSchedule, true }

func (r *replayer) begin() bool {
	first := !r.begun
	r.begun = true
	return first
}

func (r *replayer) Choose(s *sched.Scheduler, enabled sched.Threads) int {
	trace := s.Trace()
	d := len(trace)
	if d >= len(r.schedule) {
		if d > 0 && enabled.Has(int(trace[d-1].Thread)) {
			return int(trace[d-1].Thread)
		}
		return enabled.First()
	}
	t := int(r.schedule[d])
	if !enabled.Has(t) {
		r.err = fmt.Errorf("search: step %d of the schedule belongs to thread %d, which has ended or must wait: "+
			"use a schedule of this version of the program", d, t)
		return sched.Stop
	}
	return t
}

func (r *replayer) end(s *sched.Scheduler) error {
	if n := len(s.Trace()); r.err == nil && n < len(r.schedule) {
		r.err = fmt.Errorf("search: the execution ended after %d of the schedule's %d steps: "+
			"use a schedule of this version of the program", n, len(r.schedule))
	}
	return r.err
}
