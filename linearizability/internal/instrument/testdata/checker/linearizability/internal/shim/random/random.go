// Package random replaces random numbers in tests.
package random

func Uint64() uint64 { return 4 }
