package testpart

import (
	"slices"
	"testing"
)

func TestThePartsTogetherAreEverything(t *testing.T) {
	const few, all = 5, 100
	ran := make([]int, all)
	for _, part := range []string{"1/7", "2/7", "3/7", "4/7", "5/7", "6/7", "7/7"} {
		t.Setenv(variable, part)
		for i := range Rows(few, all) {
			ran[i]++
		}
	}
	for i, n := range ran {
		if want := map[bool]int{true: 7, false: 1}[i < few]; n != want {
			t.Errorf("row %d ran %d times in seven parts, want %d", i, n, want)
		}
	}
}

func TestTheSampleIsTheFirstRowsAndCompleteIsAll(t *testing.T) {
	for value, want := range map[string]int{"": 5, "complete": 100} {
		t.Setenv(variable, value)
		if got := slices.Collect(Rows(5, 100)); len(got) != want || got[len(got)-1] != want-1 {
			t.Errorf("%q: rows %v, want the first %d", value, got, want)
		}
		if Run(0) != (value == "complete") {
			t.Errorf("%q: a row of the rest: %v", value, Run(0))
		}
	}
}

func TestATestOfTheRestRunsInOnePart(t *testing.T) {
	ran := 0
	for _, part := range []string{"", "1/2", "2/2", "complete"} {
		t.Setenv(variable, part)
		t.Run("row", func(t *testing.T) {
			Rest(t)
			ran++
		})
	}
	if ran != 2 {
		t.Errorf("it ran %d times, want once in two parts, and in the complete run", ran)
	}
}

func TestAValueThatIsNoPartIsRefused(t *testing.T) {
	for _, value := range []string{"all", "0/7", "8/7", "3", "3/7 ", "-1/2", "3/0"} {
		if _, err := parse(value); err == nil {
			t.Errorf("%q is accepted", value)
		}
	}
}
