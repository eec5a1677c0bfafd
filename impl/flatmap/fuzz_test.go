package flatmap_test

import (
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/property"
)

// Clauses: S1, S2, S3, S4, S5, S6, S7, T1, T2, T3, T4, T5, T6, P2, P3
func FuzzMap(f *testing.F) {
	m, _ := impl.Find("flatmap")
	property.Fuzz(f, m.Subject)
}

// Clauses: R1
func FuzzRelease(f *testing.F) {
	m, _ := impl.Find("flatmap")
	property.FuzzRelease(f, m.Subject)
}
