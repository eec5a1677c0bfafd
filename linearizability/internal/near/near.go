// Package near finds what a user may have meant by a misspelled name.
package near

import (
	"slices"
	"strings"
)

// Hint returns ", did you mean A or B?" with the candidates that are close to name, the
// closest first. If there are none, it returns "". It is meant to follow the error
// message about name.
func Hint(name string, candidates []string) string {
	type match struct {
		name     string
		distance int
	}
	var matches []match
	for _, c := range candidates {
		d := distance(strings.ToLower(name), strings.ToLower(c))
		if d <= max(3, len(c)/3) || strings.Contains(c, name) && name != "" {
			matches = append(matches, match{c, d})
		}
	}
	if len(matches) == 0 {
		return ""
	}
	slices.SortStableFunc(matches, func(a, b match) int { return a.distance - b.distance })
	var names []string
	for _, m := range matches {
		names = append(names, m.name)
	}
	return ", did you mean " + strings.Join(names, " or ") + "?"
}

// distance returns the Levenshtein distance between a and b, in time proportional to
// len(a)·len(b).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
