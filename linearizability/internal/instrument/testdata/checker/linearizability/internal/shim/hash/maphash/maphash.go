// Package maphash replaces the stand-in for hash/maphash in tests.
package maphash

type Seed struct{ _ int }

func MakeSeed() Seed { return Seed{} }

func String(_ Seed, s string) uint64 { return uint64(len(s)) }
