package broken_test

import (
	"fmt"
	"os"
)

// inPart reports whether row i of a long table, which the default run leaves out, is
// to be run: MAPSPEC_TESTS is "complete", or a part such as "3/7". See
// docs/testing.md.
func inPart(i int) bool {
	s := os.Getenv("MAPSPEC_TESTS")
	var part, of int
	if s == "" || s == "complete" {
		return s != ""
	}
	if n, _ := fmt.Sscanf(s, "%d/%d", &part, &of); n != 2 || part < 1 || part > of {
		panic("MAPSPEC_TESTS=" + s + ": want complete, or a part such as 3/7")
	}
	return i%of == part-1
}
