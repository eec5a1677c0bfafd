// Package process runs child processes under a supervisor, which makes sure that no
// child hangs, floods its parent with output, or outlives it.
//
// A child leads a process group of its own. A Ctrl-C on the terminal reaches only the
// parent, which passes it on. When [Command.Run] returns, all processes in the group
// have been killed and reaped, including the ones that the child started. Only a
// process that moves to another group escapes. To reap orphans on Linux, Run makes the
// calling process their new parent (a child subreaper). Elsewhere init reaps them. On
// systems without process groups, such as Windows, only the child is killed.
//
// A child sends messages on a separate descriptor, see [Messages]. So the output of a
// map is never mistaken for a message.
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
	Args []string // without the name of the program
	Dir  string
	Env  []string // in addition to the environment of this process

	// Stdin writes the child's standard input. The input stays open until the child
	// ends or Stdin closes it. If Stdin is nil, there is no input.
	Stdin func(w io.WriteCloser)
	// Stdout and Stderr receive everything that the child prints. If one of them is
	// nil, the result has the end of that output instead.
	Stdout, Stderr io.Writer
	// Message is called with each line that the child writes to [Messages]. The line is
	// valid until the next call. If Message returns an error, the child is killed.
	Message func(line []byte) error

	// Time limits how long the child runs. 0 means no limit.
	Time time.Duration
	// Memory limits the child's resident memory in bytes. 0 means no limit. It is
	// sampled from /proc, so it is enforced only on Linux, and other processes that the
	// child starts do not count. GOMEMLIMIT makes a Go program collect garbage before
	// it reaches the limit, on every system.
	Memory int64
	// Interrupt asks the child to end when the context is done or the time is up. It is
	// called after Stdin returns. The child is killed some seconds later. If Interrupt
	// is nil, the child is killed immediately.
	Interrupt func(p *os.Process)

	after func(time.Duration) <-chan time.Time // nil means time.After
}

// DefaultMemory is the memory limit for children that run a map. They need at most a
// tenth of it, but a map may allocate without end.
const DefaultMemory = 4 << 30

const (
	// grace is how long a child may take to end after Interrupt.
	grace = 20 * time.Second
	// patience is how long a child may stay suspended, and how long it may continue
	// after it has closed its messages.
	patience = 30 * time.Second
	// lookEvery is how often /proc is read.
	lookEvery = 200 * time.Millisecond
	// drainTime is how long to read output after the group is dead. The rest of the
	// output is available immediately, but a process that left the group may keep a
	// pipe open for ever.
	drainTime = 10 * time.Second
)

// supervisor is a running command.
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

// Run runs the command until it has ended, and returns how it ended. It returns an
// error only if the command could not be started.
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

// start starts the child and the goroutines that read its output and messages.
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
		return fmt.Errorf("a child process cannot inherit a descriptor for messages on %s: run mapspec on Linux or another Unix", runtime.GOOS)
	}
	w, err := s.pipe(s.receive)
	s.cmd.ExtraFiles = []*os.File{w} // the first extra file is descriptor 3
	s.cmd.Env = append(s.cmd.Env, messagesVariable+"=3")
	return err
}

// pipe returns the child's end of a new pipe. After the child has started, read reads
// the other end.
func (s *supervisor) pipe(read func(io.Reader)) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.ours, s.theirs = append(s.ours, r), append(s.theirs, w)
	s.readers = append(s.readers, func() { read(r) })
	return w, nil
}

// copyTo returns an argument for pipe that copies everything to w.
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

// watch waits until the child has ended. It returns why it ended the child, or Exited
// if the child ended by itself.
func (s *supervisor) watch(ctx context.Context) (why Ending) {
	done, closed, refused, look := ctx.Done(), s.closed, s.refused, s.after(lookEvery)
	var timeUp, graceOver, patienceOver <-chan time.Time
	if s.Time > 0 {
		timeUp = s.after(s.Time)
	}
	end := func(e Ending, gently bool) {
		why, done, closed, refused, look, timeUp, patienceOver = e, nil, nil, nil, nil, nil, nil
		if !gently || s.Interrupt == nil {
			_ = s.cmd.Process.Kill() // Run then kills the group
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

// look reads the state of the child from /proc, which only Linux has. It returns
// Exited if there is no reason to end the child.
func (s *supervisor) look() Ending {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return Exited
	}
	// Field 2 is the name in parentheses, which may contain anything. Field 3 is the
	// state, and field 24 the number of resident pages.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 22 {
		return Exited
	}
	pages, err := strconv.ParseInt(string(fields[21]), 10, 64)
	if s.Memory > 0 && err == nil && pages*int64(os.Getpagesize()) > s.Memory {
		return MemoryLimit
	}
	// Count looks instead of time, because this process may have been suspended, too.
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
	closeAll(s.ours) // ends the reading
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
	Stopped                   // it was suspended, as by SIGSTOP, and not continued (Linux only)
	Closed                    // it closed its messages and continued to run
	Refused                   // Message returned an error
)

// Result is how a child ended.
type Result struct {
	Ending Ending
	// State is what the operating system reports: "exit status 7", "signal: killed".
	State string
	// Stdout and Stderr are the end of the child's output.
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
		return "it was suspended and not continued"
	case Closed:
		return "it closed its messages and did not end"
	case Refused:
		return fmt.Sprintf("a message was refused: %v", r.Refusal)
	}
	return r.State
}
