//go:build ignore

// This program writes drivers.go: for each adapter and kind of key one function
// with the loops that are timed.
package main

import (
	"bytes"
	"go/format"
	"log"
	"os"
	"text/template"
)

type driver struct {
	Name       string // of the adapter's type, and the driver after it
	Kind       string
	Type       string // of the adapter, with arguments
	Key, Value string
	Swaps      bool // has CompareAndSwap
}

func main() {
	kinds := []struct{ name, key, value string }{
		{"Ints", "int", "int"}, {"Pointers", "*cell", "*cell"}, {"Strings", "string", "int"},
	}
	adapters := []struct {
		name  string
		types [3]string // for ints, pointers and strings: none, if empty
		swaps bool
	}{
		{"FlatMap", all("flatMap"), true},
		{"SyncMap", all("syncMap"), true},
		{"XsyncMap", all("xsyncMap"), true},
		{"HaxMap", [3]string{"haxMap[int, int]", "", "haxMap[string, int]"}, true},
		{"OrcamanMap", all("orcamanMap"), false},
		{"SkipMap", [3]string{"skipInts[int]", "", "skipStrings[int]"}, false},
		{"OtterCache", all("otterCache"), true},
		{"RWMutexMap", all("rwMutexMap"), true},
		{"ShardedMap", all("shardedMap"), true},
		{"BuiltinMap", all("builtinMap"), true},
	}
	var drivers []driver
	for _, a := range adapters {
		for i, k := range kinds {
			if a.types[i] != "" {
				drivers = append(drivers, driver{a.name, k.name, a.types[i], k.key, k.value, a.swaps && k.value == "int"})
			}
		}
	}
	var b bytes.Buffer
	if err := template.Must(template.ParseFiles("drivers.tmpl")).Execute(&b, drivers); err != nil {
		log.Fatal(err)
	}
	source, err := format.Source(b.Bytes())
	if err != nil {
		log.Fatalf("drivers.tmpl: %v", err)
	}
	if err := os.WriteFile("drivers.go", source, 0o666); err != nil {
		log.Fatal(err)
	}
}

func all(adapter string) [3]string {
	return [3]string{adapter + "[int, int]", adapter + "[*cell, *cell]", adapter + "[string, int]"}
}
