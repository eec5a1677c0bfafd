//go:build !race

package worker

import "github.com/mapspec/mapspec/linearizability/internal/worker/wire"

// racing says that the race detector looks on.
const racing = false

const racesUnseen = wire.RacesNotChecked

func raceErrors() int { return 0 }
