// Package refuse stands for the end of an exploration in tests.
package refuse

func At(what, where string) { panic(where + ": " + what) }
