package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/mapspec/mapspec/model"
)

// printTable prints one row per map, and below it what the columns mean.
func printTable(out io.Writer, results []judged) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "map\tviolations found\texpected\tdeleted keys\tinterleavings")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Name, found(r.verdicts), comparison(r), release(r.verdicts), interleavings(r.explored))
	}
	w.Flush()
	fmt.Fprintf(out, `
violations found  the clauses of docs/specification.md that the map breaks
expected          what the catalogue predicts for this map; a difference is exit status 1
deleted keys      when the map releases their memory
interleavings     the programs that ran in every interleaving; 2x1: two goroutines, one call each
`)
}

// found names the clauses that a map violates, and those that could not be
// judged.
func found(verdicts []model.Verdict) string {
	var parts []string
	for _, s := range []struct {
		status model.Status
		prefix string
	}{{model.Violation, ""}, {model.Invalid, "invalid: "}, {model.Unknown, "unknown: "}} {
		var titles []string
		for _, v := range verdicts {
			if v.Status == s.status {
				titles = append(titles, v.Clause.Title())
			}
		}
		if len(titles) > 0 {
			parts = append(parts, s.prefix+strings.Join(titles, ", "))
		}
	}
	return cmp.Or(strings.Join(parts, "; "), "none")
}

// comparison compares the verdicts with those that the catalogue predicts.
func comparison(r judged) string {
	if r.interrupted {
		return "interrupted"
	}
	ok, unexpected := r.AsExpected(r.verdicts)
	if ok {
		return "the same"
	}
	var parts []string
	for _, c := range unexpected {
		var want []string
		for _, s := range r.Expected(c) {
			want = append(want, string(s))
		}
		parts = append(parts, fmt.Sprintf("%s %s", c, strings.Join(want, " or ")))
	}
	return "NO: " + strings.Join(parts, ", ")
}

// release says when a map releases deleted keys. "late" is bounded only as far
// as the checkers looked.
func release(verdicts []model.Verdict) string {
	r1, r3 := model.Find(verdicts, model.R1), model.Find(verdicts, model.R3)
	switch {
	case r3.Status == model.Violation:
		return "pile up"
	case r1.Status == model.Violation && r3.Status == model.OK:
		return "released late"
	case r1.Status == model.Violation:
		return "released late?"
	case r1.Status == model.OK && model.Find(verdicts, model.R2).Status == model.Violation:
		return "pinned by calls"
	case r1.Status == model.OK:
		return "released at once"
	}
	return string(r1.Status)
}

// interleavings says how much a short exploration covered. Its violations are
// among the others.
func interleavings(e explored) string {
	switch c := e.certificate; {
	case c == nil && e.why != "":
		return "none, see below"
	case c == nil:
		return "-"
	case !c.Complete():
		return c.Size + " " + c.Coverage
	default:
		return "all of " + c.Size
	}
}

// printViolations prints the evidence behind the table: each violation, and the
// directory with the rest.
func printViolations(w io.Writer, results []judged, dir string) {
	for _, r := range results {
		if r.explored.why != "" {
			fmt.Fprintf(w, "\n%s was not explored: %s\n", r.Name, r.explored.why)
		}
		for _, v := range r.verdicts {
			if v.Status == model.OK || v.Status == model.Skipped {
				continue
			}
			expected := ""
			if slices.Contains(r.Expected(v.Clause), v.Status) {
				expected = ", as expected"
			}
			fmt.Fprintf(w, "\n%s %s %s%s: %s\n    %s\n", r.Name, v.Clause, v.Status, expected, v.Clause.Sentence(), v.Evidence())
			if path := v.Path(); path != "" {
				fmt.Fprintf(w, "    held by %s\n", path)
			}
			if v.Status == model.Violation {
				fmt.Fprintf(w, "    see %s\n", filepath.Join(dir, r.Name, string(v.Clause)))
			}
		}
	}
}
