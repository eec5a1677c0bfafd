package maphash_test

import (
	std "hash/maphash"
	"reflect"
	"testing"
	"unsafe"

	"github.com/mapspec/mapspec/linearizability/internal/shim/hash/maphash"
)

func TestWritesHashLikeOneString(t *testing.T) {
	seed := maphash.MakeSeed()
	var h maphash.Hash
	h.WriteString("con")
	h.WriteByte('n')
	h.Write([]byte("-12"))
	want := maphash.String(seed, "conn-12")
	if got := [3]uint64{h.Sum64(), maphash.Bytes(seed, []byte("conn-12")), maphash.Comparable(seed, "conn-12")}; got != [3]uint64{want, want, want} {
		t.Errorf("hashes %x, want %x", got, want)
	}
	c, _ := h.Clone()
	h.Reset()
	if h.Sum64() == want || c.(*maphash.Hash).Sum64() != want || len(h.Sum(nil)) != h.Size() {
		t.Error("Reset, Clone or Sum has the wrong hash")
	}
}

func TestEqualValuesHaveEqualHashes(t *testing.T) {
	type key struct {
		a int
		b string
	}
	var g, h maphash.Hash
	maphash.WriteComparable(&g, key{1, "x"})
	maphash.WriteComparable(&h, key{1, "x"})
	if g.Sum64() != h.Sum64() || maphash.Comparable(g.Seed(), key{1, "x"}) == maphash.Comparable(g.Seed(), key{2, "x"}) {
		t.Error("equal keys have different hashes, or different keys have equal ones")
	}
}

func TestZeroSeedPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	maphash.String(maphash.Seed{}, "")
}

func TestTypesHaveTheSizesAndMethodsOfTheRealOnes(t *testing.T) {
	if unsafe.Sizeof(maphash.Hash{}) != unsafe.Sizeof(std.Hash{}) || unsafe.Sizeof(maphash.Seed{}) != unsafe.Sizeof(std.Seed{}) {
		t.Errorf("Hash has %d bytes, the real one %d", unsafe.Sizeof(maphash.Hash{}), unsafe.Sizeof(std.Hash{}))
	}
	got, want := reflect.TypeFor[*maphash.Hash](), reflect.TypeFor[*std.Hash]()
	for i := range want.NumMethod() {
		if _, ok := got.MethodByName(want.Method(i).Name); !ok {
			t.Errorf("Hash lacks the method %s of the real one", want.Method(i).Name)
		}
	}
}
