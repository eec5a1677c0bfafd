//go:build race

package broken

const raceEnabled = true
