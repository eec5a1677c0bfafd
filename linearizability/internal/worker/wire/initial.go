package wire

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/model"
)

// The initial maps that have names.
const (
	Empty  = "empty"
	OneKey = "one key"
	// Traversed has one key and has been traversed, which rearranges some maps.
	Traversed = "traversed"
	// Growth is one operation away from growing, Shrink from shrinking. The worker
	// finds out how to make them.
	Growth = "before growth"
	Shrink = "before shrink"
	// Left has one key, and another one was stored next to it and deleted so that
	// deleting the first takes more steps: in a trie the key is alone in a node,
	// which is unlinked with its parent. Left is not in Initials. Mutants need it.
	Left = "one left"
)

// Initials are explored if no initial map is named. Others can be written down:
// see [ParseInitial].
var Initials = []string{Empty, OneKey, Traversed, Growth, Shrink}

// FirstFiller is the first of the keys that only fill the initial map. Programs
// reach them through traversals and Clear alone.
const FirstFiller = counterexample.FirstFiller

// mostInitial bounds the numbers that ParseInitial accepts.
const mostInitial = 1000

// ParseInitial returns the operations that make an initial map written in words:
// "k0" stores key 0, "+9" stores nine fillers, "-8" deletes the eight oldest
// fillers, and "range" traverses the map.
func ParseInitial(text string) ([]model.Op, error) {
	var ops []model.Op
	fillers, gone := 0, 0
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.Atoi(word[1:])
		switch {
		case word == "range":
			ops = append(ops, model.Op{Method: model.Range})
			continue
		case err != nil || strings.ContainsAny(word[1:], "+-") || n > mostInitial:
		case word[0] == 'k' && n < FirstFiller:
			ops = append(ops, model.Op{Method: model.Store, Key: n, Value: 1})
			continue
		case word[0] == '+':
			for range n {
				ops = append(ops, model.Op{Method: model.Store, Key: FirstFiller + fillers, Value: 1})
				fillers++
			}
			continue
		case word[0] == '-' && gone+n <= fillers:
			for range n {
				ops = append(ops, model.Op{Method: model.Delete, Key: FirstFiller + gone})
				gone++
			}
			continue
		}
		return nil, fmt.Errorf("initial map %q: %q is neither k0, k1, …, a key to store; nor +9, that many others; nor -8, that many of these to delete; nor range", text, word)
	}
	if len(ops) == 0 {
		return nil, fmt.Errorf("initial map %q: it says nothing", text)
	}
	return ops, nil
}
