package goarch_test

import (
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/shim/goarch"
)

func TestPtrSizeIsTheSizeOfAPointer(t *testing.T) {
	var bits uint = 8 * goarch.PtrSize // compiles only if the constant is untyped
	if bits != uint(8*unsafe.Sizeof(uintptr(0))) {
		t.Errorf("a pointer has %d bits, want %d", bits, 8*unsafe.Sizeof(uintptr(0)))
	}
}
