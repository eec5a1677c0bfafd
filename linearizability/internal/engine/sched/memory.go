package sched

import (
	"fmt"
	"unsafe"
)

// wordSize is the size of an aligned word, which no atomic access straddles.
const wordSize = 8

// memory numbers the locations that the program touches. Accesses of different
// sizes to one word are different locations, and conflict if their bytes
// overlap. Everything that was touched is kept reachable until the execution
// ends, so that no address is used for two objects.
type memory struct {
	locations []location
	kept      []unsafe.Pointer
	slots     []slot // a hash table of words with open addressing
	epoch     uint32 // slots with another epoch are free
}

// location is a range of bytes within a word that one access touches.
type location struct {
	word    int32  // the first location that was used in this word
	next    int32  // the next location in this word; they form a ring
	version uint32 // the number of writes
	mask    uint8  // one bit per byte
	held    bool   // whether the mutex here is locked
}

type slot struct {
	address uintptr
	first   int32
	epoch   uint32
}

func (m *memory) reset() {
	m.locations = m.locations[:0]
	m.epoch++
	if m.epoch == 0 || m.slots == nil {
		m.slots, m.epoch = make([]slot, max(len(m.slots), 64)), 1
	}
}

// release drops the references to what was touched.
func (m *memory) release() {
	clear(m.kept)
	m.kept = m.kept[:0]
}

// locate returns the number of the location with size bytes at p.
func (m *memory) locate(p unsafe.Pointer, size uintptr) int32 {
	address := uintptr(p) &^ (wordSize - 1)
	offset := uintptr(p) - address
	if size == 0 || offset+size > wordSize {
		panic(fmt.Sprintf("sched: %d bytes at offset %d do not fit into a word of 8 bytes: declare accesses within one aligned word", size, offset))
	}
	mask := uint8((1<<size - 1) << offset)
	s := m.find(address)
	if s.epoch != m.epoch {
		if len(m.kept) >= len(m.slots)/2 {
			m.grow()
			s = m.find(address)
		}
		*s = slot{address: address, first: int32(len(m.locations)), epoch: m.epoch}
		m.kept = append(m.kept, p)
		return m.add(s.first, s.first, mask)
	}
	for i := s.first; ; {
		if m.locations[i].mask == mask {
			return i
		}
		if i = m.locations[i].next; i == s.first {
			break
		}
	}
	first := &m.locations[s.first]
	second := first.next
	first.next = int32(len(m.locations))
	return m.add(s.first, second, mask)
}

func (m *memory) add(word, next int32, mask uint8) int32 {
	m.locations = append(m.locations, location{word: word, next: next, mask: mask})
	return int32(len(m.locations)) - 1
}

// find returns the slot of the word at address, or the free slot for it.
func (m *memory) find(address uintptr) *slot {
	last := uintptr(len(m.slots) - 1)
	hash := uint64(address/wordSize) * 0x9e3779b97f4a7c15
	for i := uintptr(hash>>32) & last; ; i = (i + 1) & last {
		if s := &m.slots[i]; s.epoch != m.epoch || s.address == address {
			return s
		}
	}
}

func (m *memory) grow() {
	old := m.slots
	m.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.epoch == m.epoch {
			*m.find(s.address) = s
		}
	}
}

// noteWrite counts the write e at every location that it overlaps.
func (m *memory) noteWrite(e *Event) {
	for i := e.Location; ; {
		l := &m.locations[i]
		if l.mask&e.Mask != 0 {
			l.version++
		}
		if i = l.next; i == e.Location {
			return
		}
	}
}
