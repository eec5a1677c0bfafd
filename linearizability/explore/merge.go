package explore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
)

// Merge joins the certificates of all shards of one exploration. It is an error if
// a shard is missing or there twice, or if explorations differ.
func Merge(parts []*Certificate) (*Certificate, error) {
	if len(parts) == 0 {
		return nil, errors.New("explore: no certificate to merge")
	}
	first := parts[0]
	seen := map[int]bool{}
	for _, p := range parts {
		if err := same(first, p); err != nil {
			return nil, err
		}
		for _, s := range p.Shards {
			if seen[s] {
				return nil, fmt.Errorf("explore: %s: shard %d of %d is there twice: give each shard's certificate once", p.Map, s, p.Of)
			}
			seen[s] = true
		}
	}
	for s := range first.Of {
		if !seen[s] {
			return nil, fmt.Errorf("explore: %s: shard %d of %d is missing: explore it with -shard %[2]d/%[3]d", first.Map, s, first.Of)
		}
	}
	return join(parts), nil
}

// same reports how two certificates are not of one exploration.
func same(a, b *Certificate) error {
	for _, f := range []struct {
		name string
		a, b any
	}{
		{"schema", a.Schema, b.Schema}, {"map", a.Map, b.Map}, {"import", a.Import, b.Import}, {"new", a.New, b.New}, {"hash", a.Hash, b.Hash},
		{"go", a.Go, b.Go}, {"platform", a.Platform, b.Platform}, {"digest", a.Digest, b.Digest},
		{"size", a.Size, b.Size}, {"keys", a.Keys, b.Keys}, {"alphabet", a.Alphabet, b.Alphabet},
		{"policy", a.Policy, b.Policy}, {"schedules", a.Samples, b.Samples}, {"seed", a.Seed, b.Seed},
		{"nested", a.Nested, b.Nested}, {"stalls", a.Stalls, b.Stalls}, {"unreached", a.Unreached == nil, b.Unreached == nil},
		{"policies", a.Policies, b.Policies}, {"initials", a.Initials, b.Initials},
		{"settings", len(a.Settings), len(b.Settings)}, {"of", a.Of, b.Of}, {"races", a.Races == wire.RacesNotChecked, b.Races == wire.RacesNotChecked},
	} {
		if !reflect.DeepEqual(f.a, f.b) {
			return fmt.Errorf("explore: certificates differ in %q, %v and %v: merge the shards of one exploration", f.name, f.a, f.b)
		}
	}
	return nil
}

// join adds up what same and Merge have found to belong together.
func join(parts []*Certificate) *Certificate {
	sum := *parts[0]
	sum.Settings = slices.Clone(sum.Settings)
	ints, floats := sum.sums()
	for _, p := range parts[1:] {
		sum.Shards = append(slices.Clone(sum.Shards), p.Shards...)
		counts, times := p.sums()
		for i, n := range counts {
			*ints[i] += *n
		}
		for i, t := range times {
			*floats[i] += *t
		}
		for i := range p.Settings {
			sum.Settings[i].Programs += p.Settings[i].Programs
		}
		sum.Waits = union(sum.Waits, p.Waits)
		sum.Notes = union(sum.Notes, p.Notes)
		sum.Unended = firstUnended(slices.Concat(sum.Unended, p.Unended))
		sum.Bounds = union(sum.Bounds, p.Bounds)
		sum.Unreached = intersection(sum.Unreached, p.Unreached)
		if p.Races == wire.RacesSeen {
			sum.Races = p.Races
		}
		sum.Violations = smallest(sum.Violations, p.Violations)
	}
	slices.Sort(sum.Shards)
	sum.cover()
	sum.tidy()
	return &sum
}

// sums returns the fields that add up.
func (c *Certificate) sums() ([]*int, []*float64) {
	return []*int{&c.Programs, &c.Executions, &c.Classes, &c.CutShort, &c.Limited, &c.Stalled, &c.Pins, &c.PinsWaited, &c.Steps, &c.Released},
		[]*float64{&c.Build, &c.Seconds, &c.Running, &c.Judging}
}

// smallest keeps of each clause the violation that comes first.
func smallest(a, b []Violation) []Violation {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(v, w Violation) int {
		if c := v.Clause.Order() - w.Clause.Order(); c != 0 {
			return c
		}
		if v.Rank.Before(w.Rank) {
			return -1
		}
		return 1
	})
	return slices.CompactFunc(all, func(v, w Violation) bool { return v.Clause == w.Clause })
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// intersection is nil only if a is.
func intersection(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return !slices.Contains(b, s) })
}

// ReadCertificates reads certificates, one after the other.
func ReadCertificates(r io.Reader) ([]*Certificate, error) {
	var all []*Certificate
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	for {
		c := new(Certificate)
		if err := d.Decode(c); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("explore: certificate %d: %w", len(all)+1, err)
		}
		if c.Schema != Schema {
			return nil, fmt.Errorf("explore: certificate %d has schema %d, this mapspec knows %d: explore again", len(all)+1, c.Schema, Schema)
		}
		all = append(all, c)
	}
}
