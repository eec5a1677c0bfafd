//go:build ignore

// This program writes drivers.go, which has the timed loops: one function for each adapter
// and kind of key.
package main

import (
	"bytes"
	"go/format"
	"log"
	"os"
	"text/template"
)

type driver struct {
	Name       string // of the adapter's type, used for the name of the driver
	Kind       string
	Type       string // the adapter's type with its type arguments
	Key, Value string
	Swaps      bool // it has CompareAndSwap
}

func main() {
	kinds := []struct{ name, key, value string }{
		{"Ints", "int", "int"}, {"Pointers", "*cell", "*cell"}, {"Strings", "string", "int"},
	}
	adapters := []struct {
		name  string
		types [3]string // for ints, pointers and strings; empty if unsupported
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
