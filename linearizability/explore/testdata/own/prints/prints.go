// Package prints has a map that talks.
package prints

import (
	"fmt"

	"example.com/own/plain"
)

func init() { fmt.Print("a map that talks, ") }

type Map struct{ *plain.Map[string, int] }

func New() *Map {
	fmt.Println("{\"Error\":\"not one of mapspec's\"}")
	return &Map{plain.New[string, int]()}
}
