package worker

import (
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// hashed is a map of lists, one for each of a few hashes.
type hashed struct{ lists [4]list }

func (m *hashed) list(key any) *list { return &m.lists[hashing.Any(key, 0)%4] }

func (m *hashed) Load(key any) (any, bool) { return m.list(key).Load(key) }
func (m *hashed) Store(key, value any)     { m.list(key).Store(key, value) }
func (m *hashed) Delete(key any)           { m.list(key).Delete(key) }

// Executions of several policies are judged in one batch, and a map that was
// filled under one of them finds nothing under another.
func TestAMapIsLookedAtUnderThePolicyThatItRanUnder(t *testing.T) {
	j := small
	j.Policies = []string{"mix", "prefix", "collide"}
	r, found := work(t, func() any { return new(hashed) }, model.Promise{Release: model.ReleasePrompt}, j)
	if len(found) != 0 || len(r.Settings) != len(j.Policies)*len(j.Initials) {
		t.Errorf("found %+v in %+v", found, r)
	}
	_, found = work(t, func() any {
		m := new(hashed)
		m.lists[0].keeps, m.lists[1].keeps, m.lists[2].keeps, m.lists[3].keeps = true, true, true, true
		return m
	}, model.Promise{Release: model.ReleasePrompt}, j)
	if len(found) == 0 || found[0].Clause != model.R1 || found[0].Witness.Schedule.Initial != wire.OneKey {
		t.Errorf("found %+v", found)
	}
}
