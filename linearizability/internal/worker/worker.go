// Package worker runs inside the program that mapspec builds around an
// instrumented copy of a map: it explores programs on it, and says what it
// finds.
//
//	worker.go   this introduction; Main: a job in, messages out
//	trial.go    what is wrong with how a map is made
//	setting.go  initial maps and hash policies
//	tasks.go    the programs of a job, the smallest first
//	explore.go  every class of one program's executions
//	drive.go    a program on a map, and what was seen
//	batch.go    executions that ended, judged many at a time
//	release.go  what a map still holds at rest
//	pump.go     whether that grows without bound
//	stall.go    the same with a thread that has stopped, and who waits for it
//	pin.go      what a call that has stopped keeps in memory
//	schedule.go the shortest schedule that fails
//	watchdog.go calls that go on for ever
//	replay.go   one schedule again: what it shows
//	steps.go    the same step by step, for people
//	place.go    where in the map a step is
//	value.go    what it reads and writes
//	switch.go   why another thread goes on
//	state.go    what the map means in between
//
// A map's linearizability and what it holds at rest are judged later than it
// was run: after some hundred executions there is one garbage collection for all
// of them, and only then is each map looked at, as looking may change it.
package worker

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/interval"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/linearizability/internal/process"
	"github.com/mapspec/mapspec/linearizability/internal/program"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/shim/refuse"
	"github.com/mapspec/mapspec/model"
)

// Of returns the subject of the maps that newMap makes, with the types that
// the Load of one of them has.
func Of[K comparable, V any](name string, p model.Promise, _ interface{ Load(K) (V, bool) }, newMap func() any) model.Binder {
	s := model.Subject[K, V]{Name: name, Promise: p, New: newMap}
	if racing {
		return s // what is used again orders threads
	}
	return s.Ready()
}

// Main is the main function: it reads a job from standard input, and a rank
// whenever another worker has found something, and sends messages on a descriptor
// of their own: what the map prints is not among them.
//
// The subject is made when the first map is, with all precautions: the
// expression that makes a map is run for its type, too.
func Main(subject func() model.Binder) {
	sched.HideSwitches()
	out, err := process.Messages()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(run(&lazy{make: subject}, os.Stdin, out, func() { os.Exit(2) }))
}

// lazy makes a subject when the first map is asked for.
type lazy struct {
	make func() model.Binder
	made model.Binder
}

// Bind implements model.Binder.
func (l *lazy) Bind() model.Instance {
	if l.made == nil {
		l.made = l.make()
	}
	return l.made.Bind()
}

// Run is Main without a process.
func Run(s model.Binder, in io.Reader, out io.Writer) (status int) {
	return run(s, in, out, func() {})
}

// run calls alone when an exploration's input ends before it does: whoever
// started it is gone, and nobody hears what it says.
func run(s model.Binder, in io.Reader, out io.Writer, alone func()) (status int) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // batches collect
	w := newWorker(s, out)
	returned := false
	defer func() {
		if r := recover(); r != nil {
			panic(r)
		}
		if !returned { // nothing else ends a function so
			w.fail(errors.New("an operation calls runtime.Goexit while a map is made or looked at, which is not supported under exploration: leave it out with -methods"))
			alone()
		}
	}()
	status = w.serve(in, alone)
	returned = true
	return status
}

// serve does the job that comes in.
func (w *worker) serve(in io.Reader, alone func()) (status int) {
	decoder := json.NewDecoder(in)
	if err := decoder.Decode(&w.job); err != nil {
		w.fail(fmt.Errorf("a job is needed on standard input: %w", err))
		return 2
	}
	go func() {
		w.listen(decoder)
		if w.job.Replay == nil {
			alone()
		}
	}()
	done := make(chan struct{})
	defer close(done)
	go w.watch(done)
	if err := w.perform(); err != nil {
		w.fail(err)
		return 2
	}
	return 0
}

// worker explores one job.
type worker struct {
	job      job.Job
	subject  model.Binder
	mu       sync.Mutex // to speak
	encoder  *json.Encoder
	out      *bufio.Writer
	start    time.Time
	said     time.Time // progress
	settings []*setting
	crews    map[int]*crew // by number of threads
	batch    []*ended
	spare    []*ended
	checker  *interval.Checker
	last     []int32 // the clock of a probe
	report   job.Report
	found    map[model.Clause]*job.Found
	holding  held
	canWatch bool
	failure  error                    // of a batch that was full in the middle of a program
	of       int                      // programs in the shard
	limit    atomic.Pointer[job.Rank] // what is behind it need not be explored
	current  job.Rank                 // of the program that is explored
	at       atomic.Pointer[spot]     // where the map's code runs; nil if it does not
	beats    atomic.Int64             // changes when something goes on
}

// crew explores programs of one number of threads.
type crew struct {
	engine *search.Engine
	drive  *drive
}

func newWorker(s model.Binder, out io.Writer) *worker {
	buffered := bufio.NewWriter(out)
	w := &worker{
		subject: s, encoder: json.NewEncoder(buffered), out: buffered, start: time.Now(),
		crews: map[int]*crew{}, found: map[model.Clause]*job.Found{},
	}
	w.limit.Store(&job.Rank{Operations: 1 << 30})
	return w
}

// close ends the coroutines.
func (w *worker) close() {
	for _, c := range w.crews {
		c.engine.Close()
	}
}

func (w *worker) listen(d *json.Decoder) {
	for {
		var r job.Rank
		if d.Decode(&r) != nil {
			return
		}
		w.lower(r)
	}
}

// lower makes what is behind r superfluous.
func (w *worker) lower(r job.Rank) {
	for {
		old := w.limit.Load()
		if !r.Before(*old) || w.limit.CompareAndSwap(old, &r) {
			return
		}
	}
}

func (w *worker) say(m job.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(m)
}

// write is say for whoever holds w.mu.
func (w *worker) write(m job.Message) error {
	if err := w.encoder.Encode(m); err != nil {
		return err
	}
	return w.out.Flush()
}

func (w *worker) fail(err error) {
	_ = w.say(job.Message{Error: err.Error()}) // whoever cannot hear this sees the exit status
}

func (w *worker) perform() error {
	defer w.close()
	if err := w.trial(); err != nil {
		return err
	}
	if err := w.settle(); err != nil {
		return err
	}
	if w.job.Replay != nil {
		return w.replay(*w.job.Replay)
	}
	if err := w.exploreAll(); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.pins(); err != nil {
		return err
	}
	return w.say(job.Message{Report: w.finish()})
}

// finish completes the report.
func (w *worker) finish() *job.Report {
	if !w.report.Hashes && len(w.job.Policies) > 1 && hashing.Used() {
		w.bound("one hash policy, of a map that asks for hashes after all")
	}
	for _, s := range w.settings {
		w.report.Settings = append(w.report.Settings, s.Setting)
	}
	for _, o := range w.settings[0].set.Alphabet().Ops() {
		w.report.Alphabet = append(w.report.Alphabet, letter(o))
	}
	w.report.Running = time.Since(w.start) - w.report.Judging
	if w.report.Races == "" && raceErrors() > 0 {
		w.report.Races = racesSeen // in an execution that was not judged
	}
	if w.report.Races == "" {
		w.report.Races = racesUnseen
	}
	return &w.report
}

func (w *worker) exploreAll() error {
	tasks, stop := newTasks(w)
	defer stop()
	for t := tasks.next(); t != nil; t = tasks.next() {
		if w.current = t.rank; w.over() {
			return nil
		}
		if err := w.explore(t); err != nil {
			return err
		}
		if e := refuse.Last(); e != nil {
			return e
		}
	}
	return nil
}

// over reports whether to stop, and notes why. It is asked before each
// execution, as a program may have any number of them.
func (w *worker) over() bool {
	w.beats.Add(1)
	if w.job.Replay == nil {
		w.progress()
	}
	if l := w.limit.Load(); l.Before(w.current) {
		w.bound(whyStopped(*l))
		return true
	}
	if w.job.Budget > 0 && time.Since(w.start) > w.job.Budget {
		w.bound("budget")
		return true
	}
	return false
}

// racesSeen says that the race detector has spoken.
const racesSeen = "seen"

// firstFailure bounds an exploration that has found what it looks for.
const firstFailure = "stopped at the first failure"

// whyStopped says why nothing behind r is explored.
func whyStopped(r job.Rank) string {
	if r == job.Interrupt {
		return "interrupted"
	}
	return firstFailure
}

// letter shows what a program is made of.
func letter(o model.Op) string {
	if o.Method.OnKey() {
		return fmt.Sprintf("%v(%s)", o.Method, model.KeyName(o.Key))
	}
	if o.Func == nil {
		return o.Method.String()
	}
	var calls []string
	for _, d := range o.Func.Do {
		calls = append(calls, letter(d))
	}
	return fmt.Sprintf("%v, its callback calls %s", o.Method, strings.Join(calls, ", "))
}

// progressEvery is how often progress is said.
const progressEvery = time.Second

func (w *worker) progress() {
	now := time.Now()
	if now.Sub(w.said) < progressEvery {
		return
	}
	w.said = now
	// Whoever cannot hear this hears no report either.
	_ = w.say(job.Message{Progress: &job.Progress{
		Programs: w.report.Programs, Executions: w.report.Executions, Operations: w.current.Operations, Of: w.of,
	}})
}

// bound notes once why something was not explored.
func (w *worker) bound(why string) {
	if !slices.Contains(w.report.Bounds, why) {
		w.report.Bounds = append(w.report.Bounds, why)
	}
}

// note notes once what is left out on purpose.
func (w *worker) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(w.report.Notes, text) {
		w.report.Notes = append(w.report.Notes, text)
	}
}

// crew returns the crew for n threads.
func (w *worker) crew(n int) *crew {
	c := w.crews[n]
	if c == nil {
		c = &crew{engine: search.New(n, w.options()), drive: newDrive(w.subject, n)}
		w.crews[n] = c
	}
	return c
}

var errStopped = errors.New("stopped")

// programs returns the set of programs on one initial map.
func (w *worker) programs(i program.Initial) (program.Set, error) {
	size, err := program.ParseSize(fmt.Sprintf("%sx%d", w.job.Size, w.job.Keys))
	if err != nil {
		return program.Set{}, err
	}
	in := w.subject.Bind()
	methods := in.Methods()
	if len(w.job.Methods) > 0 {
		methods = 0
		for _, m := range w.job.Methods {
			methods = methods.With(m)
		}
		methods &= in.Methods()
	}
	return program.Set{Size: size, Methods: methods, Traits: in.Traits(), Initial: i, Plain: !w.job.Nested}, nil
}
