package narrate

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/property"
)

// mostLocated bounds how many steps of an execution are located.
const mostLocated = 1000

// places says where in the map steps are. Before each step it searches the map
// for everything that was touched so far: a node may become reachable later, or
// stop being so.
type places struct {
	root      func() any // the map
	prefix    string     // the root in a path
	steps     int        // taken
	addresses []uintptr
	seen      map[uintptr][]located
	numbers   map[uintptr]int // of what is never reachable
	count     map[string]int  // of numbers, by the word before them
}

// located is the path of something right before a step.
type located struct {
	step int
	path string
}

func newPlaces(root func() any) *places {
	return &places{root: root, seen: map[uintptr][]located{}, numbers: map[uintptr]int{}, count: map[string]int{}}
}

// look notes where things are, right before the step that touches at.
func (p *places) look(at unsafe.Pointer) {
	p.steps++
	if at != nil {
		p.add(uintptr(at))
	}
	if p.steps <= mostLocated {
		p.locate()
	}
}

func (p *places) add(at uintptr) {
	if _, known := p.seen[at]; !known {
		p.seen[at] = nil
		p.addresses = append(p.addresses, at)
	}
}

func (p *places) locate() {
	if p.prefix == "" {
		p.prefix = strings.TrimPrefix(fmt.Sprintf("%T", p.root()), "*")
	}
	for at, path := range property.Locate(p.root(), p.addresses) {
		path = "m" + strings.TrimPrefix(path, p.prefix)
		p.seen[at] = append(p.seen[at], located{p.steps - 1, path})
	}
}

// end looks once more, after the last step, also for what threads wait for.
func (p *places) end(waited []sched.Observation) {
	p.steps++
	for _, o := range waited {
		if o.Address != nil {
			p.add(uintptr(o.Address))
		}
	}
	p.locate()
}

// name names what a step touches: where it is, where it was, or where it will
// be.
func (p *places) name(step int, at unsafe.Pointer, k sched.Kind) string {
	if at == nil {
		return ""
	}
	before := located{step: -1}
	for _, l := range p.seen[uintptr(at)] {
		switch {
		case l.step == step:
			return l.path
		case l.step < step:
			before = l
		case before.step < 0:
			return "new " + l.path
		}
	}
	if before.step >= 0 {
		return "old " + before.path
	}
	what := "word"
	if k == sched.Acquire || k == sched.TryAcquire || k == sched.Release {
		what = "mutex"
	}
	if p.numbers[uintptr(at)] == 0 {
		p.count[what]++
		p.numbers[uintptr(at)] = p.count[what]
	}
	return fmt.Sprintf("%s #%d", what, p.numbers[uintptr(at)])
}
