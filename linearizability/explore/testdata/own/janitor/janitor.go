// Package janitor has a map that starts a goroutine when it is made.
package janitor

import "example.com/own/plain"

type Map struct{ *plain.Map[string, int] }

func New() *Map {
	m := &Map{plain.New[string, int]()}
	go func() {
		for {
			m.Delete("expired")
		}
	}()
	return m
}
