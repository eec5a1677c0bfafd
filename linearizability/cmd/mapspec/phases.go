package main

import (
	"context"
	"time"

	"github.com/mapspec/mapspec/linearizability"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property"
)

// phases are the steps of judging a map. A map that hangs may keep stress from
// ending, so it is last.
var phases = []struct {
	name  string
	judge func(ctx context.Context, b model.Binder, budget time.Duration, seed uint64) []model.Verdict
}{
	{"properties", judgeProperties},
	{"stress", judgeStress},
}

// judgeProperties uses a fifth of the budget for random programs. The rest of its work
// has a fixed size.
func judgeProperties(ctx context.Context, b model.Binder, budget time.Duration, seed uint64) []model.Verdict {
	return property.Judge(ctx, b, property.Options{Budget: max(budget/5, 1), Programs: 1 << 20, Seed: seed})
}

func judgeStress(ctx context.Context, b model.Binder, budget time.Duration, seed uint64) []model.Verdict {
	return linearizability.Judge(ctx, b, linearizability.Options{Budget: max(budget*4/5, 1), Seed: seed})
}
