package worker

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/engine/sched"
	"github.com/mapspec/mapspec/property/release"
)

// mostLocated bounds the steps of an execution that are located.
const mostLocated = 1000

// places says where in the map steps are. The map is searched before each step
// for all that was touched so far: a node may be reachable later, or no more.
type places struct {
	root      func() any // the map
	prefix    string     // the root in a path
	steps     int        // taken
	addresses []uintptr
	seen      map[uintptr][]located
	numbers   map[uintptr]int // of what is never reachable
	count     map[string]int  // by word
}

// located is a path that was right before a step.
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
	for at, path := range release.Locate(p.root(), p.addresses) {
		path = "m" + strings.TrimPrefix(path, p.prefix)
		p.seen[at] = append(p.seen[at], located{p.steps - 1, path})
	}
}

// end looks once more, after the last step, for all and for what is waited for.
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
