package model

import (
	"reflect"
	"slices"
	"testing"
)

// addDefault watches the same allocations as add, which uses reflection.
func TestDefaultsAreWatchedLikeEverythingElse(t *testing.T) {
	text, empty, own := "in read-only memory no more", "", ownString("conn-", 1)
	text = ownBlock(text)
	boxes := []any{nil, "", own, NewPayload(1), 7, new(int), []int{1, 2, 3}, struct{ p *int }{new(int)}}
	args := []any{&text, &empty, &own, new(int)}
	for i := range boxes {
		args = append(args, &boxes[i])
	}
	quick := 0
	for _, x := range args {
		var w, want Watch
		if !w.addDefault(x) {
			if !w.Empty() {
				t.Errorf("%T is watched, and said not to be", x)
			}
			continue
		}
		quick++
		want.add(reflect.ValueOf(x).Elem())
		if !slices.Equal(w.Addresses(), want.Addresses()) {
			t.Errorf("of %T %x is watched, want %x", x, w.Addresses(), want.Addresses())
		}
	}
	if quick != 7 {
		t.Errorf("%d of %d are watched without reflection, want 7", quick, len(args))
	}
}
