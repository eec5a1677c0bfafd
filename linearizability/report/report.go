// Package report tells people about a counterexample: what breaks, in which
// program, what happened, and why that is wrong. It has three forms: text for a
// terminal, a page for a browser, and a test in Go to paste.
package report
