// Package english formats numbers for people.
package english

import "fmt"

// Count returns "1 key" or "2 keys".
func Count(n int, noun string) string { return fmt.Sprint(n, " ", Noun(n, noun)) }

// Noun returns noun, in the plural unless n is 1.
func Noun(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// Commas returns n with commas as in 12,345. It must not be negative.
func Commas(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
