package worker

import (
	"github.com/mapspec/mapspec/linearizability/explore/job"
)

func (w *worker) replay(r job.Replay) error { return nil }
