package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"
)

// The figures of a peer are measured in a process of its own with nothing else in its
// heap, so that no map is charged for what another left behind.

// processCommand is the argument that makes this program such a process.
const processCommand = "process"

// figuresOf starts a process that measures the figures of p.
func figuresOf(ctx context.Context, p peer, kind keyKind, size int, seed uint64) (map[figure]float64, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, self, processCommand, p.name, string(kind), strconv.Itoa(size), strconv.FormatUint(seed, 10))
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("the process of %s with %s keys: %w", p.name, kind, err)
	}
	var all map[figure]float64
	if err := json.Unmarshal(out, &all); err != nil {
		return nil, fmt.Errorf("the process of %s with %s keys printed %q: %w", p.name, kind, out, err)
	}
	return all, nil
}

// runProcess measures the figures in the child process and prints them.
func runProcess(w io.Writer, args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("%s: want PEER KIND SIZE SEED, got %q", processCommand, args)
	}
	p, ok := named(peers(), args[0])
	if !ok || !p.has(keyKind(args[1])) {
		return fmt.Errorf("%s: no peer %q with %s keys", processCommand, args[0], args[1])
	}
	size, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	seed, err := strconv.ParseUint(args[3], 10, 64)
	if err != nil {
		return err
	}
	var all map[figure]float64
	switch keyKind(args[1]) {
	case intKeys:
		all, err = measureFigures(p.ints.new, size, seed, intKey)
	case stringKeys:
		all, err = measureFigures(p.strings.new, size, seed, stringKey)
	default:
		err = fmt.Errorf("%s: there are no figures for %s keys", processCommand, args[1])
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(all)
}

// measureFigures fills and empties a map. The keys exist before and after, so that they
// are not charged to the map.
func measureFigures[K comparable](empty func() table[K, int], size int, seed uint64, key func(seed uint64, i int) K) (map[figure]float64, error) {
	random := rand.New(rand.NewPCG(seed, uint64(size)))
	keys := make([]K, size)
	for i, n := range random.Perm(size) {
		keys[i] = key(seed, n)
	}
	base, err := lookAtHeap()
	if err != nil {
		return nil, err
	}
	t := empty()
	all := map[figure]float64{}
	all[worstStore] = slowest(size, func(i int) { t.Store(keys[i], randomInt(random)) })
	full, err := lookAtHeap()
	if err != nil {
		return nil, err
	}
	bytes := full.alloc - base.alloc
	all[entryBytes] = bytes / float64(size)
	all[scanShare] = 100 * (full.scannable - base.scannable) / bytes
	all[markTime] = milliseconds(max(0, full.collection-base.collection)) // noise if there are no pointers
	all[worstDelete] = slowest(size/10, func(i int) { t.Delete(keys[i]) })
	for _, k := range keys[size/10:] {
		t.Delete(k)
	}
	after, err := lookAtHeap()
	if err != nil {
		return nil, err
	}
	all[emptied] = (after.alloc - base.alloc) / 1e6
	if _, ok := t.Load(keys[0]); ok {
		return nil, fmt.Errorf("a key is present after its Delete")
	}
	runtime.KeepAlive(keys)
	return all, nil
}

// slowest performs n operations and returns the time of the slowest, in microseconds.
func slowest(n int, operation func(i int)) float64 {
	worst := time.Duration(0)
	last := time.Now()
	for i := range n {
		operation(i)
		now := time.Now()
		worst = max(worst, now.Sub(last))
		last = now
	}
	return float64(worst.Nanoseconds()) / 1e3
}

// A heap describes what remains in the heap after garbage collections.
type heap struct {
	alloc      float64       // bytes
	scannable  float64       // bytes that the collector must scan
	collection time.Duration // processor time of one more collection, the median of several
}

func lookAtHeap() (heap, error) {
	runtime.GC()
	runtime.GC() // sweeps, and frees what finalizers held
	var collections []float64
	for range 5 {
		before, err := cpuTime()
		if err != nil {
			return heap{}, err
		}
		runtime.GC()
		after, err := cpuTime()
		if err != nil {
			return heap{}, err
		}
		collections = append(collections, float64(after-before))
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	scan := []metrics.Sample{{Name: "/gc/scan/heap:bytes"}}
	metrics.Read(scan)
	return heap{float64(m.HeapAlloc), float64(scan[0].Value.Uint64()), time.Duration(median(collections))}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
