// Package dies has a map that takes its process with it.
package dies

import (
	"os"

	"example.com/own/plain"
)

type Map struct{ *plain.Map[string, int] }

func New() *Map { return &Map{plain.New[string, int]()} }

func (m *Map) Swap(string, int) (int, bool) {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		panic(err)
	}
	_ = self.Kill()
	for {
	}
}
