//go:build race

package worker

import (
	"runtime"

	"github.com/mapspec/mapspec/linearizability/internal/engine/search"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/model"
)

// racing says that the race detector looks on.
const racing = true

const racesUnseen = "none seen"

// raceErrors counts what the race detector has reported.
func raceErrors() int { return runtime.RaceErrors() }

// raced reports an execution in which the race detector has spoken. What it
// said is on standard error.
func (w *worker) raced(t *task, x search.Execution) error {
	if raceErrors() == 0 || w.report.Races != "" {
		return nil // none, or not the first
	}
	w.report.Races = racesSeen
	return w.announce(nil, t, job.Found{
		Clause: model.M2, Schedule: x.Schedule().String(), Evidence: "the race detector reports a data race",
	}, nil)
}
