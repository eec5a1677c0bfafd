//go:build !race

package worker

import (
	"github.com/mapspec/mapspec/linearizability/explore/search"
)

const racesUnseen = "not checked"

func raceErrors() int { return 0 }

func (w *worker) raced(*task, search.Execution) error { return nil }
