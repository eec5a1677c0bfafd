package explore

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// A worker that is killed as time is up has not explored its programs, whatever
// the others have.
func TestAWorkerThatIsKilledForTimeIsInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the worker is a script of a shell")
	}
	b := &build{root: t.TempDir()}
	b.binary = filepath.Join(b.root, "worker")
	script := "#!/bin/sh\necho '{\"Progress\":{\"Of\":1}}'\nexec sleep 100\n"
	if err := os.WriteFile(b.binary, []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Shards: 1, Workers: 1, Progress: func(Progress) { cancel() }}
	c := &crew{options: o, progress: make([]wire.Progress, 1), found: map[model.Clause]*wire.Found{}, inputs: make([]*json.Encoder, 1)}
	if err := b.one(ctx, c, 0); err != nil || !slices.Equal(c.bounds, []string{"interrupted"}) {
		t.Errorf("%v, bounds %q", err, c.bounds)
	}
}
