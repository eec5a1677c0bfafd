package main

//go:generate go run generate.go

// A peer is a map that is measured.
type peer struct {
	name string
	// sound is false if the map violates what the others keep while they are
	// measured: Go's memory model, or that later operations see a completed one. Only
	// sound peers are compared with. why says how the map fails.
	sound bool
	why   string
	role  role
	// slowToFill says that filling a million entries takes seconds. A short run omits
	// those rows.
	slowToFill bool
	// The entrants by kind of key, nil if the map does not support it.
	ints     *entrant[int, int]
	pointers *entrant[*cell, *cell]
	strings  *entrant[string, int]
}

type role int

const (
	rival     role = iota
	candidate      // the map that the targets are for
	reference      // for one goroutine only: measured for orientation
)

// An entrant makes maps of one type and performs mixes on them.
type entrant[K, V comparable] struct {
	new   func() table[K, V]
	drive driver[K, V]
}

// A driver performs at least n operations of a mix as goroutine g, which has performed
// from operations before. It returns how many it performed, and in how many of them the
// key was present. There is one driver per type of table.
type driver[K, V comparable] func(t table[K, V], w *workload[K, V], m mix, g, from, n int) (done, found int)

const raceClean = "race-clean, and keeps what is stored"

// peers returns all peers, the candidate first.
func peers() []peer {
	return []peer{
		{
			name: "flatmap", role: candidate, sound: true, why: raceClean,
			ints:     &entrant[int, int]{newFlatMap[int, int], driveFlatMapInts},
			pointers: &entrant[*cell, *cell]{newFlatMap[*cell, *cell], driveFlatMapPointers},
			strings:  &entrant[string, int]{newFlatMap[string, int], driveFlatMapStrings},
		},
		{
			name: "sync.Map", sound: true, why: raceClean,
			ints:     &entrant[int, int]{newSyncMap[int, int], driveSyncMapInts},
			pointers: &entrant[*cell, *cell]{newSyncMap[*cell, *cell], driveSyncMapPointers},
			strings:  &entrant[string, int]{newSyncMap[string, int], driveSyncMapStrings},
		},
		{
			name: "xsync", sound: true, why: raceClean,
			ints:     &entrant[int, int]{newXsyncMap[int, int], driveXsyncMapInts},
			pointers: &entrant[*cell, *cell]{newXsyncMap[*cell, *cell], driveXsyncMapPointers},
			strings:  &entrant[string, int]{newXsyncMap[string, int], driveXsyncMapStrings},
		},
		{
			name: "haxmap", why: "loses a key that one goroutine alone writes, while another writes others",
			ints:    &entrant[int, int]{newHaxMap[int, int], driveHaxMapInts},
			strings: &entrant[string, int]{newHaxMap[string, int], driveHaxMapStrings},
		},
		{
			name: "orcaman", sound: true, why: raceClean,
			ints:     &entrant[int, int]{func() table[int, int] { return newOrcamanMap[int, int](hashInt) }, driveOrcamanMapInts},
			pointers: &entrant[*cell, *cell]{func() table[*cell, *cell] { return newOrcamanMap[*cell, *cell](hashPointer) }, driveOrcamanMapPointers},
			strings:  &entrant[string, int]{newOrcamanStrings[int], driveOrcamanMapStrings},
		},
		{
			name: "skipmap", slowToFill: true, sound: true, why: raceClean,
			ints:    &entrant[int, int]{newSkipInts[int], driveSkipMapInts},
			strings: &entrant[string, int]{newSkipStrings[int], driveSkipMapStrings},
		},
		{
			name: "otter", sound: true, why: raceClean,
			ints:     &entrant[int, int]{newOtterCache[int, int], driveOtterCacheInts},
			pointers: &entrant[*cell, *cell]{newOtterCache[*cell, *cell], driveOtterCachePointers},
			strings:  &entrant[string, int]{newOtterCache[string, int], driveOtterCacheStrings},
		},
		{
			name: "rwmutex", sound: true, why: raceClean,
			ints:     &entrant[int, int]{newRWMutexMap[int, int], driveRWMutexMapInts},
			pointers: &entrant[*cell, *cell]{newRWMutexMap[*cell, *cell], driveRWMutexMapPointers},
			strings:  &entrant[string, int]{newRWMutexMap[string, int], driveRWMutexMapStrings},
		},
		{
			name: "shards", sound: true, why: raceClean,
			ints:     &entrant[int, int]{func() table[int, int] { return newShardedMap[int, int](hashInt) }, driveShardedMapInts},
			pointers: &entrant[*cell, *cell]{func() table[*cell, *cell] { return newShardedMap[*cell, *cell](hashPointer) }, driveShardedMapPointers},
			strings:  &entrant[string, int]{func() table[string, int] { return newShardedMap[string, int](hashString) }, driveShardedMapStrings},
		},
		{
			name: "builtin", role: reference, why: "a Go map, for one goroutine only",
			ints:     &entrant[int, int]{newBuiltinMap[int, int], driveBuiltinMapInts},
			pointers: &entrant[*cell, *cell]{newBuiltinMap[*cell, *cell], driveBuiltinMapPointers},
			strings:  &entrant[string, int]{newBuiltinMap[string, int], driveBuiltinMapStrings},
		},
	}
}

// has reports whether p supports keys of kind k.
func (p peer) has(k keyKind) bool {
	switch k {
	case intKeys:
		return p.ints != nil
	case pointerKeys:
		return p.pointers != nil
	case stringKeys:
		return p.strings != nil
	}
	return false
}

// swaps reports whether p has CompareAndSwap.
func (p peer) swaps() bool {
	_, can := p.ints.new().(swapper[int, int])
	return can
}

// serves reports whether p can perform m on keys of kind k with procs goroutines.
func (p peer) serves(m mix, k keyKind, procs int) bool {
	return p.has(k) && (m != swapHot || k != pointerKeys && p.swaps()) && (procs == 1 || p.role != reference)
}

func named(all []peer, name string) (peer, bool) {
	for _, p := range all {
		if p.name == name {
			return p, true
		}
	}
	return peer{}, false
}

func candidateOf(all []peer) (peer, bool) {
	for _, p := range all {
		if p.role == candidate {
			return p, true
		}
	}
	return peer{}, false
}
