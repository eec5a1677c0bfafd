// Package near finds what somebody may have meant by a name that is none.
package near

import (
	"slices"
	"strings"
)

// Name returns ", did you mean …?" with the candidates that are close to name,
// the closest first, to put behind a complaint; "" if none is.
func Name(name string, candidates []string) string {
	type scored struct {
		name     string
		distance int
	}
	var close []scored
	for _, c := range candidates {
		d := distance(strings.ToLower(name), strings.ToLower(c))
		if d <= max(3, len(c)/3) || strings.Contains(c, name) && name != "" {
			close = append(close, scored{c, d})
		}
	}
	slices.SortStableFunc(close, func(a, b scored) int { return a.distance - b.distance })
	var names []string
	for _, c := range close {
		names = append(names, c.name)
	}
	if len(names) == 0 {
		return ""
	}
	return ", did you mean " + strings.Join(names, " or ") + "?"
}

// distance is the Levenshtein distance between a and b, in O(len(a)·len(b)).
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
