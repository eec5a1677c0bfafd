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

// printTable prints a row a map.
func printTable(out io.Writer, results []judged) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "map\tlinearizable\trelease\tprogress\texplored\texpected\tevidence")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name,
			summary(r.verdicts, "S", "T"), releaseSummary(r.verdicts), summary(r.verdicts, "P"),
			r.explored, expectedSummary(r), evidenceSummary(r.verdicts))
	}
	w.Flush()
}

// summary joins the verdicts on the clauses with these initials: the clauses
// that are violated, or else unknown, or "ok".
func summary(verdicts []model.Verdict, initials ...string) string {
	for _, status := range []model.Status{model.Violation, model.Invalid, model.Unknown} {
		var clauses []string
		for _, v := range verdicts {
			if v.Status == status && slices.Contains(initials, string(v.Clause[:1])) {
				clauses = append(clauses, string(v.Clause))
			}
		}
		if len(clauses) > 0 && status == model.Violation {
			return "breaks " + strings.Join(clauses, ", ")
		} else if len(clauses) > 0 {
			return string(status) + ": " + strings.Join(clauses, ", ")
		}
	}
	for _, v := range verdicts {
		if v.Status == model.OK && slices.Contains(initials, string(v.Clause[:1])) {
			return "ok"
		}
	}
	return "-"
}

// releaseSummary is the level that was found: prompt, late (bounded as far as
// was seen) or unbounded.
func releaseSummary(verdicts []model.Verdict) string {
	r1, r3 := model.Find(verdicts, model.R1), model.Find(verdicts, model.R3)
	switch {
	case r3.Status == model.Violation:
		return "unbounded"
	case r1.Status == model.Violation && r3.Status == model.OK:
		return "late"
	case r1.Status == model.OK && model.Find(verdicts, model.R2).Status == model.Violation:
		return "breaks R2"
	case r1.Status == model.OK:
		return "prompt"
	case r1.Status == model.Violation:
		return "late?"
	}
	return cmp.Or(string(r1.Status), "-")
}

func expectedSummary(r judged) string {
	if r.interrupted {
		return "interrupted"
	}
	ok, unexpected := r.AsExpected(r.verdicts)
	if ok {
		return "yes"
	}
	var clauses []string
	for _, c := range unexpected {
		clauses = append(clauses, string(c))
	}
	return "NO: " + strings.Join(clauses, ", ")
}

// evidenceSummary is the most telling thing seen: where something is held, or
// else the first violation.
func evidenceSummary(verdicts []model.Verdict) string {
	for _, v := range verdicts {
		if v.Status == model.Violation && v.Path() != "" {
			return "holds " + v.Path()
		}
	}
	for _, status := range []model.Status{model.Violation, model.Invalid, model.Unknown} {
		for _, v := range verdicts {
			if v.Status == status {
				return shorten(v.Evidence(), 64)
			}
		}
	}
	return ""
}

func shorten(s string, runes int) string {
	r := []rune(s)
	if len(r) <= runes {
		return s
	}
	return strings.TrimSpace(string(r[:runes-1])) + "…"
}

// printViolations says what lies behind the table, each violation with its
// evidence and where the rest is.
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
