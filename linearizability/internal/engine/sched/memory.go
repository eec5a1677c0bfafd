package sched

import (
	"fmt"
	"unsafe"
)

// wordSize is the size of the aligned words that no atomic access straddles.
const wordSize = 8

// memory numbers what the program touches. Accesses of different sizes to one
// word are different locations; they conflict where their bytes overlap. What
// is touched is kept alive until the execution ends, so that no address means
// two things.
type memory struct {
	locations []location
	kept      []unsafe.Pointer
	slots     []slot // open addressing, by word
	epoch     uint32 // slots of other epochs are free
}

// location is a part of a word that is accessed as one.
type location struct {
	word    int32  // the location of this word that was used first
	next    int32  // another location of this word; they form a ring
	version uint32 // how often it was written
	mask    uint8  // a bit for each byte
	held    bool   // the mutex here is locked
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

// release lets go of what was touched.
func (m *memory) release() {
	clear(m.kept)
	m.kept = m.kept[:0]
}

// locate returns the number of the location of size bytes at p.
func (m *memory) locate(p unsafe.Pointer, size uintptr) int32 {
	address := uintptr(p) &^ (wordSize - 1)
	offset := uintptr(p) - address
	if size == 0 || offset+size > wordSize {
		panic(fmt.Sprintf("sched: %d bytes at offset %d of a word: declare an access within one word", size, offset))
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

// find returns the slot of the word at address, or the one to put it in.
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

// written counts a write for all that overlaps it.
func (m *memory) written(e *Event) {
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
