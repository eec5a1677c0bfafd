package explore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/instrument"
)

// selected is the variable of the environment that selects a mutant.
const selected = "MAPSPEC_MUTANT"

// selector is the file of a copy that reads it.
const selector = `package %s

import (
	"os"
	"strconv"
)

var mapspecMutant, _ = strconv.Atoi(os.Getenv("` + selected + `"))
`

// mutation makes all mutants of some files of a copy.
type mutation struct {
	files   []string // names of files
	with    []operator
	only    map[string]row // by key; nil: all
	extra   string         // a file to add to the copy
	mutants []*mutant
	refused int // do not build
}

// change is Options.change: it adds the mutants to a copy, but for those that do
// not build.
func (m *mutation) change(c *instrument.Copy) error {
	var files []*mutatedFile
	folder := ""
	for _, f := range c.Files {
		if !slices.Contains(m.files, filepath.Base(f.Copy)) || f.Original == "" {
			continue
		}
		x, err := readMutated(f.Copy, m.with)
		if err != nil {
			return err
		}
		if m.only != nil {
			x.keep(func(x *mutant) bool { _, ok := m.only[x.key()]; return ok })
		}
		files = append(files, x)
		folder = filepath.Dir(f.Copy)
	}
	if len(files) != len(m.files) {
		return fmt.Errorf("the copy has %d of the files %q", len(files), m.files)
	}
	name := strings.TrimSuffix(filepath.Base(folder), "-")
	if err := os.WriteFile(filepath.Join(folder, "mapspec_mutant.go"), fmt.Appendf(nil, selector, name), 0o644); err != nil {
		return err
	}
	if m.extra != "" {
		text, err := os.ReadFile(m.extra)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(m.extra)), text, 0o644); err != nil {
			return err
		}
	}
	for {
		m.number(files)
		for _, f := range files {
			if err := f.write(); err != nil {
				return err
			}
		}
		compilerComplaints, err := compile(folder)
		if err != nil || compilerComplaints == "" {
			return err
		}
		n := discard(files, compilerComplaints)
		if n == 0 {
			return fmt.Errorf("the mutants do not build: %s", compilerComplaints)
		}
		m.refused += n
	}
}

// number numbers the mutants, from 1.
func (m *mutation) number(files []*mutatedFile) {
	m.mutants = nil
	for _, f := range files {
		m.mutants = append(m.mutants, f.mutants()...)
	}
	for i, x := range m.mutants {
		x.number = i + 1
	}
}

// compile builds the package in folder and returns all that the compiler says.
func compile(folder string) (compilerComplaints string, err error) {
	c := exec.CommandContext(context.Background(), "go", "build", "-gcflags=-e", ".")
	c.Dir = folder
	c.Env = append(os.Environ(), "PWD="+folder, "GOWORK=off", "GO111MODULE=on", "GOFLAGS=-mod=mod -buildvcs=false")
	out, err := c.CombinedOutput()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return string(out), nil
	}
	return "", err
}

var compilerComplaint = regexp.MustCompile(`(?m)^(?:.*/)?([^/\s:]+\.go):(\d+)`)

// discard takes away the mutants that the compiler complains of.
func discard(files []*mutatedFile, compilerComplaints string) (n int) {
	bad := map[*mutant]bool{}
	for _, c := range compilerComplaint.FindAllStringSubmatch(compilerComplaints, -1) {
		line, _ := strconv.Atoi(c[2])
		for _, f := range files {
			for _, s := range f.spans {
				if f.name == c[1] && s.first <= line && line <= s.last {
					bad[s.mutant] = true
				}
			}
		}
	}
	for _, f := range files {
		f.keep(func(x *mutant) bool { return !bad[x] })
	}
	return len(bad)
}
