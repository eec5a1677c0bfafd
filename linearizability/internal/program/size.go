package program

import (
	"fmt"
	"strconv"
	"strings"
)

// A Size bounds programs: at most Threads threads of at most Operations operations
// each, on keys 0 to Keys-1. Calls made by a callback are not counted.
type Size struct{ Threads, Operations, Keys int }

// The largest valid sizes. Larger sets could not be run completely, and the number
// of programs might overflow.
const (
	maxThreads = 4
	maxKeys    = 3
	maxPlaces  = 8 // threads × operations
)

// defaultKeys is the number of keys if a size does not specify it. With two keys,
// operations can miss each other, and a table has more than one entry.
const defaultKeys = 2

// ParseSize parses a size. "2x2" is two threads of two operations on two keys;
// "3x1x1" is three threads of one operation on one key.
func ParseSize(text string) (Size, error) {
	numbers := []int{0, 0, defaultKeys}
	parts := strings.Split(text, "x")
	if len(parts) < 2 || len(parts) > 3 {
		return Size{}, fmt.Errorf("size %q: want THREADSxOPERATIONS or THREADSxOPERATIONSxKEYS, such as 2x2", text)
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return Size{}, fmt.Errorf("size %q: %q is not a number: want THREADSxOPERATIONS, such as 2x2", text, part)
		}
		numbers[i] = n
	}
	s := Size{numbers[0], numbers[1], numbers[2]}
	return s, s.Validate()
}

// Validate returns an error if s is not a valid size.
func (s Size) Validate() error {
	switch {
	case s.Threads < 1 || s.Threads > maxThreads:
		return fmt.Errorf("size %s: %d threads: want 1 to %d", s, s.Threads, maxThreads)
	case s.Operations < 1 || s.Operations > maxPlaces/s.Threads:
		return fmt.Errorf("size %s: %d operations per thread: want 1 to %d", s, s.Operations, maxPlaces/s.Threads)
	case s.Keys < 1 || s.Keys > maxKeys:
		return fmt.Errorf("size %s: %d keys: want 1 to %d", s, s.Keys, maxKeys)
	}
	return nil
}

// String returns s in the form that ParseSize accepts.
func (s Size) String() string {
	text := fmt.Sprintf("%dx%d", s.Threads, s.Operations)
	if s.Keys != defaultKeys {
		text += "x" + strconv.Itoa(s.Keys)
	}
	return text
}

// places returns the number of operations in the largest program.
func (s Size) places() int { return s.Threads * s.Operations }
