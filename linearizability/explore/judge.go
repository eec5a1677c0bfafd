package explore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/linearizability/internal/job"
	"github.com/mapspec/mapspec/model"
)

// judge returns the verdict on a clause that a replay gives. What the worker
// says of a history does not count: package check is a second opinion.
func judge(p model.Promise, c model.Clause, r *job.Replayed) (model.Verdict, history.History, error) {
	h, err := readHistory(r.History)
	if err != nil {
		return model.Verdict{}, h, err
	}
	v := model.Verdict{Clause: c, Status: model.OK, Coverage: model.Bounded("one schedule")}
	switch c {
	case model.P1, model.P2:
		v.Evidence = stuck(c, r)
	case model.P3:
		v.Evidence = stuckAtRest(r, h)
	case model.R1:
		if len(r.Retained) > 0 {
			v.Retained, v.Path = r.Retained, r.Retained[0].Path
			v.Evidence = fmt.Sprintf("%s is still reachable at rest: %s", v.Retained[0].What, v.Path)
		}
	case model.R2:
		if v.Evidence = r.Pinned; r.Pinned != "" {
			v.Retained, v.Path = r.Retained, r.Retained[0].Path
		}
	case model.M2:
		if r.Raced {
			v.Evidence = "the race detector reports a data race"
		}
	default:
		v = model.Find(check.History(h, check.Options{Promise: p}), c)
		return v, h, nil
	}
	if v.Evidence != "" {
		v.Status = model.Violation
	}
	return v, h, nil
}

// stuck says which operations never return, and where they are. A violation of
// P1 is a Load that waits for a thread that was stopped.
func stuck(c model.Clause, r *job.Replayed) string {
	var calls, where []string
	for _, s := range r.Steps {
		if !s.Never || c == model.P1 && !strings.HasPrefix(s.Operation, model.Load.String()+"(") {
			continue
		}
		calls = append(calls, s.Operation)
		where = append(where, fmt.Sprintf("%s at %s [%s]", s.Function, s.Line, strings.TrimPrefix(s.Object+"."+s.Call, ".")))
	}
	if len(calls) == 0 {
		return ""
	}
	return strings.Join(calls, " and ") + " never returned: " + strings.Join(where, "; ")
}

// stuckAtRest says which read never returns when all else has ended.
func stuckAtRest(r *job.Replayed, h history.History) string {
	if r.Rest == "" || r.Rest == completed {
		return ""
	}
	ops := h.Operations()
	i := slices.IndexFunc(ops, func(o history.Operation) bool { return o.Pending() })
	if i < 0 {
		return "a read at rest does not return: " + r.Rest
	}
	return fmt.Sprintf("%v, read at rest, does not return: %s", ops[i].Op, r.Rest)
}

// completed is the ending of what ended.
const completed = "completed"
