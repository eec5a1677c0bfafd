package goarch_test

import (
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/shim/goarch"
)

func TestPtrSizeIsAnUntypedConstant(t *testing.T) {
	var bits uint = 8 * goarch.PtrSize
	if bits != uint(8*unsafe.Sizeof(uintptr(0))) {
		t.Errorf("%d bits", bits)
	}
}
