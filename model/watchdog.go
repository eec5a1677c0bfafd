package model

import (
	"bytes"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// LookEvery is the interval at which a [Watchdog] must be called.
const LookEvery = 50 * time.Millisecond

// The watchdog's limits, as the number of looks during which no call returned. It
// counts looks instead of seconds, so that a process that was suspended does not run
// out of time. Blocked goroutines are certain to be stuck sooner than busy ones.
const (
	blockedLooks = 40  // two seconds
	busyLooks    = 300 // fifteen seconds
)

// A Watchdog decides whether goroutines that call a map are stuck. Its zero value is
// ready for use, and Stuck must be called every LookEvery.
//
// Goroutines are stuck in one of two cases. They were blocked for two seconds, while
// no other goroutine could run and release them. (A map may have goroutines of its
// own.) Or no call returned for fifteen seconds.
type Watchdog struct {
	progress int64
	looks    int // since progress last changed
	blocked  int // the last ones in a row that showed every goroutine blocked
}

// Stuck looks at the goroutines with these ids. So far progress calls have returned
// in them. If the goroutines are stuck, it returns the place where each one is.
func (w *Watchdog) Stuck(progress int64, ids []int64) (where []Stuck, stuck bool) {
	if len(ids) == 0 || progress != w.progress {
		*w = Watchdog{progress: progress}
		return nil, false
	}
	if w.looks++; w.looks < blockedLooks/4 {
		return nil, false // too early for a dump of all goroutines, which stops the world
	}
	all := goroutines()
	allBlocked := true
	for _, id := range ids {
		g, ok := all[id]
		allBlocked = allBlocked && ok && g.blocked()
		where = append(where, g.where())
	}
	self := GoroutineID()
	for id, g := range all {
		allBlocked = allBlocked && (id == self || g.state != "running" && g.state != "runnable")
	}
	if w.blocked++; !allBlocked {
		w.blocked = 0
	}
	return where, w.blocked >= blockedLooks*3/4 || w.looks >= busyLooks
}

// GoroutineID returns the number of the calling goroutine, as in a stack trace.
func GoroutineID() int64 {
	var buf [64]byte
	header := buf[:runtime.Stack(buf[:], false)]
	id, _, _ := strings.Cut(strings.TrimPrefix(string(header), "goroutine "), " ")
	n, _ := strconv.ParseInt(id, 10, 64)
	return n
}

// goroutine is one goroutine in a dump.
type goroutine struct {
	state  string
	frames []string // function and position, alternately
}

// goroutines returns all goroutines by number.
func goroutines() map[int64]goroutine {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	all := map[int64]goroutine{}
	for _, text := range bytes.Split(buf, []byte("\n\n")) {
		lines := strings.Split(string(text), "\n")
		id, state, ok := strings.Cut(strings.TrimPrefix(lines[0], "goroutine "), " [")
		n, err := strconv.ParseInt(id, 10, 64)
		if !ok || err != nil {
			continue
		}
		state, _, _ = strings.Cut(strings.TrimSuffix(state, "]:"), ",")
		all[n] = goroutine{state, lines[1:]}
	}
	return all
}

// blocked reports whether g waits for another goroutine.
func (g goroutine) blocked() bool {
	switch g.state {
	case "semacquire", "select", "chan receive", "chan send", "chan receive (nil chan)", "chan send (nil chan)", "select (no cases)":
		return true
	}
	return strings.HasPrefix(g.state, "sync.")
}

// where returns the innermost function of g outside the runtime and package sync.
// That is where the map waits, as opposed to what it waits in.
func (g goroutine) where() Stuck {
	for i := 0; i+1 < len(g.frames); i += 2 {
		function, position := g.frames[i], strings.TrimSpace(g.frames[i+1])
		if isWaitFunction(function) {
			continue
		}
		if paren := strings.LastIndexByte(function, '('); paren > 0 {
			function = strings.ReplaceAll(function[:paren], "[...]", "")
		}
		position, _, _ = strings.Cut(position, " ")
		if slash := strings.LastIndexByte(position, '/'); slash >= 0 {
			position = position[slash+1:]
		}
		return Stuck{Function: function, Line: position, State: g.state}
	}
	return Stuck{State: g.state}
}

// isWaitFunction reports whether function belongs to the implementation of waiting.
func isWaitFunction(function string) bool {
	for _, prefix := range []string{
		"runtime.", "sync.runtime_", "sync.(*Mutex)", "sync.(*RWMutex)", "sync.(*Cond)", "sync.(*WaitGroup)",
		"internal/sync.runtime_", "internal/sync.(*Mutex)", "sync/atomic.",
	} {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return false
}
