package explore

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/mapspec/mapspec/linearizability/instrument"
)

// build is a program around an instrumented copy of a map.
type build struct {
	root   string
	binary string
	copy   *instrument.Copy
}

// prepare copies m's package into root and builds a program around it.
func prepare(ctx context.Context, m Map, o Options, root string) (*build, error) {
	dir := m.Dir
	if dir == "" {
		dir = "."
	}
	b := &build{root: root, binary: filepath.Join(root, "worker")}
	var err error
	b.copy, err = instrument.New(ctx, instrument.Source{Dir: dir, Import: m.Import, Hash: m.Hash}, filepath.Join(root, "module"))
	if err != nil {
		return nil, err
	}
	if err := b.copy.Verify(); err != nil {
		return nil, fmt.Errorf("explore: the copy is not what was asked for: %w", err)
	}
	if o.change != nil {
		if err := o.change(b.copy); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(b.counts(), 0o777); err != nil {
		return nil, fmt.Errorf("explore: %w", err)
	}
	how := instrument.BuildOptions{Race: o.Race, Cover: o.Cover}
	if err := b.copy.Build(ctx, "worker", mainOf(m, b.copy.Import), b.binary, how); err != nil {
		return nil, fmt.Errorf("explore: %s does not make a map: %w", m.New, err)
	}
	return b, nil
}

// portable returns places in original files, "/home/me/fast/map.go:7", by import
// path, "example.com/fast/map.go:7": the same wherever the source is. It is not
// nil.
func (b *build) portable(places []string) []string {
	all := make([]string, len(places))
	for i, p := range places {
		all[i] = p
		for _, f := range b.copy.Files {
			if rest, ok := strings.CutPrefix(p, f.Original+":"); ok && f.Original != "" {
				if rel, err := filepath.Rel(b.copy.Root, f.Copy); err == nil {
					all[i] = filepath.ToSlash(rel) + ":" + rest
				}
			}
		}
	}
	return all
}

// mainOf returns the source of the program. The copy's package keeps the name
// that m.New uses.
func mainOf(m Map, copied string) []byte {
	name, _, _ := strings.Cut(strings.TrimLeft(m.New, "*&"), ".")
	if i := strings.LastIndexAny(name, "( []"); i >= 0 {
		name = name[i+1:]
	}
	if name == "" {
		name = path.Base(m.Import)
	}
	return fmt.Appendf(nil, `package main

import (
	%s %q

	"github.com/mapspec/mapspec/linearizability/explore/worker"
	"github.com/mapspec/mapspec/model"
)

func main() {
	worker.Main(worker.Of(%q, %#v, %s, func() any { return %[5]s }))
}
`, name, copied, m.Name, m.Promise, m.New)
}
