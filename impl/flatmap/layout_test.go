package flatmap

import (
	"reflect"
	"runtime"
	"runtime/metrics"
	"testing"
	"unsafe"
)

// TestBucketsOfAllTypesHaveOneLayout checks the constants from which the code computes
// where a slot is, whatever its type.
func TestBucketsOfAllTypesHaveOneLayout(t *testing.T) {
	for _, c := range []struct {
		bucket            reflect.Type
		keyRefs, valueRef bool
	}{
		{reflect.TypeFor[typed[plainSlot, plainSlot]](), false, false},
		{reflect.TypeFor[typed[plainSlot, referenceSlot]](), false, true},
		{reflect.TypeFor[typed[referenceSlot, plainSlot]](), true, false},
		{reflect.TypeFor[typed[referenceSlot, referenceSlot]](), true, true},
	} {
		if size := c.bucket.Size(); size != bucketSize {
			t.Errorf("%v has %d bytes, want %d", c.bucket, size, bucketSize)
		}
		for i, want := range []uintptr{0, keysAt, lockAt, lengthsAt, valuesAt} {
			if got := c.bucket.Field(i).Offset; got != want {
				t.Errorf("field %d is at %d of %v, want %d", i, got, c.bucket, want)
			}
		}
		for name, want := range map[string]bool{"keys": c.keyRefs, "values": c.valueRef} {
			if f, _ := c.bucket.FieldByName(name); hasPointers(f.Type) != want {
				t.Errorf("%s of %v have pointers: %v, want %v", name, c.bucket, !want, want)
			}
		}
	}
	if size, want := unsafe.Sizeof(Map[int, string]{}), unsafe.Sizeof(core{}); size != want {
		t.Errorf("a map has %d bytes, want %d", size, want)
	}
	if lockAt != 64 {
		t.Errorf("the second cache line begins at %d", lockAt)
	}
	if size := unsafe.Sizeof(bucket{}); size != keysAt {
		t.Errorf("the head of a bucket has %d bytes, want %d", size, keysAt)
	}
	if size := unsafe.Sizeof(referenceSlot{}); size != slotSize {
		t.Errorf("a slot of a reference has %d bytes, want %d", size, slotSize)
	}
	if at := uintptr(unsafe.Pointer(pointerIn(unsafe.Pointer(new(referenceSlot))))) & (slotSize - 1); at != reflect.TypeFor[referenceSlot]().Field(1).Offset {
		t.Errorf("the pointer is looked for at %d of its slot", at)
	}
}

// TestKindsOfTypes checks how slots hold keys and values. The garbage collector must see
// all pointers that are stored, and need not look at anything else.
func TestKindsOfTypes(t *testing.T) {
	type padded struct { //lint:ignore U1000 its type alone matters
		_ bool
		_ int32
	}
	for _, c := range []struct {
		name string
		got  kinds
		want kinds
	}{
		{"int, int", kindsOf[int, int](), kinds{word, word, true}},
		{"bool, uint8", kindsOf[bool, uint8](), kinds{word, word, true}},
		{"string, bool", kindsOf[string, bool](), kinds{text, word, true}},
		{"string, string", kindsOf[string, string](), kinds{text, boxed, false}},
		{"*int, *int", kindsOf[*int, *int](), kinds{pointer, pointer, true}},
		{"chan, func", kindsOf[chan int, func()](), kinds{pointer, pointer, false}},
		{"unsafe.Pointer, map", kindsOf[unsafe.Pointer, map[int]int](), kinds{pointer, pointer, false}},
		{"float64, float64", kindsOf[float64, float64](), kinds{boxed, word, false}},
		{"padded, padded", kindsOf[padded, padded](), kinds{boxed, word, false}},
		{"any, any", kindsOf[any, any](), kinds{boxed, boxed, false}},
		{"struct{*int}, struct{*int}", kindsOf[struct{ p *int }, struct{ p *int }](), kinds{boxed, boxed, false}},
		{"[1]*int, [1]*int", kindsOf[[1]*int, [1]*int](), kinds{boxed, boxed, false}},
		{"uintptr, uintptr", kindsOf[uintptr, uintptr](), kinds{word, word, true}},
		{"struct{}, struct{}", kindsOf[struct{}, struct{}](), kinds{boxed, word, false}},
		{"[0]*int, [0]*int", kindsOf[[0]*int, [0]*int](), kinds{boxed, word, false}},
		{"[2]int32, [9]byte", kindsOf[[2]int32, [9]byte](), kinds{boxed, boxed, false}},
		{"complex64, complex64", kindsOf[complex64, complex64](), kinds{boxed, word, false}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, c.got, c.want)
		}
	}
}

// scannable returns how many bytes of the heap the garbage collector scans.
func scannable() uint64 {
	sample := []metrics.Sample{{Name: "/gc/scan/heap:bytes"}}
	runtime.GC()
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func TestTableWithoutPointersIsNotScanned(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 50_000
	}
	before := scannable()
	var m Map[int, int]
	for i := range n {
		m.Store(i, i)
	}
	after, bytes := scannable(), footprint(&m)
	if grown := int64(after) - int64(before); grown > int64(bytes/100) {
		t.Errorf("with %d entries in %d bytes the heap to scan grew by %d", n, bytes, grown)
	}
	m.Clear()
	// The probe does see a table with pointers.
	var p Map[int, *int]
	x := new(int)
	for i := range n {
		p.Store(i, x)
	}
	after, bytes = scannable(), footprint(&p)
	if grown := int64(after) - int64(before); grown < int64(bytes/4) {
		t.Errorf("the probe is broken: with %d pointers in %d bytes the heap to scan grew by %d", n, bytes, grown)
	}
	runtime.KeepAlive(&p)
}

// footprint returns the size in bytes of the tables reachable from m at rest.
func footprint[K comparable, V any](m *Map[K, V]) (bytes uint64) {
	for t := m.root.Load(); t != nil; t = t.next.Load() {
		bytes += t.size() * bucketSize
		if c := t.chains.Load(); c != nil {
			bytes += uint64(unsafe.Sizeof(*c))
			for i, block := range c.blocks {
				if block != nil {
					bytes += bucketSize << i
				}
			}
		}
	}
	return bytes
}
