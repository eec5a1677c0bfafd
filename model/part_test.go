package model_test

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
	if n, _ := fmt.Sscanf(s, "%d/%d", &part, &of); n == 2 && of > 0 {
		return i%of == part-1
	}
	return s == "complete"
}
