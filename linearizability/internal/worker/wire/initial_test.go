package wire

import (
	"strings"
	"testing"
)

func TestInitialMapsAreWrittenDown(t *testing.T) {
	for text, want := range map[string]string{
		"k0":          "Store(k0, v1)",
		"k1 +2 -1":    "Store(k1, v1) Store(k100, v1) Store(k101, v1) Delete(k100)",
		"+1 -1 +1 -1": "Store(k100, v1) Delete(k100) Store(k101, v1) Delete(k101)",
		"range":       "Range()",
	} {
		ops, err := ParseInitial(text)
		var got []string
		for _, o := range ops {
			got = append(got, o.String())
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "k", "k100", "+", "-1", "+1 -2", "+1001", "k0+9", "before lunch", "+-1", "k-1"} {
		if ops, err := ParseInitial(text); err == nil {
			t.Errorf("%q says %v; want an error", text, ops)
		}
	}
}
