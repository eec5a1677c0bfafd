package explore

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

var (
	everyMutant = flag.Bool("mutants", false, "try every mutant of every map in every way, which takes minutes")
	update      = flag.Bool("update", false, "with -mutants: rewrite testdata/mutants.golden")
)

func TestScratch(t *testing.T) {
	for _, m := range mutatedMaps {
		if x := os.Getenv("ONLY"); x != "" && x != m.name {
			continue
		}
		j := newJudges(t, m, nil)
		f, _ := os.Create("/tmp/mutants-" + m.files[0] + ".txt")
		for _, r := range j.each(j.fully) {
			fmt.Fprintln(f, r.line())
		}
		f.Close()
	}
}
