package readdirty_test

import (
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/property"
)

// These versions promise nothing about release, so the fuzz tests judge only results.

// Clauses: S1, S2, S3, S4, S7, T1, T3, T4, P2, P3
func FuzzGo114(f *testing.F) { fuzz(f, "go1.14") }

// Clauses: S1, S2, S3, S4, S7, T1, T3, T4, P2, P3
func FuzzGo1150(f *testing.F) { fuzz(f, "go1.15.0") }

// Clauses: S1, S2, S3, S4, S7, T1, T3, T4, P2, P3
func FuzzGo1152(f *testing.F) { fuzz(f, "go1.15.2") }

// Clauses: S1, S2, S3, S4, S5, S6, S7, T1, T3, T4, T5, P2, P3
func FuzzGo123(f *testing.F) { fuzz(f, "go1.23") }

func fuzz(f *testing.F, name string) {
	m, ok := impl.Find(name)
	if !ok {
		f.Fatalf("no map %s in the catalogue", name)
	}
	property.Fuzz(f, m.Subject)
}
