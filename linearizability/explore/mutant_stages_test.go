package explore

import (
	"slices"

	"github.com/mapspec/mapspec/linearizability/explore/job"
	"github.com/mapspec/mapspec/model"
)

// mutatedMap is code that is mutated, and the maps of the catalogue that have it.
type mutatedMap struct {
	name     string
	files    []string
	subjects []string
	// fewest are the methods in the largest programs. Others do the same with
	// the same code there.
	fewest []model.Method
	// hashes are the policies under which two keys meet.
	hashes []string
	// with are the operators; none: all.
	with []operator
}

// mutatedMaps are the maps here and the toolchain's. The versions of the
// read/dirty map share their code: go1.23 has all methods, and go1.15.2 does not
// break R3 by itself. The toolchain's is long: it is spared what is a mistake
// without other threads as well.
var mutatedMaps = []mutatedMap{
	{"locked", []string{"locked.go"}, []string{"locked"}, basic, Policies[:1], nil},
	{"readdirty", []string{"readdirty.go", "entry.go"}, []string{"go1.15.2", "go1.23"}, basic, Policies[:1], nil},
	{"hash trie", []string{"hashtriemap.go"}, []string{"sync.Map"}, basic[1:3], Policies[1:],
		slices.Concat(memoryOperators, lockOperators, conditionOperators[:4], releaseOperators)},
}

var (
	basic = []model.Method{model.Load, model.Store, model.LoadAndDelete, model.LoadOrStore}
	onKey = append([]model.Method{model.CompareAndSwap, model.CompareAndDelete}, basic...)
	most  = append([]model.Method{model.Range, model.Clear}, onKey...)
)

// stage is an exploration that mutants have to survive.
type stage struct {
	name string
	job  job.Job
}

func newStage(size string, keys int, methods []model.Method, policies, initials []string) stage {
	return stage{name: size, job: job.Job{
		Size: size, Keys: keys, Methods: methods, Policies: policies, Initials: initials, Shards: 1, Steps: mostSteps,
	}}
}

// mostSteps ends an execution of a mutant that runs in circles. The longest of
// the maps as they are take some hundred.
const mostSteps = 1000

var (
	few      = []string{job.Empty, job.OneKey}
	initials = append(few, job.Traversed)
)

// small are stages that explore every class, the quickest first.
func small(m mutatedMap) []stage {
	return []stage{
		newStage("2x1", 2, nil, Policies, job.Initials),
		newStage("1x3", 2, most, Policies, initials),
		newStage("1x4", 2, basic, m.hashes, initials),
	}
}

// large are those for what survives small ones, and the race detector.
func large(m mutatedMap) []stage {
	return []stage{
		newStage("3x1", 2, most, m.hashes, few),
		newStage("2x2", 1, onKey, Policies[:1], few),
		newStage("2x2", 2, m.fewest, m.hashes, few),
		newStage("2x3", 2, basic[1:3], m.hashes[:1], few),
	}
}

// sampled are the stages that try a few schedules a program, by PCT.
func sampled() []stage {
	list := []stage{
		newStage("2x1", 2, nil, Policies, job.Initials),
		newStage("3x1", 2, basic, Policies, few),
	}
	for i := range list {
		list[i].job.Depth, list[i].job.Schedules, list[i].job.Seed = 3, 30/(i+1), 1
	}
	return list
}

// raced is the stage under the race detector.
func raced() []stage { return []stage{newStage("2x1", 2, nil, Policies, job.Initials)} }
