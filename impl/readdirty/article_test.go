package readdirty_test

import "testing"

// TestTenKeysOfTheArticle runs the article's program: store ten pointer keys, delete
// every second one, Range. Ten keys are few enough to follow each step by hand.
//
// All ten keys are in dirty when the five deletions begin. Go 1.14 removes its five
// there, and so does Go 1.15.2, where dirty shrinks as misses grow: the fifth deletion
// makes five misses against five keys, and promotes a clean dirty. Go 1.15.0 leaves
// the five keys in dirty, and its five misses against ten keys promote nothing. The
// Range promotes dirty but releases nothing: the deleted keys move to read.
//
// Clauses: R1
func TestTenKeysOfTheArticle(t *testing.T) {
	for _, row := range []struct {
		version
		beforeRange, afterRange int
	}{
		{go114, 0, 0},
		{go1150, 5, 5},
		{go1152, 0, 0},
		{go123, 0, 0},
		{toolchain, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr := newTrial(row.version, 0)
			for range 5 {
				tr.store()
				tr.storeResident()
			}
			for i := range tr.keys {
				tr.delete(i)
			}
			if got := tr.retained(t); got != row.beforeRange {
				t.Errorf("before Range: %d of 5 deleted keys retained, want %d", got, row.beforeRange)
			}
			tr.checkVisited(t)
			if got := tr.retained(t); got != row.afterRange {
				t.Errorf("after Range: %d of 5 deleted keys retained, want %d", got, row.afterRange)
			}
			tr.end(t)
		})
	}
}

// checkVisited checks that Range visits exactly the residents.
//
//go:noinline
func (tr *trial) checkVisited(t *testing.T) {
	t.Helper()
	visited := pairs(t, tr.m)
	for i, w := range tr.residents {
		if visited[w.Value()] != tr.residentsValues[i].Value() {
			t.Errorf("Range did not visit resident %d with its value", i)
		}
	}
	if len(visited) != len(tr.residents) {
		t.Errorf("Range visited %d keys, want the %d residents", len(visited), len(tr.residents))
	}
}

// TestTenKeysOfTheArticleReturnTheSameInEveryVersion checks that the results of the
// article's program, and of a Load of each key after it, do not distinguish the
// versions. It holds the keys in order to load them.
//
// Clauses: S3
func TestTenKeysOfTheArticleReturnTheSameInEveryVersion(t *testing.T) {
	for _, v := range append(versions[:len(versions):len(versions)], toolchain) {
		t.Run(v.name, func(t *testing.T) {
			m := v.new()
			var keys [10]*object
			for i := range keys {
				keys[i] = new(object)
				m.Store(keys[i], i)
			}
			for i := 0; i < len(keys); i += 2 {
				m.Delete(keys[i])
			}
			visited := pairs(t, m)
			for i, key := range keys {
				var want any
				if i%2 == 1 {
					want = i
				}
				if got, ok := m.Load(key); got != want || ok != (want != nil) || visited[key] != want {
					t.Errorf("key %d: Load = %v, %v and Range saw %v; want %v", i, got, ok, visited[key], want)
				}
			}
			if len(visited) != 5 {
				t.Errorf("Range visited %d keys, want 5", len(visited))
			}
		})
	}
}
