// Package english writes counts for people.
package english

import "fmt"

// Count is "1 key" or "2 keys".
func Count(n int, noun string) string { return fmt.Sprint(n, " ", Noun(n, noun)) }

// Noun is noun, in the plural unless there is one of it.
func Noun(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// Commas writes n, which is not negative, with a comma between each three digits.
func Commas(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
