// Package explore runs every small program on a concurrent map in every
// interleaving that matters, and says which clauses of the specification the map
// breaks. A test of your map is three lines:
//
//	var subject = model.Subject[string, int]{Name: "mine", New: func() any { return new(mine.Map) }}
//
//	func TestExploration(t *testing.T) {
//		explore.Run(t, subject, explore.Options{})
//	}
//
// [Run] fails if the map breaks what it promises, with the smallest program and a
// schedule that shows it. [Explore] does the same outside of a test and returns a
// [Certificate], which says what was explored, how far, and under which
// assumptions.
//
// The source of the map stays as it is. A copy is rewritten so that its atomics
// and locks call a scheduler, and processes built around the copy explore the
// programs, one process on each core. docs/how-exploration-works.md explains how
// that works, why it is sound, and what it does not show.
package explore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
	"github.com/mapspec/mapspec/model"
)

// A Map says which map to explore: its package, and how to make one.
type Map struct {
	Name string // in certificates
	// Import is the package of the map, as seen from Dir. "sync" stands for the
	// toolchain's sync.Map.
	Import string
	// New is a Go expression that makes a pointer to a map, with the package's own
	// name: "new(locked.Map[string, int])".
	New string
	// Dir is a folder of the module that has or requires the package. "" is the
	// working directory.
	Dir     string
	Promise model.Promise // decides what is judged
	// Hash names functions that hash for the map, such as "example.com/fast.hash64".
	// Those of the copy follow the hash policies.
	Hash []string
}

// Of returns the map of a subject, whose type must have a name and a zero value
// that is ready for use.
func Of(b model.Binder) (Map, error) {
	in := b.Bind()
	t := reflect.TypeOf(in.Map())
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Name() == "" {
		return Map{}, fmt.Errorf("explore: %s: %v is no pointer to a named type: say with a Map which package and expression make one", in.Name(), t)
	}
	return Map{
		Name: in.Name(), Import: t.Elem().PkgPath(), New: "new(" + t.Elem().String() + ")", Promise: in.Promise(),
	}, nil
}

// Explore explores m. If ctx ends first, the certificate says so, and has what was
// found until then. The error says in one line what is missing or not supported.
//
// To build the copy takes some seconds. After that the time grows with the number
// of programs, and for each program exponentially with the number of steps that
// conflict.
func Explore(ctx context.Context, m Map, o Options) (*Certificate, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	root, err := os.MkdirTemp(o.TempDir, "mapspec-explore-")
	if err != nil {
		return nil, fmt.Errorf("explore: no place for an instrumented copy: set TMPDIR to a folder that can be written to: %w", err)
	}
	defer os.RemoveAll(root)
	b, err := prepare(ctx, m, o, root)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("explore: interrupted before any program of %s ran: %w", m.Name, ctx.Err())
	}
	if err != nil {
		return nil, err
	}
	built := time.Now()
	results, err := b.work(ctx, o)
	if err != nil {
		return nil, err
	}
	c := newCertificate(m, o, b, results)
	c.Seconds = time.Since(built).Seconds()
	c.explain(ctx, b, m)
	c.Build = built.Sub(start).Seconds()
	if o.Cover {
		unreached, err := b.copy.Unreached(context.WithoutCancel(ctx), b.counts())
		if err != nil {
			return nil, err
		}
		c.Unreached = b.portable(unreached)
	}
	if ctx.Err() != nil {
		c.bound(wire.Interrupted)
	}
	return c, nil
}

// counts is where coverage is counted.
func (b *build) counts() string { return filepath.Join(b.root, "counts") }
