// Package atomic replaces the stand-in for sync/atomic in tests.
package atomic

import real "sync/atomic"

type (
	Int32          = real.Int32
	Int64          = real.Int64
	Uint32         = real.Uint32
	Pointer[T any] = real.Pointer[T]
)

func AddInt64(p *int64, d int64) int64 { return real.AddInt64(p, d) }
