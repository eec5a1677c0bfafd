package main

import (
	"fmt"
	"slices"
)

// A row is one line of the table: what is measured, and the target if there is one.
type row struct {
	kind keyKind
	size int
	// A row has either a mix, performed by procs goroutines on procs processors,
	mix   mix
	procs int
	// or a figure, measured in a process that fills and empties one map.
	figure figure
	target
}

// A target is a bound on a ratio or on a figure.
type target struct {
	bound   float64 // 0 if there is none
	against string
}

// The possible values of target.against, apart from the name of a peer.
const (
	bestSound = ""       // a ratio to the best sound peer
	itself    = "itself" // no ratio: the figure itself is bounded
)

// A figure is measured in a process of its own.
type figure string

const (
	entryBytes  figure = "bytes"        // heap bytes per entry
	scanShare   figure = "scan"         // the part of the table that the garbage collector must scan
	markTime    figure = "mark"         // processor time of a garbage collection
	worstStore  figure = "worst-store"  // the slowest Store while the map is filled
	worstDelete figure = "worst-delete" // the slowest Delete while a tenth of the entries is deleted
	emptied     figure = "emptied"      // heap bytes after all entries are deleted
)

var figures = []figure{entryBytes, scanShare, markTime, worstStore, worstDelete, emptied}

// unit returns the unit of the row's values.
func (r row) unit() string {
	switch r.figure {
	case entryBytes:
		return "B/entry"
	case scanShare:
		return "%"
	case emptied:
		return "MB"
	case markTime:
		return "ms"
	case worstStore, worstDelete:
		return "µs"
	}
	return "ns/op"
}

func (r row) name() string {
	if r.figure != "" {
		return fmt.Sprintf("%s/%s/%s", r.kind, sizeName(r.size), r.figure)
	}
	return fmt.Sprintf("%s/%s/%s/%d", r.kind, sizeName(r.size), r.mix, r.procs)
}

const (
	small  = 100
	medium = 10_000
	large  = 1_000_000
)

var (
	sizes   = []int{small, medium, large}
	words   = []keyKind{intKeys, pointerKeys}
	texts   = []keyKind{stringKeys}
	anyKeys = keyKinds
	inCache = []int{small, medium}
)

// targets are the goals that the map was designed for.
var targets = []struct {
	mixes []mix
	kinds []keyKind
	sizes []int
	procs []int // nil means any
	bound float64
}{
	{[]mix{loadHit}, words, []int{small}, nil, 0.9},
	{[]mix{loadHit}, words, []int{medium}, nil, 0.75},
	{[]mix{loadHit}, words, []int{large}, nil, 0.65},
	{[]mix{loadHit}, texts, []int{small}, nil, 0.9},
	{[]mix{loadHit}, texts, []int{medium}, nil, 0.85},
	{[]mix{loadHit}, texts, []int{large}, nil, 1.0},
	{[]mix{loadMiss}, words, sizes, nil, 0.9},
	{[]mix{loadMiss}, texts, sizes, nil, 1.0},
	{[]mix{overwrite}, anyKeys, sizes, nil, 0.5},
	{[]mix{loadOrStore}, words, sizes, nil, 0.7},
	{[]mix{loadOrStore}, texts, sizes, nil, 0.85},
	{[]mix{mixed90, mixed75}, words, sizes, nil, 0.75},
	{[]mix{mixed90, mixed75}, texts, sizes, nil, 0.9},
	{[]mix{churnDisjoint}, words, sizes, nil, 0.6},
	{[]mix{churnShared}, words, sizes, nil, 0.7},
	{[]mix{churnDisjoint, churnShared}, texts, sizes, nil, 0.85},
	{[]mix{swapHot}, words, sizes, []int{1}, 0.5},
	{[]mix{swapHot}, words, sizes, []int{2}, 0.9},
	{[]mix{zipfHit}, words, sizes, nil, 0.9},
	{[]mix{zipfHit}, texts, sizes, nil, 0.95},
	{[]mix{traverse}, words, []int{large}, nil, 0.6},
	{[]mix{traverse}, texts, []int{large}, nil, 0.8},
	{[]mix{traverse}, anyKeys, inCache, nil, 1.0},
}

// figureTargets are the targets of figures. There are no figures for pointers.
var figureTargets = []struct {
	figure figure
	kind   keyKind
	target
}{
	{entryBytes, intKeys, target{36, itself}},
	{entryBytes, stringKeys, target{52, itself}},
	{emptied, intKeys, target{0.1, itself}},
	{emptied, stringKeys, target{0.1, itself}},
	{scanShare, intKeys, target{1, itself}},
	{worstStore, intKeys, target{0.1, "xsync"}},
	{worstStore, stringKeys, target{0.1, "xsync"}},
	{worstDelete, intKeys, target{0.1, "xsync"}},
	{worstDelete, stringKeys, target{0.1, "xsync"}},
}

func targetOf(r row) target {
	for _, t := range figureTargets {
		if r.figure != "" && t.figure == r.figure && t.kind == r.kind {
			return t.target
		}
	}
	for _, t := range targets {
		if slices.Contains(t.mixes, r.mix) && slices.Contains(t.kinds, r.kind) && slices.Contains(t.sizes, r.size) &&
			(t.procs == nil || slices.Contains(t.procs, r.procs)) {
			return target{bound: t.bound}
		}
	}
	if r.figure != "" {
		return target{against: itself}
	}
	return target{}
}

// allRows returns the rows of a full run, in the order of the table.
func allRows() (rows []row) {
	for _, m := range mixes {
		for _, k := range keyKinds {
			for _, n := range sizes {
				for procs := 1; procs <= maxProcs; procs++ {
					if m != swapHot || k != pointerKeys {
						rows = append(rows, row{kind: k, size: n, mix: m, procs: procs})
					}
				}
			}
		}
	}
	for _, f := range figures {
		for _, k := range []keyKind{intKeys, stringKeys} {
			rows = append(rows, row{kind: k, size: large, figure: f})
		}
	}
	for i, r := range rows {
		rows[i].target = targetOf(r)
	}
	return rows
}

// inShort reports whether a short run includes r. It includes the rows that have a target,
// but the smallest maps only for hits, one size for the hot key, and one size for pointers,
// which differ little from integers.
func (r row) inShort() bool {
	switch {
	case r.bound == 0:
		return r.figure == markTime
	case r.figure != "":
		return true
	case r.kind == pointerKeys, r.mix == swapHot:
		return r.size == medium
	case r.size == small:
		return r.mix == loadHit
	}
	return true
}
