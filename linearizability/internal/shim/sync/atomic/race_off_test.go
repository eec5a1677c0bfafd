//go:build !race

package atomic_test

const raceDetector = false
