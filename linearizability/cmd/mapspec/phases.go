package main

import (
	"context"
	"time"

	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property/release"
)

// phases are what a map goes through, the cheapest first.
var phases = []struct {
	name  string
	judge func(ctx context.Context, b model.Binder, budget time.Duration, seed uint64) []model.Verdict
}{
	{"release", func(ctx context.Context, b model.Binder, _ time.Duration, _ uint64) []model.Verdict {
		return release.Judge(ctx, b, release.Options{})
	}},
}
