//go:build race

package worker

import (
	"runtime"

	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
)

// racing says that the race detector looks on.
const racing = true

const racesUnseen = wire.RacesUnseen

// raceErrors counts what the race detector has reported.
func raceErrors() int { return runtime.RaceErrors() }
