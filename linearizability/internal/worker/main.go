package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/linearizability/internal/process"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// Of returns the subject of the maps that newMap makes, with the types that
// the Load of one of them has.
func Of[K comparable, V any](name string, p model.Promise, _ interface{ Load(K) (V, bool) }, newMap func() any) model.Binder {
	s := model.Subject[K, V]{Name: name, Promise: p, New: newMap}
	if racing {
		return s // reusing a call would order the threads that share it
	}
	return s.Ready()
}

// Main is the main function of the program. It reads a job from standard input,
// and a rank whenever another worker has found something, and sends messages on a
// descriptor of their own, where nothing that the map prints can get in between.
//
// The subject is made when the first map is, with all precautions, because the
// expression that makes a map is run for its type too.
func Main(subject func() model.Binder) {
	sched.HideSwitches()
	out, err := process.Messages()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(run(lazy(sync.OnceValue(subject)), os.Stdin, out, func() { os.Exit(2) }))
}

// lazy is a subject that is made when the first map is.
type lazy func() model.Binder

// Bind implements model.Binder.
func (l lazy) Bind() model.Instance { return l().Bind() }

// Run is Main without a process.
func Run(s model.Binder, in io.Reader, out io.Writer) (status int) {
	return run(s, in, out, func() {})
}

// run calls orphaned when an exploration's input ends before the exploration: the
// process that started it is gone, and nobody reads the messages.
func run(s model.Binder, in io.Reader, out io.Writer, orphaned func()) (status int) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // batches collect
	speaker := newSpeaker(out)
	returned := false
	defer func() {
		if r := recover(); r != nil {
			panic(r)
		}
		if !returned { // only Goexit ends a function like this
			speaker.fail(errors.New("an operation calls runtime.Goexit while a map is made or looked at, which is not supported under exploration: leave it out with -methods"))
			orphaned()
		}
	}()
	status = serve(s, in, speaker, orphaned)
	returned = true
	return status
}

// serve does the job that comes in.
func serve(s model.Binder, in io.Reader, speaker *speaker, orphaned func()) (status int) {
	decoder := json.NewDecoder(in)
	var j wire.Job
	if err := decoder.Decode(&j); err != nil {
		speaker.fail(fmt.Errorf("a job is needed on standard input: %w", err))
		return 2
	}
	w := newWorker(s, j, speaker)
	defer w.runners.close()
	go func() {
		var r wire.Rank
		for decoder.Decode(&r) == nil {
			w.limits.lower(r)
		}
		if j.Replay == nil {
			orphaned()
		}
	}()
	done := make(chan struct{})
	defer close(done)
	if j.Patience <= 0 {
		w.job.Patience = defaultPatience
	}
	go w.watchdog.watch(done, w.job.Patience, speaker, w.endless)
	if err := w.perform(); err != nil {
		speaker.fail(err)
		return 2
	}
	return 0
}
