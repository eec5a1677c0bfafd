package main

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/mapspec/mapspec/impl/readdirty"
)

// A load is the work of a service. It is counted in connections instead of time,
// so that two runs differ only in the map.
type load struct {
	connections int // in total
	open        int // at the same time, not counting the listener
	sampleEvery int // connections between two measurements of the heap
}

// articleLoad is large enough for the leak to dwarf everything else, and small
// enough to need only half a gigabyte of memory.
var articleLoad = load{connections: 50_000, open: 1000, sampleEvery: 250}

// bufferBytes is the memory of an HTTP/1 connection of net/http: a buffered reader
// and a buffered writer of four kibibytes each.
const bufferBytes = 8 << 10

// A connection is a key. Whatever retains the key retains the buffer.
type connection struct{ buffer []byte }

// newConnection receives a request. It writes to the buffer, because the system
// does not provide memory before, and a leak would cost nothing.
func newConnection() *connection {
	c := &connection{buffer: make([]byte, bufferBytes)}
	for i := range c.buffer {
		c.buffer[i] = 'x'
	}
	return c
}

// busy is the value of every connection. It needs no memory: only keys accumulate.
const busy = "busy"

// A connectionTable has the methods that the service calls. Load is not among them.
type connectionTable interface {
	Store(key, value any)
	Delete(key any)
	Range(f func(key, value any) bool)
}

type comparingTable interface {
	connectionTable
	CompareAndDelete(key, old any) (deleted bool)
}

// A variant is a map together with the way in which the service deletes from it.
type variant struct {
	name     string
	new      func() connectionTable
	comparer bool // it deletes with CompareAndDelete
}

func variants() []variant {
	go123 := func() connectionTable { return new(readdirty.Go123) }
	toolchain := func() connectionTable { return new(sync.Map) }
	return []variant{
		{name: "go1.14", new: func() connectionTable { return new(readdirty.Go114) }},
		{name: "go1.15.0", new: func() connectionTable { return new(readdirty.Go1150) }},
		{name: "go1.15.2", new: func() connectionTable { return new(readdirty.Go1152) }},
		{name: "go1.23", new: go123},
		{name: "sync.Map", new: toolchain},
		{name: "go1.23 CompareAndDelete", new: go123, comparer: true},
		{name: "sync.Map CompareAndDelete", new: toolchain, comparer: true},
	}
}

// A service is the one of the article. Its connections are keys of a table, stored
// when they open and deleted when they close.
type service struct {
	variant
	table    connectionTable
	listener *connection   // stays in the table while the service runs
	open     []*connection // a ring: the next connection replaces the oldest
	next     int
}

func newService(v variant, open int) *service {
	s := &service{variant: v, table: v.new(), listener: newConnection(), open: make([]*connection, open)}
	s.table.Store(s.listener, busy)
	return s
}

// serve opens a connection. If the maximum number is open, it first closes the
// oldest.
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

// closeNext closes the connection that the next one will replace, if any.
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

// closeAll closes every connection except the listener.
func (s *service) closeAll() error {
	for range s.open {
		if err := s.closeNext(); err != nil {
			return err
		}
		s.next = (s.next + 1) % len(s.open)
	}
	return nil
}

// list ranges over the table, as if an operator asked which connections are open.
// It returns an error unless these are the ones that the service knows.
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

// A sample is the heap in use after a number of connections.
type sample struct {
	Connections int    `json:"connections"`
	HeapBytes   uint64 `json:"heap_bytes"`
}

// run serves all connections, lists the open ones once halfway through, and closes
// them all at the end. It passes its measurements to report.
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

// heapInUse collects garbage and returns the number of bytes that remain.
func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
