package explore_test

import (
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/model"
)

// RunMap fails for a broken promise, with the command that repeats the exploration,
// and passes for a map that keeps what it promises.
//
// Clauses: S1, R1
func TestRunMapFailsWhatBreaksItsPromise(t *testing.T) {
	builds(t)
	o := explore.Options{Size: "2x1", Keys: 1, Policies: []string{"mix"}, Initials: []string{"empty"}}
	leaky := explore.Map{
		Name: "go1.15.0", Import: "github.com/mapspec/mapspec/impl/readdirty", New: "new(readdirty.Go1150)",
		Promise: model.Promise{Release: model.ReleasePrompt},
	}
	r := &recorder{TB: t}
	explore.RunMap(r, leaky, o)
	if len(r.failed) == 0 || !strings.Contains(strings.Join(r.failed, "\n"), "go1.15.0 breaks R1: ") ||
		!strings.Contains(r.failed[0], "explore -pkg github.com/mapspec/mapspec/impl/readdirty -new 'new(readdirty.Go1150)' -size 2x1") {
		t.Errorf("a leak: %q", r.failed)
	}
	leaky.Promise.Release = model.ReleaseUnstated // a leak is reported then, and fails nothing
	r = &recorder{TB: t}
	if explore.RunMap(r, leaky, o); len(r.failed) > 0 {
		t.Errorf("a leak that breaks no promise: %q", r.failed)
	}
	r = &recorder{TB: t}
	explore.RunMap(r, explore.Map{Name: "none", Import: "github.com/mapspec/mapspec/impl/readdirty", New: "readdirty.Nothing"}, o)
	if len(r.failed) != 1 {
		t.Errorf("an expression that makes no map: %q", r.failed)
	}
}

func TestTheShardComesFromTheEnvironment(t *testing.T) {
	t.Setenv("TEST_SHARD_INDEX", "2")
	t.Setenv("TEST_TOTAL_SHARDS", "5")
	if i, n, err := explore.ShardFromEnvironment(0); i != 2 || n != 5 || err != nil {
		t.Errorf("shard %d of %d, %v; want 2 of 5", i, n, err)
	}
	t.Setenv("TEST_SHARD_INDEX", "5")
	if _, _, err := explore.ShardFromEnvironment(0); err == nil || !strings.HasPrefix(err.Error(), "explore: ") {
		t.Errorf("shard 5 of 5: %v", err)
	}
}
