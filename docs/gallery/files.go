package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
)

// A file is an output of a run.
type file struct {
	name    string
	content []byte
}

// profiled lists the versions whose heap profiles are kept: before and after the upgrade.
var profiled = []string{"go1.14", "go1.15.0"}

// render returns all files.
func render(l load, all []measured) ([]file, error) {
	chart, err := drawChart(l, all)
	if err != nil {
		return nil, fmt.Errorf("cannot draw heap.svg: %w", err)
	}
	table, err := numbers(all)
	if err != nil {
		return nil, fmt.Errorf("cannot make heap.csv: %w", err)
	}
	files := []file{{"heap.svg", chart}, {"heap.csv", table}}
	for _, name := range profiled {
		i := slices.IndexFunc(all, func(m measured) bool { return m.name == name })
		if i < 0 {
			return nil, fmt.Errorf("%s was not measured", name)
		}
		p, err := parseProfile(all[i].profile)
		if err != nil {
			return nil, fmt.Errorf("cannot read the heap profile of %s: %w", name, err)
		}
		files = append(files, file{name + ".heap.txt", profileText(name, l, p)})
		if name == "go1.15.0" {
			var b bytes.Buffer
			if err := p.Write(&b); err != nil {
				return nil, fmt.Errorf("cannot write the heap profile of %s: %w", name, err)
			}
			files = append(files, file{name + ".heap.pb.gz", b.Bytes()})
		}
	}
	return files, nil
}

// numbers returns the chart as a table in MiB, with a row per sample and a column per variant.
func numbers(all []measured) ([]byte, error) {
	head := []string{"connections"}
	for _, m := range all {
		head = append(head, m.name)
	}
	rows := [][]string{head}
	for i, s := range all[0].samples {
		row := []string{fmt.Sprint(s.Connections)}
		for _, m := range all {
			if len(m.samples) != len(all[0].samples) {
				return nil, fmt.Errorf("%d samples of %s, %d of %s", len(m.samples), m.name, len(all[0].samples), all[0].name)
			}
			row = append(row, fmt.Sprintf("%.1f", mebibytes(m.samples[i].HeapBytes)))
		}
		rows = append(rows, row)
	}
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(rows)
	return b.Bytes(), err
}

func mebibytes(bytes uint64) float64 { return float64(bytes) / (1 << 20) }
