package text

import (
	"strings"
	"unicode/utf8"
)

// Wrap breaks text at spaces into lines of at most width columns. The first
// begins with lead, the others with next. A longer word is broken.
func Wrap(text, lead, next string, width int) []string {
	w := wrapper{next: next, width: width}
	w.begin(lead)
	for _, word := range strings.Fields(text) {
		w.add(word)
	}
	if !w.empty || len(w.lines) == 0 {
		w.lines = append(w.lines, w.line)
	}
	return w.lines
}

// A wrapper fills lines word by word.
type wrapper struct {
	next  string
	width int

	lines []string
	line  string
	room  int  // left in line
	empty bool // no word in it yet
}

func (w *wrapper) begin(with string) {
	w.line, w.room, w.empty = with, w.width-utf8.RuneCountInString(with), true
}

func (w *wrapper) end() {
	w.lines = append(w.lines, w.line)
	w.begin(w.next)
}

func (w *wrapper) add(word string) {
	n := utf8.RuneCountInString(word)
	if !w.empty && n+1 > w.room {
		w.end()
	}
	for n > w.room && w.room > 0 {
		runes := []rune(word)
		w.line += string(runes[:w.room])
		word, n = string(runes[w.room:]), n-w.room
		w.end()
	}
	if !w.empty {
		w.line, w.room = w.line+" ", w.room-1
	}
	w.line, w.room, w.empty = w.line+word, w.room-n, false
}
