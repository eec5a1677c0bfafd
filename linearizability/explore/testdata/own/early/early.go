// Package early starts a goroutine before there is a map.
package early

import "example.com/own/plain"

var shared = plain.New[string, int]()

func init() {
	go shared.Delete("expired")
}

type Map = plain.Map[string, int]

func New() *Map { return plain.New[string, int]() }
