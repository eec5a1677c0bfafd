package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/instrument"
)

// selected is the environment variable that selects a mutant.
const selected = "MAPSPEC_MUTANT"

// selector is the file of a copy that reads it.
const selector = `package %s

import ("os"; "strconv")

var mapspecMutant, _ = strconv.Atoi(os.Getenv("` + selected + `"))
`

//go:embed driver.tmpl
var driverText string

var driver = template.Must(template.New("driver").Parse(driverText))

// copyWithMutants makes an instrumented copy of c in root, with all mutants that
// compile.
func copyWithMutants(ctx context.Context, c *code, m explore.Map, root string) (*instrument.Copy, []*mutant, error) {
	copied, err := instrument.New(ctx, instrument.Source{Dir: ".", Import: m.Import, Hash: m.Hash}, filepath.Join(root, "module"))
	if err != nil {
		return nil, nil, err
	}
	var files []*file
	for _, f := range copied.Files {
		if f.Original == "" || !slices.Contains(c.files, filepath.Base(f.Copy)) {
			continue
		}
		x, err := readFile(f.Copy, c.operators())
		if err != nil {
			return nil, nil, err
		}
		files = append(files, x)
	}
	if len(files) != len(c.files) {
		return nil, nil, fmt.Errorf("%s has %d of the files %s: correct the list in code.go", m.Import, len(files), commas(c.files))
	}
	folder := filepath.Dir(files[0].path)
	if c.extra != "" {
		text, err := os.ReadFile(filepath.Join(copied.Checker, c.extra))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, filepath.Base(c.extra)), text, 0o644)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	mutants, err := keepCompiling(ctx, folder, files)
	return copied, mutants, err
}

// keepCompiling writes the files, and takes away mutants until what is left
// compiles.
func keepCompiling(ctx context.Context, folder string, files []*file) ([]*mutant, error) {
	if err := os.WriteFile(filepath.Join(folder, "mapspec_mutant.go"), fmt.Appendf(nil, selector, files[0].pkg), 0o644); err != nil {
		return nil, err
	}
	for {
		var mutants []*mutant
		for _, f := range files {
			mutants = append(mutants, f.mutants()...)
		}
		for i, m := range mutants {
			m.number = i + 1
		}
		for _, f := range files {
			if err := f.write(); err != nil {
				return nil, err
			}
		}
		complaints, err := compile(ctx, folder)
		if err != nil || complaints == "" {
			return mutants, err
		}
		if !discard(files, complaints) {
			return nil, fmt.Errorf("the mutants do not compile: correct the operators: %s", strings.Join(strings.Fields(complaints), " "))
		}
	}
}

// compile builds the package in folder and returns all that the compiler says.
func compile(ctx context.Context, folder string) (complaints string, err error) {
	c := exec.CommandContext(ctx, "go", "build", "-gcflags=-e", ".")
	c.Dir = folder
	c.Env = append(os.Environ(), "PWD="+folder, "GOWORK=off", "GO111MODULE=on", "GOFLAGS=-mod=mod -buildvcs=false")
	out, err := c.CombinedOutput()
	if exit := new(exec.ExitError); errors.As(err, &exit) && ctx.Err() == nil {
		return string(out), nil
	}
	return "", err
}

var complaint = regexp.MustCompile(`(?m)^(?:.*/)?([^/\s:]+\.go):(\d+)`)

// discard takes away the mutants that the compiler complains of, if any.
func discard(files []*file, complaints string) (any bool) {
	bad := map[*mutant]bool{}
	for _, c := range complaint.FindAllStringSubmatch(complaints, -1) {
		line, _ := strconv.Atoi(c[2])
		for _, f := range files {
			if m := f.mutantAt(line); m != nil && f.name == c[1] {
				bad[m] = true
			}
		}
	}
	for _, f := range files {
		for _, x := range f.functions {
			x.mutants = slices.DeleteFunc(x.mutants, func(m *mutant) bool { return bad[m] })
		}
	}
	return len(bad) > 0
}

// build makes the mutants of c in root, and a program that runs them, with a
// second one for the race detector if asked for.
func build(ctx context.Context, c *code, root string, race bool) (programs map[bool]string, mutants []*mutant, err error) {
	maps, err := c.maps()
	if err != nil {
		return nil, nil, err
	}
	copied, mutants, err := copyWithMutants(ctx, c, maps[0], root)
	if err != nil {
		return nil, nil, err
	}
	var text strings.Builder
	if err := driver.Execute(&text, struct {
		*instrument.Copy
		Maps []explore.Map
	}{copied, maps}); err != nil {
		return nil, nil, err
	}
	programs = map[bool]string{false: filepath.Join(root, "mutants.exe")}
	if race {
		programs[true] = filepath.Join(root, "race.exe")
	}
	for race, out := range programs {
		if err := copied.Build(ctx, "mutants", []byte(text.String()), out, instrument.BuildOptions{Race: race}); err != nil {
			return nil, nil, err
		}
	}
	return programs, mutants, nil
}
