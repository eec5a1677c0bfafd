//go:build unix

package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A test runs this binary as the child. The variable names what the child does.
const behaviourVariable = "PROCESS_TEST_CHILD"

func TestMain(m *testing.M) {
	if name := os.Getenv(behaviourVariable); name != "" {
		behaviours[name]()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// behaviours are what a child can do. The children that must be ended block.
var behaviours = map[string]func(){
	"prints": func() {
		send := open()
		fmt.Println("not a message")
		_, _ = syscall.Write(1, []byte("nor this\n"))
		send("first")
		fmt.Fprintln(os.Stderr, "an error")
		send("second")
	},
	"echoes": func() {
		send := open()
		in, _ := io.ReadAll(os.Stdin)
		send(string(in))
	},
	"cuts off its last message": func() {
		send := open()
		send("whole")
		_, _ = syscall.Write(3, []byte("cut o"))
	},
	"sends its number": func() { open()(strconv.Itoa(os.Getpid())) },
	"exits 7":          func() { os.Exit(7) },
	"kills itself":     func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); block() },
	"blocks":           func() { open()("ready"); block() },
	"is deaf":          func() { block() },
	"ends when interrupted": func() {
		interrupted := make(chan os.Signal, 1)
		signal.Notify(interrupted, os.Interrupt)
		send := open()
		send("ready")
		<-interrupted
		send("so far")
	},
	"ignores interrupts": func() {
		signal.Ignore(os.Interrupt)
		open()("ready")
		block()
	},
	"stops": func() { open(); _ = syscall.Kill(os.Getpid(), syscall.SIGSTOP); block() },
	"hangs up": func() {
		open()
		_ = syscall.Close(3)
		block()
	},
	"floods": func() {
		for i := range 20_000 {
			fmt.Println("line", i)
			fmt.Fprintln(os.Stderr, "line", i)
		}
	},
	"floods for ever": func() {
		send := open()
		for i := 0; ; i++ {
			fmt.Println("line", i)
			if i == 20_000 { // no pipe is as long
				send("ready")
			}
		}
	},
	"floods its messages": func() {
		out, _ := Messages()
		for {
			_, _ = out.Write(bytes.Repeat([]byte("x"), 1<<20))
		}
	},
	"forks":                      func() { open()(fork(false, os.Stdout)) },
	"forks and blocks":           func() { open()(fork(false, os.Stdout)); block() },
	"forks into a group":         func() { open()(fork(true, os.Stdout)) },
	"forks quietly into a group": func() { open()(fork(true, nil)) },
	"takes memory": func() {
		send := open()
		b := make([]byte, 256<<20)
		for i := range b {
			b[i] = 1
		}
		send("ready")
		block()
	},
	"tells its memory limit": func() { open()(os.Getenv("GOMEMLIMIT")) },
	"tells whether it can send": func() {
		_, err := Messages()
		fmt.Println(err)
	},
}

// block waits to be killed. It returns only if the supervisor fails to kill it.
func block() {
	time.Sleep(5 * time.Minute)
	os.Exit(3)
}

// open returns a function that sends a message.
func open() func(string) {
	out, err := Messages()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return func(line string) { _, _ = fmt.Fprintln(out, line) }
}

// fork starts a process that keeps out open and blocks. The process may have a group
// of its own. fork returns its number.
func fork(leads bool, out *os.File) string {
	self, _ := os.Executable()
	c := exec.Command(self)
	c.Env = append(os.Environ(), behaviourVariable+"=is deaf")
	c.Stdout, c.SysProcAttr = out, &syscall.SysProcAttr{Setpgid: leads}
	if err := c.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return strconv.Itoa(c.Process.Pid)
}

// clock is a clock that a test moves: a send on at(d) ends the next wait of d.
type clock map[time.Duration]chan time.Time

const hour = time.Hour // a time limit

func newClock() clock {
	c := clock{}
	for _, d := range []time.Duration{hour, grace, patience, lookEvery, drainTime} {
		c[d] = make(chan time.Time)
	}
	return c
}

func (c clock) after(d time.Duration) <-chan time.Time { return c[d] }

// always ends all waits of d immediately, until the test ends.
func (c clock) always(t *testing.T, d time.Duration) {
	go func() {
		for {
			select {
			case c[d] <- time.Time{}:
			case <-t.Context().Done():
				return
			}
		}
	}()
}

// run runs a child and returns its messages. It calls on after each message, unless on
// is nil.
func run(t *testing.T, ctx context.Context, behaviour string, c Command, on func(line string)) (Result, []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var messages []string
	c.Path, c.Env = self, append(c.Env, behaviourVariable+"="+behaviour)
	if c.Message == nil {
		c.Message = func(line []byte) error {
			messages = append(messages, string(line))
			if on != nil {
				on(string(line))
			}
			return nil
		}
	}
	if c.after == nil {
		c.after = newClock().after
	}
	r, err := c.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return r, messages
}

// ended fails t unless the child ended in this way.
func ended(t *testing.T, r Result, want Ending, state string) {
	t.Helper()
	if r.Ending != want || r.State != state {
		t.Errorf("the child: %d, %v (%s), stderr %q; want %d, %s", r.Ending, r, r.State, r.Stderr, want, state)
	}
}

// gone fails t if there is such a process, even one that has not been reaped.
func gone(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(n, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is there: %v", n, err)
	}
}

func interrupt(p *os.Process) { _ = p.Signal(os.Interrupt) }

func TestOutputIsNotAMessage(t *testing.T) {
	r, messages := run(t, t.Context(), "prints", Command{}, nil)
	ended(t, r, Exited, "exit status 0")
	if got := strings.Join(messages, ","); got != "first,second" {
		t.Errorf("messages %q", got)
	}
	if r.Stdout != "not a message\nnor this\n" || r.Stderr != "an error\n" || !r.OK() {
		t.Errorf("stdout %q, stderr %q", r.Stdout, r.Stderr)
	}
	var out bytes.Buffer
	if r, _ := run(t, t.Context(), "prints", Command{Stdout: &out}, nil); out.String() != "not a message\nnor this\n" || r.Stdout != "" {
		t.Errorf("a writer received %q", out.String())
	}
}

func TestAChildReadsItsInput(t *testing.T) {
	input := func(w io.WriteCloser) {
		_, _ = io.WriteString(w, "a question")
		_ = w.Close()
	}
	r, messages := run(t, t.Context(), "echoes", Command{Stdin: input}, nil)
	ended(t, r, Exited, "exit status 0")
	if len(messages) != 1 || messages[0] != "a question" {
		t.Errorf("messages %q", messages)
	}
	if _, messages := run(t, t.Context(), "echoes", Command{}, nil); len(messages) != 1 || messages[0] != "" {
		t.Errorf("without input: messages %q", messages)
	}
}

// Input that the child does not read blocks only its writer.
func TestUnreadInputDoesNotBlockTheSupervisor(t *testing.T) {
	c, failed := newClock(), make(chan error, 1)
	r, _ := run(t, t.Context(), "blocks", Command{Time: hour, after: c.after, Stdin: func(w io.WriteCloser) {
		_, err := w.Write(make([]byte, 1<<24))
		failed <- err
	}}, func(string) { go func() { c[hour] <- time.Time{} }() })
	ended(t, r, TimeLimit, "signal: killed")
	if err := <-failed; err == nil {
		t.Error("the child has read all of it")
	}
}

func TestHowAChildEndsByItself(t *testing.T) {
	r, _ := run(t, t.Context(), "exits 7", Command{}, nil)
	ended(t, r, Exited, "exit status 7")
	if r.OK() || r.String() != "exit status 7" {
		t.Errorf("OK %v, %v", r.OK(), r)
	}
	r, _ = run(t, t.Context(), "kills itself", Command{}, nil)
	ended(t, r, Signalled, "signal: killed")
	if r.String() != "signal: killed" {
		t.Errorf("it is %v", r)
	}
}

func TestACancelledChildIsKilled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, _ := run(t, ctx, "ends when interrupted", Command{}, func(string) { cancel() })
	ended(t, r, Cancelled, "signal: killed")
	r, _ = run(t, ctx, "blocks", Command{}, nil)
	ended(t, r, Cancelled, "") // it was never started
}

func TestAnInterruptedChildSendsWhatItHas(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, messages := run(t, ctx, "ends when interrupted", Command{Interrupt: interrupt}, func(string) { cancel() })
	ended(t, r, Cancelled, "exit status 0")
	if len(messages) != 2 || messages[1] != "so far" {
		t.Errorf("messages %q", messages)
	}
}

// A child cannot react to an interrupt before it has read its input.
func TestAChildIsInterruptedAfterItsInput(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var written atomic.Bool
	run(t, ctx, "ends when interrupted", Command{
		Stdin: func(io.WriteCloser) {
			cancel()
			time.Sleep(10 * time.Millisecond) // in which nothing must happen
			written.Store(true)
		},
		Interrupt: func(p *os.Process) {
			if !written.Load() {
				t.Error("the child is interrupted before its input is written")
			}
			interrupt(p)
		},
	}, nil)
}

func TestAChildThatIgnoresInterruptsIsKilled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newClock()
	c.always(t, grace)
	r, _ := run(t, ctx, "ignores interrupts", Command{Interrupt: interrupt, after: c.after}, func(string) { cancel() })
	ended(t, r, Cancelled, "signal: killed")
}

func TestATimeLimitEndsAChild(t *testing.T) {
	c := newClock()
	up := func(string) { go func() { c[hour] <- time.Time{} }() }
	r, _ := run(t, t.Context(), "blocks", Command{Time: hour, after: c.after}, up)
	ended(t, r, TimeLimit, "signal: killed")
	sent := false
	r, messages := run(t, t.Context(), "ends when interrupted", Command{Time: hour, Interrupt: interrupt, after: c.after}, func(line string) {
		if !sent {
			sent = true
			up(line)
		}
	})
	ended(t, r, TimeLimit, "exit status 0")
	if len(messages) != 2 {
		t.Errorf("messages %q", messages)
	}
}

func TestAFloodOfOutputDoesNotBlock(t *testing.T) {
	r, _ := run(t, t.Context(), "floods", Command{}, nil)
	ended(t, r, Exited, "exit status 0")
	for name, text := range map[string]string{"stdout": r.Stdout, "stderr": r.Stderr} {
		if len(text) > tailSize || !strings.HasSuffix(text, "\nline 19999\n") || !strings.HasPrefix(text, "line ") {
			t.Errorf("%s: %d bytes, %.20q…", name, len(text), text)
		}
	}
	c := newClock()
	r, _ = run(t, t.Context(), "floods for ever", Command{Time: hour, after: c.after}, func(string) {
		go func() { c[hour] <- time.Time{} }()
	})
	ended(t, r, TimeLimit, "signal: killed")
	r, _ = run(t, t.Context(), "floods its messages", Command{}, nil)
	ended(t, r, Refused, "signal: killed")
	if !errors.Is(r.Refusal, errTooLong) {
		t.Errorf("refusal %v", r.Refusal)
	}
}

// A writer that fails does not block the child.
func TestOutputThatCannotBeKeptIsDiscarded(t *testing.T) {
	_, w := io.Pipe()
	_ = w.CloseWithError(io.ErrClosedPipe)
	r, _ := run(t, t.Context(), "floods", Command{Stdout: w}, nil)
	ended(t, r, Exited, "exit status 0")
}

func TestAChildThatClosesItsMessagesIsEnded(t *testing.T) {
	c := newClock()
	c.always(t, patience)
	r, _ := run(t, t.Context(), "hangs up", Command{after: c.after}, nil)
	ended(t, r, Closed, "signal: killed")
}

func TestARefusedMessageEndsTheChild(t *testing.T) {
	refusal := errors.New("no message of ours")
	r, _ := run(t, t.Context(), "blocks", Command{Message: func([]byte) error { return refusal }}, nil)
	ended(t, r, Refused, "signal: killed")
	if r.Refusal != refusal || !strings.Contains(r.String(), "no message of ours") {
		t.Errorf("%v: %v", r, r.Refusal)
	}
	// The child may end before its message is read.
	r, _ = run(t, t.Context(), "sends its number", Command{Message: func(line []byte) error {
		pid, _ := strconv.Atoi(string(line))
		for syscall.Kill(pid, 0) == nil {
			time.Sleep(time.Millisecond)
		}
		return refusal
	}}, nil)
	ended(t, r, Refused, "exit status 0")
}

func TestAnIncompleteMessageIsIgnored(t *testing.T) {
	r, messages := run(t, t.Context(), "cuts off its last message", Command{}, nil)
	ended(t, r, Exited, "exit status 0")
	if len(messages) != 1 || messages[0] != "whole" {
		t.Errorf("messages %q", messages)
	}
}

// The processes that a child started end with it and are reaped, however it ends.
func TestDescendantsDoNotOutliveAChild(t *testing.T) {
	r, messages := run(t, t.Context(), "forks", Command{}, nil)
	ended(t, r, Exited, "exit status 0")
	gone(t, messages[0])
	ctx, cancel := context.WithCancel(t.Context())
	r, messages = run(t, ctx, "forks and blocks", Command{}, func(string) { cancel() })
	ended(t, r, Cancelled, "signal: killed")
	gone(t, messages[0])
}

// A process that leaves the group escapes, but its open pipe does not block Run.
func TestAProcessThatLeavesTheGroupIsNotWaitedFor(t *testing.T) {
	c := newClock()
	r, _ := run(t, t.Context(), "forks into a group", Command{after: c.after}, func(line string) {
		killLater(t, line)
		go func() { c[drainTime] <- time.Time{} }()
	})
	ended(t, r, Exited, "exit status 0")
}

// Only the child itself can send messages, so they end when it does.
func TestDescendantsCannotSendMessages(t *testing.T) {
	r, _ := run(t, t.Context(), "forks quietly into a group", Command{}, func(line string) { killLater(t, line) })
	ended(t, r, Exited, "exit status 0")
}

// killLater kills a process when the test ends, and fails t if the process does not
// exist. On Linux this process has become its parent and reaps it.
func killLater(t *testing.T, line string) {
	t.Cleanup(func() {
		pid, err := strconv.Atoi(line)
		if err == nil {
			err = syscall.Kill(pid, syscall.SIGKILL)
		}
		if err != nil {
			t.Errorf("process %s has not escaped: %v", line, err)
			return
		}
		if reaped, err := syscall.Wait4(pid, nil, 0, nil); runtime.GOOS == "linux" && reaped != pid {
			t.Errorf("process %d cannot be reaped: %v", pid, err)
		}
	})
}

func TestMessagesNeedADescriptor(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Command{Path: self, Env: []string{behaviourVariable + "=tells whether it can send"}}.Run(t.Context())
	if err != nil || !strings.HasPrefix(r.Stdout, "no descriptor to send messages on: ") || strings.Count(r.Stdout, "\n") != 1 {
		t.Errorf("%v, stdout %q", err, r.Stdout)
	}
}

// On a system that cannot pass a descriptor to a child, Run fails. It does not use
// standard output for messages.
func TestWithoutDescriptorsThereAreNoMessages(t *testing.T) {
	defer func(had bool) { passesDescriptors = had }(passesDescriptors)
	passesDescriptors = false
	_, err := Command{Path: "/bin/sh", Message: func([]byte) error { return nil }}.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "run mapspec on Linux or another Unix") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}

func TestWhatCannotBeStartedIsAnError(t *testing.T) {
	r, err := Command{Path: "/no/such/program", Stdin: func(io.WriteCloser) {}, Message: func([]byte) error { return nil }}.Run(t.Context())
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v, %v", r, err)
	}
}

func TestAProgramGetsItsMemoryLimit(t *testing.T) {
	for set, want := range map[string]string{"": "939524096", "5GiB": "5GiB"} {
		t.Setenv("GOMEMLIMIT", set)
		if _, messages := run(t, t.Context(), "tells its memory limit", Command{Memory: 1 << 30}, nil); len(messages) != 1 || messages[0] != want {
			t.Errorf("with GOMEMLIMIT=%s: %q, want %s", set, messages, want)
		}
	}
}

func TestATailIsTheEnd(t *testing.T) {
	var kept tail
	for i := range 3 * tailSize / 8 {
		fmt.Fprintf(&kept, "%07d\n", i)
	}
	if s := kept.String(); len(s) > tailSize || len(s) < tailSize-8 || !strings.HasSuffix(s, fmt.Sprintf("\n%07d\n", 3*tailSize/8-1)) {
		t.Errorf("%d bytes, %q…%q", len(s), s[:16], s[len(s)-16:])
	}
	var short tail
	_, _ = short.Write([]byte("one\ntwo"))
	if short.String() != "one\ntwo" {
		t.Errorf("%q", short.String())
	}
}

func TestTheCauseOfADeathIsFound(t *testing.T) {
	for stderr, want := range map[string]string{
		"": "it printed no reason",
		"a map that talks\npanic: no\n\ngoroutine 1 [running]:\nmain.main()":                  "panic: no",
		"a map that talks\nfatal error: concurrent map writes\n\ngoroutine 1:\nmain.main()\n": "fatal error: concurrent map writes",
		"panic: recovered and printed\nmore\nfatal error: stack overflow\nstacks":             "fatal error: stack overflow",
		"one thing\nmapspec judge: another\n\n":                                               "mapspec judge: another",
	} {
		if got := (Result{Stderr: stderr}).Cause(); got != want {
			t.Errorf("%q: %q, want %q", stderr, got, want)
		}
	}
}
