package english_test

import (
	"testing"

	"github.com/mapspec/mapspec/linearizability/internal/english"
)

func TestNumbersHaveCommas(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 12_345: "12,345", 100_000: "100,000", 1_234_567: "1,234,567"} {
		if got := english.Commas(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}

func TestANounIsPluralUnlessThereIsOne(t *testing.T) {
	for n, want := range map[int]string{0: "0 keys", 1: "1 key", 2: "2 keys", 1000: "1000 keys"} {
		if got := english.Count(n, "key"); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}
