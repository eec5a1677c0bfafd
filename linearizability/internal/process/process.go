// Package process runs child processes under one supervisor, which makes sure
// that no child hangs, floods its parent or outlives it.
//
// A child leads a process group of its own. A Ctrl-C on the terminal is
// therefore its parent's to pass on, and what the child forks ends with it:
// when [Command.Run] returns, the group has been killed and reaped. Only a
// process that moves to another group escapes. To reap orphans on Linux, Run
// makes the calling process their new parent (a child subreaper); elsewhere init
// reaps them. Without process groups, as on Windows, only the child is killed.
//
// A child sends messages on a descriptor of their own, see [Messages], so what a
// map prints is never taken for one.
package process

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// Command is a program to run as a child process, and its limits.
type Command struct {
	Path string
	Args []string // without the program's name
	Dir  string
	Env  []string // in addition to this process's

	// Stdin writes the child's standard input, which stays open until the child
	// ends or Stdin closes it. If it is nil, there is no input.
	Stdin func(w io.WriteCloser)
	// Stdout and Stderr receive everything that the child prints. If one is nil,
	// the result has the end of it instead.
	Stdout, Stderr io.Writer
	// Message is called with each line that the child writes to [Messages]. The
	// next call overwrites the line. An error kills the child.
	Message func(line []byte) error

	// Time limits how long the child runs. 0 means no limit.
	Time time.Duration
	// Memory limits the child's resident memory in bytes. 0 means no limit. It is
	// sampled from /proc, so only Linux enforces it; what the child forks does not
	// count. Everywhere, a Go program is told by GOMEMLIMIT to collect garbage
	// before it reaches the limit.
	Memory int64
	// Interrupt asks the child to end when the context is done or the time is up.
	// It is called after Stdin returns; the child is killed some seconds later. If
	// Interrupt is nil, the child is killed at once.
	Interrupt func(p *os.Process)

	after func(time.Duration) <-chan time.Time // nil means time.After
}

// DefaultMemory is the limit for children that run a map. They need a tenth of it
// at most, but a map that allocates for ever must not take all there is.
const DefaultMemory = 4 << 30

const (
	// grace is how long a child may take to end after Interrupt.
	grace = 20 * time.Second
	// patience is how long a child may stay stopped, and how long it may run on
	// after it has closed its messages.
	patience = 30 * time.Second
	// lookEvery is how often /proc is read.
	lookEvery = 200 * time.Millisecond
	// drainTime is how long output is read after the group is dead. What a busy
	// machine has not read yet takes an instant; a process that left the group may
	// hold a pipe for ever.
	drainTime = 10 * time.Second
)

// supervisor is a command that is running.
type supervisor struct {
	Command
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	written chan struct{} // closed when Stdin has returned
	exited  chan struct{} // closed when the child itself has been reaped

	ours, theirs []*os.File // ends of pipes
	readers      []func()
	reading      sync.WaitGroup
	closed       chan struct{} // closed when no more messages can come
	refused      chan struct{} // closed after refusal is set
	refusal      error

	stopped int // how many times in a row the child was seen stopped
}

// Run runs the command until it has ended, and reports how. The error says why
// it could not be started; every other failure is a [Result].
func (c Command) Run(ctx context.Context) (Result, error) {
	if ctx.Err() != nil {
		return Result{Ending: Cancelled}, nil
	}
	if c.after == nil {
		c.after = time.After
	}
	var stdout, stderr tail
	if c.Stdout == nil {
		c.Stdout = &stdout
	}
	if c.Stderr == nil {
		c.Stderr = &stderr
	}
	s := &supervisor{
		Command: c, written: make(chan struct{}), exited: make(chan struct{}),
		closed: make(chan struct{}), refused: make(chan struct{}),
	}
	if err := s.start(); err != nil {
		return Result{}, err
	}
	why := s.watch(ctx)
	endGroup(s.cmd.Process)
	s.drain()
	if why == Exited && s.refusal != nil {
		why = Refused // the child ended before its last message was read
	}
	if why == Exited && s.cmd.ProcessState.ExitCode() < 0 {
		why = Signalled
	}
	return Result{why, s.cmd.ProcessState.String(), stdout.String(), stderr.String(), s.refusal}, nil
}

// start starts the child, and reads what it prints and sends.
func (s *supervisor) start() (err error) {
	defer func() {
		closeAll(s.theirs)
		if err != nil {
			closeAll(s.ours)
		}
	}()
	s.cmd = exec.Command(s.Path, s.Args...)
	s.cmd.Dir, s.cmd.Env = s.Dir, append(os.Environ(), s.Env...)
	if s.Memory > 0 && os.Getenv("GOMEMLIMIT") == "" {
		s.cmd.Env = append(s.cmd.Env, "GOMEMLIMIT="+strconv.FormatInt(s.Memory/8*7, 10))
	}
	lead(s.cmd)
	adoptOrphans()
	if s.cmd.Stdout, err = s.pipe(copyTo(s.Stdout)); err != nil {
		return err
	}
	if s.cmd.Stderr, err = s.pipe(copyTo(s.Stderr)); err != nil {
		return err
	}
	if err := s.openMessages(); err != nil {
		return err
	}
	if s.Stdin != nil {
		if s.stdin, err = s.cmd.StdinPipe(); err != nil {
			return err
		}
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for _, read := range s.readers {
		s.reading.Go(read)
	}
	go func() {
		defer close(s.written)
		if s.Stdin != nil {
			s.Stdin(s.stdin)
		}
	}()
	go func() {
		_ = s.cmd.Wait() // ProcessState has the outcome
		close(s.exited)
	}()
	return nil
}

// openMessages gives the child a descriptor for its messages.
func (s *supervisor) openMessages() error {
	if s.Message == nil {
		return nil
	}
	if !passesDescriptors {
		return fmt.Errorf("a child sends its messages on a descriptor of its own, which %s cannot give it: run mapspec on Linux or another Unix", runtime.GOOS)
	}
	w, err := s.pipe(s.hear)
	s.cmd.ExtraFiles = []*os.File{w} // the first extra file is descriptor 3
	s.cmd.Env = append(s.cmd.Env, messagesVariable+"=3")
	return err
}

// pipe returns the end of a new pipe that is for the child. When the child has
// started, read reads the other end.
func (s *supervisor) pipe(read func(io.Reader)) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.ours, s.theirs = append(s.ours, r), append(s.theirs, w)
	s.readers = append(s.readers, func() { read(r) })
	return w, nil
}

// copyTo returns a reader for pipe that hands everything to w.
func copyTo(w io.Writer) func(io.Reader) {
	return func(r io.Reader) {
		_, _ = io.Copy(w, r)
		_, _ = io.Copy(io.Discard, r) // if w has failed, the child must not block
	}
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// watch waits until the child has exited. It returns why the child was made to
// end, or Exited if it was not.
func (s *supervisor) watch(ctx context.Context) (why Ending) {
	done, closed, refused, look := ctx.Done(), s.closed, s.refused, s.after(lookEvery)
	var timeUp, graceOver, patienceOver <-chan time.Time
	if s.Time > 0 {
		timeUp = s.after(s.Time)
	}
	end := func(e Ending, gently bool) {
		why, done, closed, refused, look, timeUp, patienceOver = e, nil, nil, nil, nil, nil, nil
		if !gently || s.Interrupt == nil {
			_ = s.cmd.Process.Kill() // and then its group: see Run
			return
		}
		graceOver = s.after(grace)
		go func() {
			<-s.written
			s.Interrupt(s.cmd.Process)
		}()
	}
	for {
		select {
		case <-s.exited:
			return why
		case <-done:
			end(Cancelled, true)
		case <-timeUp:
			end(TimeLimit, true)
		case <-graceOver:
			_ = s.cmd.Process.Kill()
		case <-refused:
			end(Refused, false)
		case <-closed:
			closed, patienceOver = nil, s.after(patience)
		case <-patienceOver:
			end(Closed, false)
		case <-look:
			look = s.after(lookEvery)
			if e := s.look(); e != Exited {
				end(e, false)
			}
		}
	}
}

// look reads what Linux shows of the child in /proc. It returns Exited if there
// is no reason to end it.
func (s *supervisor) look() Ending {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return Exited
	}
	// The name in parentheses may contain anything; the state is field 3, after
	// it, and the resident pages are field 24.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 22 {
		return Exited
	}
	pages, err := strconv.ParseInt(string(fields[21]), 10, 64)
	if s.Memory > 0 && err == nil && pages*int64(os.Getpagesize()) > s.Memory {
		return MemoryLimit
	}
	// Looks are counted, not time: this process may have been suspended as well.
	s.stopped++
	if string(fields[0]) != "T" {
		s.stopped = 0
	}
	if s.stopped > int(patience/lookEvery) {
		return Stopped
	}
	return Exited
}

// drain waits until all output has been read.
func (s *supervisor) drain() {
	read := make(chan struct{})
	go func() {
		s.reading.Wait()
		close(read)
	}()
	select {
	case <-read:
	case <-s.after(drainTime):
	}
	closeAll(s.ours) // which ends reading
	<-read
}

// Ending says why a child ended.
type Ending int

const (
	Exited      Ending = iota // by itself, with any status
	Signalled                 // by a signal that the supervisor did not send
	Cancelled                 // the context was done
	TimeLimit                 // its time was up
	MemoryLimit               // it used more memory than allowed
	Stopped                   // it was stopped, as by SIGSTOP, and not continued (Linux only)
	Closed                    // it closed its messages and ran on
	Refused                   // Message returned an error
)

// Result is how a child ended.
type Result struct {
	Ending Ending
	// State is how the operating system puts it: "exit status 7", "signal: killed".
	State string
	// Stdout and Stderr are the end of what the child printed.
	Stdout, Stderr string
	// Refusal is the error that Message returned.
	Refusal error
}

// OK reports whether the child exited with status 0.
func (r Result) OK() bool { return r.Ending == Exited && r.State == "exit status 0" }

// String says in a few words how the child ended.
func (r Result) String() string {
	switch r.Ending {
	case Cancelled:
		return "it was cancelled"
	case TimeLimit:
		return "its time was up"
	case MemoryLimit:
		return "it reached its memory limit"
	case Stopped:
		return "it was stopped and not continued"
	case Closed:
		return "it closed its messages and did not end"
	case Refused:
		return fmt.Sprintf("a message was refused: %v", r.Refusal)
	}
	return r.State
}
