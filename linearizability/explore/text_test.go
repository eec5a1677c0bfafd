package explore

import "testing"

func TestUnreachedLinesAreShownTogether(t *testing.T) {
	got := shortUnreached([]string{"/a/map.go:3-3", "/a/map.go:4-6", "/a/map.go:6-7", "/a/map.go:9-9", "/a/node.go:1-2"})
	if want := "map.go:3-7, 9, node.go:1-2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
