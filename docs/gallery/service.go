package main

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/mapspec/mapspec/impl/readdirty"
)

// A load is what a service has to do, counted in connections and not in time,
// so that two runs of it differ in nothing but the map.
type load struct {
	connections int // served in all
	open        int // open at the same time, the listener not counted
	sampleEvery int // connections between two looks at the heap
}

// articleLoad is large enough for the leak to dwarf everything else, and small
// enough for half a gigabyte of memory.
var articleLoad = load{connections: 50_000, open: 1000, sampleEvery: 250}

// bufferBytes is what an HTTP/1 connection of net/http has: a buffered reader
// and a buffered writer of four kibibytes each.
const bufferBytes = 8 << 10

// connection is a key. Whatever keeps the key keeps the buffer.
type connection struct{ buffer []byte }

// newConnection receives a request. Until a buffer is written to, the system
// need not give memory for it, and a leak would cost nothing.
func newConnection() *connection {
	c := &connection{buffer: make([]byte, bufferBytes)}
	for i := range c.buffer {
		c.buffer[i] = 'x'
	}
	return c
}

// busy is every connection's value. It needs no memory: what grows is keys.
const busy = "busy"

// table has the methods that the service calls. Load is not among them.
type table interface {
	Store(key, value any)
	Delete(key any)
	Range(f func(key, value any) bool)
}

type comparingTable interface {
	table
	CompareAndDelete(key, old any) (deleted bool)
}

// A variant is one map, and how the service deletes from it.
type variant struct {
	name     string
	new      func() table
	comparer bool // by CompareAndDelete
}

func variants() []variant {
	go123 := func() table { return new(readdirty.Go123) }
	toolchain := func() table { return new(sync.Map) }
	return []variant{
		{name: "go1.14", new: func() table { return new(readdirty.Go114) }},
		{name: "go1.15.0", new: func() table { return new(readdirty.Go1150) }},
		{name: "go1.15.2", new: func() table { return new(readdirty.Go1152) }},
		{name: "go1.23", new: go123},
		{name: "sync.Map", new: toolchain},
		{name: "go1.23 CompareAndDelete", new: go123, comparer: true},
		{name: "sync.Map CompareAndDelete", new: toolchain, comparer: true},
	}
}

// service is the one of the article: connections are keys of a table, stored
// when they open and deleted when they close.
type service struct {
	variant
	table    table
	listener *connection   // stays in the table for as long as the service runs
	open     []*connection // a ring: the oldest is where the next goes
	next     int
}

func newService(v variant, open int) *service {
	s := &service{variant: v, table: v.new(), listener: newConnection(), open: make([]*connection, open)}
	s.table.Store(s.listener, busy)
	return s
}

// serve closes the oldest connection if as many are open as may be, and opens
// another one.
func (s *service) serve() error {
	if err := s.closeNext(); err != nil {
		return err
	}
	c := newConnection()
	s.table.Store(c, busy)
	s.open[s.next] = c
	s.next = (s.next + 1) % len(s.open)
	return nil
}

// closeNext closes the connection that has the place of the next one, if any.
func (s *service) closeNext() error {
	c := s.open[s.next]
	if c == nil {
		return nil
	}
	s.open[s.next] = nil
	if !s.comparer {
		s.table.Delete(c)
		return nil
	}
	if !s.table.(comparingTable).CompareAndDelete(c, busy) {
		return fmt.Errorf("%s: an open connection was not found", s.name)
	}
	return nil
}

// closeAll closes every connection. The listener stays.
func (s *service) closeAll() error {
	for range s.open {
		if err := s.closeNext(); err != nil {
			return err
		}
		s.next = (s.next + 1) % len(s.open)
	}
	return nil
}

// list ranges over the table, as for an operator who asks what is open. It
// fails unless that is what the service knows to be open.
func (s *service) list() error {
	want := map[any]bool{s.listener: true}
	for _, c := range s.open {
		if c != nil {
			want[c] = true
		}
	}
	visits, wrong := 0, 0 // a second visit of a key is wrong, too
	s.table.Range(func(key, value any) bool {
		visits++
		if !want[key] || value != busy {
			wrong++
		}
		delete(want, key)
		return true
	})
	if wrong > 0 || len(want) > 0 {
		return fmt.Errorf("%s: of %d visits of Range %d were wrong, and %d open connections were left out", s.name, visits, wrong, len(want))
	}
	return nil
}

// A sample is the heap in use after so many connections.
type sample struct {
	Connections int    `json:"connections"`
	HeapBytes   uint64 `json:"heap_bytes"`
}

// run serves all connections, lists the open ones once, half-way, and closes
// them all in the end. It passes what it measures to report.
func (s *service) run(l load, report func(sample) error) error {
	if err := report(sample{0, heapInUse()}); err != nil {
		return err
	}
	for i := 1; i <= l.connections; i++ {
		if err := s.serve(); err != nil {
			return err
		}
		if i == l.connections/2 {
			if err := s.list(); err != nil {
				return err
			}
		}
		if i%l.sampleEvery == 0 {
			if err := report(sample{i, heapInUse()}); err != nil {
				return err
			}
		}
	}
	return s.closeAll()
}

// heapInUse collects garbage and returns the size of what is left.
func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
