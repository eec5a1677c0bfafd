package explore

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// lines is a range of lines of a file.
type lines struct {
	file     string
	from, to int
}

// shortUnreached shows the statements that no program reached, those next to
// each other as one, and a file's name once: "map.go:3, 7-9".
func shortUnreached(statements []string) string {
	var all []lines
	for _, s := range statements {
		var l lines
		i := strings.LastIndexByte(s, ':')
		if i < 0 {
			return strings.Join(statements, ", ")
		}
		l.file = s[:i]
		if n, err := fmt.Sscanf(s[i+1:], "%d-%d", &l.from, &l.to); n != 2 || err != nil {
			return strings.Join(statements, ", ")
		}
		if n := len(all); n > 0 && all[n-1].file == l.file && l.from <= all[n-1].to+1 {
			all[n-1].to = max(all[n-1].to, l.to)
			continue
		}
		all = append(all, l)
	}
	var texts []string
	for i, l := range all {
		text := fmt.Sprint(l.from)
		if l.to > l.from {
			text = fmt.Sprintf("%d-%d", l.from, l.to)
		}
		if i == 0 || all[i-1].file != l.file {
			text = filepath.Base(l.file) + ":" + text
		}
		texts = append(texts, text)
	}
	return strings.Join(slices.Clip(texts), ", ")
}
