package model

import (
	"bytes"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// How long calls may go without any returning before a [Watchdog] calls them
// stuck. Waiting for a lock that nobody can release is certain sooner than
// working without end.
const (
	BlockedLimit = 2 * time.Second
	BusyLimit    = 15 * time.Second
)

// A Watchdog decides whether goroutines that call a map will ever return. It is
// asked at intervals; the zero value is ready.
//
// Goroutines are stuck if no call returned for BlockedLimit while every one of
// them was seen blocked, or if none returned for BusyLimit. A goroutine that is
// ready and not running counts as not blocked, so that a loaded machine is no
// reason for an alarm.
type Watchdog struct {
	progress int64
	since    time.Time // when progress last changed
	free     time.Time // when a goroutine was last seen not blocked
}

// Stuck looks at the goroutines with these ids, whose calls have returned
// progress times in all. If they are stuck it says where each stands.
func (w *Watchdog) Stuck(progress int64, ids []int64) (where []string, stuck bool) {
	now := time.Now()
	if w.since.IsZero() || progress != w.progress {
		w.progress, w.since, w.free = progress, now, now
		return nil, false
	}
	if now.Sub(w.since) < BlockedLimit/4 {
		return nil, false // a dump of all goroutines stops the world: not for nothing
	}
	all := goroutines()
	blocked := true
	for _, id := range ids {
		g, ok := all[id]
		blocked = blocked && ok && g.blocked()
		where = append(where, g.where())
	}
	if !blocked {
		w.free = now
	}
	return where, now.Sub(w.free) >= BlockedLimit || now.Sub(w.since) >= BusyLimit
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
func (g goroutine) where() string {
	for i := 0; i+1 < len(g.frames); i += 2 {
		function, position := g.frames[i], strings.TrimSpace(g.frames[i+1])
		if insideWaiting(function) {
			continue
		}
		if paren := strings.LastIndexByte(function, '('); paren > 0 {
			function = function[:paren]
		}
		position, _, _ = strings.Cut(position, " ")
		if slash := strings.LastIndexByte(position, '/'); slash >= 0 {
			position = position[slash+1:]
		}
		return function + " at " + position + " [" + g.state + "]"
	}
	return "[" + g.state + "]"
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
