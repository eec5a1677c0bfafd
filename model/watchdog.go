package model

import (
	"bytes"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// How many looks, at LookEvery, may show no call that returned before a
// [Watchdog] calls them stuck. Waiting for a lock that nobody can release is
// certain sooner than working without end. Looks are counted, not seconds, so
// that a process that was stopped meanwhile is given the time it lost.
const (
	LookEvery    = 50 * time.Millisecond
	blockedLooks = 40  // two seconds
	busyLooks    = 300 // fifteen
)

// A Watchdog decides whether goroutines that call a map will ever return. It is
// asked every LookEvery; the zero value is ready.
//
// Goroutines are stuck if blockedLooks in a row showed all of them blocked and
// nobody else ready to run, who might release them: a map may have goroutines
// of its own. Or if busyLooks in a row showed no call that returned.
type Watchdog struct {
	progress int64
	looks    int // since progress last changed
	blocked  int // of these, the last ones, that showed everybody blocked
}

// Stuck looks at the goroutines with these ids, whose calls have returned
// progress times in all. If they are stuck it says where each stands.
func (w *Watchdog) Stuck(progress int64, ids []int64) (where []Stuck, stuck bool) {
	if len(ids) == 0 || progress != w.progress {
		*w = Watchdog{progress: progress}
		return nil, false
	}
	if w.looks++; w.looks < blockedLooks/4 {
		return nil, false // a dump of all goroutines stops the world: not for nothing
	}
	all := goroutines()
	everybody := true
	for _, id := range ids {
		g, ok := all[id]
		everybody = everybody && ok && g.blocked()
		where = append(where, g.where())
	}
	self := GoroutineID()
	for id, g := range all {
		everybody = everybody && (id == self || g.state != "running" && g.state != "runnable")
	}
	if w.blocked++; !everybody {
		w.blocked = 0
	}
	return where, w.blocked >= blockedLooks*3/4 || w.looks >= busyLooks
}

// GoroutineID returns the calling goroutine's number in a dump.
func GoroutineID() int64 {
	var buf [64]byte
	header := buf[:runtime.Stack(buf[:], false)]
	id, _, _ := strings.Cut(strings.TrimPrefix(string(header), "goroutine "), " ")
	n, _ := strconv.ParseInt(id, 10, 64)
	return n
}

// goroutine is one goroutine of a dump.
type goroutine struct {
	state  string
	frames []string // function, then position, alternately
}

// goroutines dumps all goroutines by number.
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

// where names the innermost function of g outside the runtime and package
// sync, with its file and line: where the map waits, not what it waits in.
func (g goroutine) where() Stuck {
	for i := 0; i+1 < len(g.frames); i += 2 {
		function, position := g.frames[i], strings.TrimSpace(g.frames[i+1])
		if insideWaiting(function) {
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

// insideWaiting reports whether function belongs to what a goroutine waits in.
func insideWaiting(function string) bool {
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
