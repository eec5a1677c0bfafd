package readdirty_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unsafe"
	"weak"
)

// An object is a key or a value. It has 32 bytes, because objects below 16 bytes
// without pointers share an allocation and are collected together.
type object [4]int

// objects are the instances that were passed to a map, held weakly.
type objects []weak.Pointer[object]

// reachable counts the instances that are alive. Call collect first.
func (o objects) reachable() (n int) {
	for _, w := range o {
		if w.Value() != nil {
			n++
		}
	}
	return n
}

// A trial is a map, the keys that stay in it, and the keys that were deleted. Functions
// that handle instances are not inlined, so that no instance remains in a variable or
// register of the caller.
type trial struct {
	m               anyMap
	residents       objects
	keys, values    objects
	residentsValues objects
}

// newTrial stores resident keys in a new map.
func newTrial(v version, residents int) *trial {
	tr := &trial{m: v.new()}
	for range residents {
		tr.storeResident()
	}
	return tr
}

//go:noinline
func (tr *trial) storeResident() {
	key, value := new(object), new(object)
	tr.m.Store(key, value)
	tr.residents = append(tr.residents, weak.Make(key))
	tr.residentsValues = append(tr.residentsValues, weak.Make(value))
}

// store stores a fresh key.
//
//go:noinline
func (tr *trial) store() {
	key, value := new(object), new(object)
	tr.m.Store(key, value)
	tr.keys = append(tr.keys, weak.Make(key))
	tr.values = append(tr.values, weak.Make(value))
}

// delete deletes the i-th key.
//
//go:noinline
func (tr *trial) delete(i int) {
	tr.m.Delete(tr.keys[i].Value())
}

// compareAndDelete deletes the i-th key, which still has its value.
//
//go:noinline
func (tr *trial) compareAndDelete(i int) {
	if !tr.m.(swapper).CompareAndDelete(tr.keys[i].Value(), tr.values[i].Value()) {
		panic("CompareAndDelete did not find the key and value that were stored")
	}
}

// visitAll visits every key, which promotes dirty.
func (tr *trial) visitAll() {
	tr.m.Range(func(_, _ any) bool { return true })
}

// storeThenDelete stores n keys, promotes dirty if asked to, and deletes the keys in
// insertion order.
func (tr *trial) storeThenDelete(n int, promote bool) {
	for range n {
		tr.store()
	}
	if promote {
		tr.visitAll()
	}
	for i := range n {
		tr.delete(i)
	}
}

// churn stores and deletes n keys one after the other.
func (tr *trial) churn(n int, del func(i int)) {
	for range n {
		tr.store()
		del(len(tr.keys) - 1)
	}
}

// retained collects garbage and returns how many of the deleted keys are reachable. It
// fails the test if one of their values is reachable, or if a resident key or its value
// is not.
func (tr *trial) retained(t *testing.T) int {
	t.Helper()
	runtime.GC()
	keys := tr.keys.reachable()
	if n := tr.values.reachable(); n != 0 {
		t.Errorf("%d values of deleted keys are reachable", n)
	}
	for _, o := range []objects{tr.residents, tr.residentsValues} {
		if n := o.reachable(); n != len(o) {
			t.Errorf("the probe is broken: it sees %d of %d live instances", n, len(o))
		}
	}
	runtime.KeepAlive(tr.m)
	return keys
}

// end drops the map. If instances are still reachable then, something else holds them,
// and the test fails because its counts are meaningless.
func (tr *trial) end(t *testing.T) {
	t.Helper()
	tr.m = nil
	runtime.GC()
	for _, o := range []objects{tr.keys, tr.values, tr.residents, tr.residentsValues} {
		if n := o.reachable(); n != 0 {
			t.Errorf("the probe is broken: %d instances outlive their map", n)
		}
	}
}

// Clauses: R1
func TestArticleTable(t *testing.T) {
	const n, residents = 1000, 2
	for _, row := range []struct {
		version
		inDirty, inRead, newStore, anotherRange int
	}{
		{go114, 0, 1000, 1000, 0},
		{go1150, 1000, 1000, 1000, 0},
		{go1152, 499, 1000, 1000, 0},
		{go123, 499, 1000, 1000, 0},
		{toolchain, 0, 0, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr := newTrial(row.version, residents)
			tr.storeThenDelete(n, false)
			if got := tr.retained(t); got != row.inDirty {
				t.Errorf("deleted while only in dirty: %d retained, want %d", got, row.inDirty)
			}
			tr.end(t)

			tr = newTrial(row.version, residents)
			tr.storeThenDelete(n, true)
			if got := tr.retained(t); got != row.inRead {
				t.Errorf("Range, then deleted: %d retained, want %d", got, row.inRead)
			}
			tr.storeResident()
			if got := tr.retained(t); got != row.newStore {
				t.Errorf("+ one new Store: %d retained, want %d", got, row.newStore)
			}
			tr.visitAll()
			if got := tr.retained(t); got != row.anotherRange {
				t.Errorf("+ another Range: %d retained, want %d", got, row.anotherRange)
			}
			tr.end(t)
		})
	}
}

// TestDeletesPromoteHalfWay checks the number of keys retained when misses reach
// len(dirty). With r residents and n keys, that happens at deletion number (n+r)/2,
// rounded up. The remaining keys are deleted from read.
func TestDeletesPromoteHalfWay(t *testing.T) {
	const n = 1000
	for _, v := range []version{go1152, go123} {
		for residents, want := range []int{500, 499, 499, 498} {
			t.Run(fmt.Sprintf("%s/%d residents", v.name, residents), func(t *testing.T) {
				tr := newTrial(v, residents)
				tr.storeThenDelete(n, false)
				if got := tr.retained(t); got != want {
					t.Errorf("%d retained, want %d", got, want)
				}
				tr.end(t)
			})
		}
	}
}

// Clauses: R1, R3
func TestStoreDeleteLoop(t *testing.T) {
	const n = 1000
	for _, row := range []struct {
		version
		alone, withResident int
	}{
		{go114, 0, 0},
		{go1150, 1, n},
		{go1152, 0, 0},
		{go123, 0, 0},
		{toolchain, 0, 0},
	} {
		for residents, want := range []int{row.alone, row.withResident} {
			t.Run(fmt.Sprintf("%s/%d residents", row.name, residents), func(t *testing.T) {
				tr := newTrial(row.version, residents)
				tr.churn(n, tr.delete)
				if got := tr.retained(t); got != want {
					t.Errorf("%d of %d retained, want %d", got, n, want)
				}
				tr.end(t)
			})
		}
	}
}

// Clauses: R1, R3
func TestStoreCompareAndDeleteLoop(t *testing.T) {
	const n = 10_000
	for _, row := range []struct {
		version
		alone, withResident int
	}{
		{go123, 1, n},
		{toolchain, 0, 0},
	} {
		for residents, want := range []int{row.alone, row.withResident} {
			t.Run(fmt.Sprintf("%s/%d residents", row.name, residents), func(t *testing.T) {
				tr := newTrial(row.version, residents)
				tr.churn(n, tr.compareAndDelete)
				if got := tr.retained(t); got != want {
					t.Errorf("%d of %d retained, want %d", got, n, want)
				}
				tr.end(t)
			})
		}
	}
}

// TestPausedRangeAndChurn deletes keys while a Range is in progress. The Range pins the
// index that it began with, which is no larger than the map was. What retains the keys
// churned in the meantime is CompareAndDelete: it lasts after the Range has returned,
// until two promotions with a new key between them. Delete retains nothing, with or
// without a Range. (Go 1.23.12 itself gives the same figures.)
//
// Clauses: R2
func TestPausedRangeAndChurn(t *testing.T) {
	const n = 10_000
	for _, row := range []struct {
		version
		name string
		del  func(*trial) func(int)
		want int
	}{
		{go123, "Delete", func(tr *trial) func(int) { return tr.delete }, 0},
		{go123, "CompareAndDelete", func(tr *trial) func(int) { return tr.compareAndDelete }, n},
		{toolchain, "Delete", func(tr *trial) func(int) { return tr.delete }, 0},
		{toolchain, "CompareAndDelete", func(tr *trial) func(int) { return tr.compareAndDelete }, 0},
	} {
		t.Run(row.version.name+"/"+row.name, func(t *testing.T) {
			tr := newTrial(row.version, 1) // at most two keys are live, including the one being churned
			tr.m.Range(func(_, _ any) bool {
				tr.churn(n, row.del(tr))
				if got := tr.retained(t); got != row.want {
					t.Errorf("while Range is paused: %d of %d retained, want %d", got, n, row.want)
				}
				return false
			})
			if got := tr.retained(t); got != row.want {
				t.Errorf("after Range has returned: %d of %d retained, want %d", got, n, row.want)
			}
			tr.visitAll()
			tr.storeResident()
			tr.visitAll()
			if got := tr.retained(t); got != 0 {
				t.Errorf("after two promotions with a new key between: %d retained, want 0", got)
			}
			tr.end(t)
		})
	}
}

func TestOverwrittenValueAndClearedMapAreReleased(t *testing.T) {
	for _, promote := range []bool{false, true} {
		tr := newTrial(go123, 0)
		for range 100 {
			tr.store()
		}
		if promote {
			tr.visitAll()
		}
		for _, w := range tr.keys {
			tr.m.Store(w.Value(), "another value")
		}
		runtime.GC()
		if n := tr.values.reachable(); n != 0 {
			t.Errorf("promoted=%v: %d overwritten values are reachable", promote, n)
		}
		if n := tr.keys.reachable(); n != len(tr.keys) {
			t.Errorf("promoted=%v: the probe is broken: it sees %d of %d live keys", promote, n, len(tr.keys))
		}
		tr.m.(clearer).Clear()
		if n := tr.retained(t); n != 0 {
			t.Errorf("promoted=%v: %d keys are reachable after Clear", promote, n)
		}
		tr.end(t)
	}
}

// TestWhichKeyInstanceIsKept checks which of two equal strings the map keeps: the older,
// even if it was deleted in between, unless its entry was expunged.
//
// Clauses: S8
func TestWhichKeyInstanceIsKept(t *testing.T) {
	older := strings.Clone("a key of more than thirty-two bytes, to be sure")
	newer := strings.Clone(older)
	for _, c := range []struct {
		name    string
		between func(m anyMap)
		want    string
	}{
		{"overwritten in dirty", func(m anyMap) {}, older},
		{"overwritten in read", func(m anyMap) { m.Range(func(_, _ any) bool { return true }) }, older},
		{"stored again in read", func(m anyMap) {
			m.Range(func(_, _ any) bool { return true })
			m.Delete(older)
		}, older},
		{"stored again once expunged", func(m anyMap) {
			m.Range(func(_, _ any) bool { return true })
			m.Delete(older)
			m.Store("makes dirty anew", 1)
		}, newer},
	} {
		t.Run(c.name, func(t *testing.T) {
			forEachVersion(t, func(t *testing.T, m anyMap) {
				m.Store(older, 1)
				c.between(m)
				m.Store(newer, 2)
				for key, value := range pairs(t, m) {
					if key == older && (unsafe.StringData(key.(string)) != unsafe.StringData(c.want) || value != 2) {
						t.Errorf("the map has the other instance, with value %v", value)
					}
				}
			})
		})
	}
}
