package locked_test

import (
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/model"
	"github.com/mapspec/mapspec/property"
)

func subject() model.Binder {
	m, _ := impl.Find("locked")
	return m.Subject
}

// Clauses: S1, S2, S3, S4, S5, S6, S7, T1, T2, T3, T4, T5, T6, P2, P3
func FuzzMap(f *testing.F) { property.Fuzz(f, subject()) }

// Clauses: R1
func FuzzRelease(f *testing.F) { property.FuzzRelease(f, subject()) }
