// Package browser opens reports in a real browser, from disk. It has tests
// only, and is a module of its own because they need a driver for Chromium.
//
//	go test . -screenshots DIR
//
// They are skipped where no Chromium is installed.
package browser
