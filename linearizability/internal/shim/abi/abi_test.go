package abi_test

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/shim/abi"
	"github.com/mapspec/mapspec/linearizability/internal/shim/hashing"
)

func hash[K comparable](k K) uint64 {
	return uint64(abi.TypeOf(map[K]int(nil)).MapType().Hasher(unsafe.Pointer(&k), 9))
}

func equal[V any](a, b V) bool {
	return abi.TypeOf(map[int]V(nil)).MapType().Elem.Equal(unsafe.Pointer(&a), unsafe.Pointer(&b))
}

func panics(f func()) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	f()
	return ""
}

func TestKeysOfAllTypesAreHashedByContent(t *testing.T) {
	type named string
	type pair struct {
		a int
		b any
	}
	want := hashing.String("k1", 9)
	if hash("k1") != want || hash(any("k1")) != want || hash(named("k1")) != want || hash(any(named("k1"))) != want {
		t.Error("strings are not hashed by content")
	}
	if want := hashing.Uint64(7, 9); hash(7) != want || hash(any(7)) != want || hash(int8(7)) != want || hash(uint64(7)) != want {
		t.Error("integers are not hashed by content")
	}
	if hash(pair{1, "x"}) != hashing.Any(pair{1, "x"}, 9) || hash(pair{1, "x"}) == hash(pair{2, "x"}) {
		t.Error("structs are not hashed by content")
	}
	if p := panics(func() { hash(any([]int{})) }); !strings.Contains(p, "unhashable type") {
		t.Errorf("panic %q", p)
	}
}

func TestEqualAgreesWithGo(t *testing.T) {
	x := new(int)
	if !equal("a", "a") || equal("a", "b") || !equal(1, 1) || equal(1, 2) || !equal(x, x) || equal(x, new(int)) ||
		!equal[any](1, 1) || equal[any](1, "1") || !equal(1.5, 1.5) || equal([2]int{1, 2}, [2]int{1, 3}) ||
		equal[error](nil, fmt.Errorf("x")) {
		t.Error("Equal is not ==")
	}
	if p := panics(func() { equal[any]([]int{}, []int{}) }); !strings.Contains(p, "comparing uncomparable type []int") {
		t.Errorf("panic %q", p)
	}
	if abi.TypeOf(map[int][]int(nil)).MapType().Elem.Equal != nil {
		t.Error("there is an Equal for slices, which are not comparable")
	}
}

func TestKeysOfExplorationsAreHashedWithoutAllocation(t *testing.T) {
	h := abi.TypeOf(map[any]any(nil)).MapType().Hasher
	if n := testing.AllocsPerRun(100, func() {
		var k any = "conn-1"
		h(abi.NoEscape(unsafe.Pointer(&k)), 1)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
