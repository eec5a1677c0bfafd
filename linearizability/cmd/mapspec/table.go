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

// printTable prints one row per map, and then the meaning of the columns.
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

// found names the clauses that a map violates, and the ones that could not be judged.
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
			parts = append(parts, s.prefix+abridge(titles))
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
	return "NO: want " + abridge(parts)
}

// abridge joins a list that has to fit into a column. It replaces the end of a long
// list by a number.
func abridge(list []string) string {
	const most = 4
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most-1], ", "), len(list)-most+1)
}

// release says when a map releases deleted keys.
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

// interleavings says how much a short exploration covered. Its violations are in
// another column.
func interleavings(e explored) string {
	switch c := e.certificate; {
	case c == nil && e.reason != "":
		return "none, see below"
	case c == nil:
		return "-"
	case !c.Complete():
		return c.Size + " " + c.Coverage
	default:
		return "all of " + c.Size
	}
}

// printDetails prints what is behind the table: each violation with its directory,
// and the reasons why something was not judged or explored.
func printDetails(w io.Writer, results []judged, dir string) {
	for _, r := range results {
		if r.explored.reason != "" {
			fmt.Fprintf(w, "\n%s was not explored: %s\n", r.Name, r.explored.reason)
		}
		for _, v := range r.verdicts {
			if v.Status == model.Violation {
				printViolation(w, r, v, filepath.Join(dir, r.Name, string(v.Clause)))
			}
		}
		printUndecided(w, r)
	}
}

func printViolation(w io.Writer, r judged, v model.Verdict, dir string) {
	expected := ""
	if slices.Contains(r.Expected(v.Clause), model.Violation) {
		expected = ", as expected"
	}
	fmt.Fprintf(w, "\n%s %s violation%s: %s\n    %s\n", r.Name, v.Clause, expected, v.Clause.Sentence(), v.Evidence())
	if path := v.Path(); path != "" && v.Failure.Kind != model.Retains { // its evidence ends with the path
		fmt.Fprintf(w, "    held by %s\n", path)
	}
	fmt.Fprintf(w, "    see %s\n", dir)
}

// printUndecided prints each reason for unknown and invalid verdicts once, with all of
// its clauses.
func printUndecided(w io.Writer, r judged) {
	type reason struct {
		status   model.Status
		evidence string
	}
	var reasons []reason
	titles := map[reason][]string{}
	for _, v := range r.verdicts {
		if v.Status != model.Unknown && v.Status != model.Invalid {
			continue
		}
		why := reason{v.Status, v.Evidence()}
		if titles[why] == nil {
			reasons = append(reasons, why)
		}
		titles[why] = append(titles[why], v.Clause.Title())
	}
	for _, why := range reasons {
		fmt.Fprintf(w, "\n%s %s: %s\n    %s\n", r.Name, why.status, strings.Join(titles[why], ", "), why.evidence)
	}
}
