package main

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// parseProfile reads a heap profile and keeps what is the same on every machine: the bytes in
// use by function, file and line.
func parseProfile(data []byte) (*profile.Profile, error) {
	p, err := profile.ParseData(data)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(p.SampleType, func(v *profile.ValueType) bool { return v.Type == "inuse_space" })
	if at < 0 {
		return nil, fmt.Errorf("no inuse_space among its %d sample types", len(p.SampleType))
	}
	for _, s := range p.Sample {
		s.Value = s.Value[at : at+1]
		s.NumLabel, s.NumUnit = nil, nil // the size of each object
	}
	p.Sample = slices.DeleteFunc(p.Sample, func(s *profile.Sample) bool { return s.Value[0] == 0 })
	p.SampleType = p.SampleType[at : at+1]
	p.DefaultSampleType = ""
	p.TimeNanos, p.DurationNanos, p.Comments = 0, 0, nil
	p.Mapping = nil
	for _, l := range p.Location {
		l.Mapping = nil
	}
	for _, f := range p.Function {
		f.Name = shorten(f.Name)
		f.SystemName = f.Name
		f.Filename = path.Join(packageOf(f.Name), path.Base(f.Filename))
	}
	// Omit addresses and join equal stacks.
	if err := p.Aggregate(true, true, true, true, false, false); err != nil {
		return nil, err
	}
	return profile.Merge([]*profile.Profile{p})
}

const module = "github.com/mapspec/mapspec/"

// shorten removes the module's path from the name of a function. The functions of this
// package belong to package main, or to its test.
func shorten(function string) string {
	if name, ok := strings.CutPrefix(function, "main."); ok {
		return "docs/gallery." + name
	}
	return strings.TrimPrefix(function, module)
}

// packageOf returns the path of a function's package.
func packageOf(function string) string {
	name, _, _ := strings.Cut(function, "[") // type arguments contain paths of their own
	dir, last := path.Split(name)
	last, _, _ = strings.Cut(last, ".")
	return dir + last
}

// A site is a line of code with the bytes in use that it allocated.
type site struct {
	function, file string
	line, bytes    int64
}

// sites returns the lines that allocated the bytes in use, the largest first, and the total.
func sites(p *profile.Profile) (all []site, total int64) {
	bytesAt := map[site]int64{}
	for _, s := range p.Sample {
		total += s.Value[0]
		bytesAt[innermost(s)] += s.Value[0]
	}
	for at, n := range bytesAt {
		at.bytes = n
		all = append(all, at)
	}
	slices.SortFunc(all, func(a, b site) int {
		if a.bytes != b.bytes {
			return cmp.Compare(b.bytes, a.bytes)
		}
		return cmp.Or(strings.Compare(a.function, b.function), cmp.Compare(a.line, b.line))
	})
	return all, total
}

// innermost returns the line that allocated. It is the first line of the first location, even
// if functions were inlined.
func innermost(s *profile.Sample) site {
	if len(s.Location) == 0 || len(s.Location[0].Line) == 0 {
		return site{function: "unknown"}
	}
	l := s.Location[0].Line[0]
	return site{function: l.Function.Name, file: l.Function.Filename, line: l.Line}
}

// leastBytes is the smallest site shown. Smaller ones belong to the runtime and differ between
// runs.
const leastBytes = 1 << 20 / 10

// profileText returns what go tool pprof -top would print, without what depends on the machine.
func profileText(name string, l load, p *profile.Profile) []byte {
	all, total := sites(p)
	var b bytes.Buffer
	fmt.Fprintf(&b, "Heap in use with %s, by the line that allocated it.\n", name)
	fmt.Fprintf(&b, "%s connections were served; all are closed, and deleted from the map.\n\n", thousands(l.connections))
	fmt.Fprintf(&b, "%9s %6s  %s\n", "MiB", "share", "allocated by")
	for _, s := range all {
		if s.bytes < leastBytes {
			break
		}
		fmt.Fprintf(&b, "%9.1f %5.1f%%  %s  %s:%d\n",
			mebibytes(uint64(s.bytes)), 100*float64(s.bytes)/float64(total), s.function, s.file, s.line)
	}
	fmt.Fprintf(&b, "%9.1f %5.1f%%  total\n", mebibytes(uint64(total)), 100.0)
	return b.Bytes()
}
