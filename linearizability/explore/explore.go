// Package explore decides for every program of a size whether any interleaving
// of a map's own code breaks a clause.
//
//	explore.go      this introduction; Map and Explore
//	options.go      what is explored, and its defaults
//	source.go       an instrumented copy of the map, built around a worker
//	crew.go         a worker process for each core
//	certificate.go  what was found and what was covered, as a value
//	violation.go    a violation, run again and explained
//	replay.go       a saved violation, run again
//	judge.go        what a run shows
//	merge.go        the certificates of shards as one
//
// The source of a map is copied, and the copy rewritten so that its atomics and
// locks call a scheduler (package instrument). A program is built around the
// copy (package worker), and runs once for each core; each process explores
// every n-th program. What they say is joined into a certificate.
//
// How an exploration works, why it is sound and what it does not show is told
// in docs/how-exploration-works.md.
package explore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/mapspec/mapspec/model"
)

// Map says which map to explore: its package, and how one is made.
type Map struct {
	// Name is what the map is called in a certificate.
	Name string
	// Import is the package of the map, as seen from Dir: "sync" stands for the
	// toolchain's own sync.Map.
	Import string
	// New is a Go expression that makes a map, a pointer, with the package's
	// own name: "new(locked.Map[string, int])".
	New string
	// Dir is a folder of the module that has or requires the package; "" is the
	// working directory.
	Dir string
	// Promise decides what is judged.
	Promise model.Promise
	// Hash names functions that hash for the map itself, such as
	// "example.com/fast.hash64": the copy's follow the hash policies. See
	// instrument.Source.
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

// Explore explores m. When ctx ends first, the certificate says so: what was
// found until then is in it. The error is one line; it says what is missing or
// not supported.
//
// The time is that of building the copy, some seconds, and the number of
// programs times what package search says of one.
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
		c.bound("interrupted")
	}
	return c, nil
}

// counts is where coverage is counted.
func (b *build) counts() string { return filepath.Join(b.root, "counts") }
