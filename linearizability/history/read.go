package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLine is the longest line that Read accepts, in bytes.
const maxLine = 1 << 16

// blockEvents is the number of events that Read collects in one block. Growing a
// single slice would copy each event several times.
const blockEvents = 1 << 13

// Read reads a history with one event per line, skipping blank lines. It returns an
// [*InvalidError] for the first line that is malformed or impossible. An error of r
// is wrapped. Time and memory are linear in the length of the history.
//
// As usual in [encoding/json], field names are case-insensitive, the last of
// several equal fields counts, and null is a missing field.
func Read(r io.Reader) (History, error) {
	var full [][]Event
	var events []Event
	d := newDecoder()
	var v validator
	lines := bufio.NewReaderSize(r, maxLine+1)
	for number := 1; ; number++ {
		b, err := lines.ReadSlice('\n')
		last := err == io.EOF
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return History{}, &InvalidError{number, fmt.Sprintf("longer than %d bytes: want one event per line", maxLine)}
		case err != nil && !last:
			return History{}, fmt.Errorf("reading a history, line %d: %w", number, err)
		}
		if b = bytes.TrimSpace(b); len(b) > 0 {
			e, err := d.decode(b, &v)
			if err == nil {
				err = v.accept(&e)
			}
			if err != nil {
				return History{}, &InvalidError{number, err.Error()}
			}
			if len(events) == blockEvents {
				full = append(full, events)
				events = make([]Event, 0, blockEvents)
			}
			events = append(events, e)
		}
		if last {
			return History{concatenate(append(full, events))}, nil
		}
	}
}

// concatenate returns the events of all blocks in one slice. It releases each block
// as soon as it has been copied.
func concatenate(blocks [][]Event) []Event {
	n := 0
	for _, b := range blocks {
		n += len(b)
	}
	if n == 0 {
		return nil
	}
	events := make([]Event, 0, n)
	for i, b := range blocks {
		events = append(events, b...)
		blocks[i] = nil
	}
	return events
}

// Write writes h with one event per line. If h is invalid it returns an
// [*InvalidError] before writing the invalid event.
func (h History) Write(w io.Writer) error {
	var v validator
	buffered := bufio.NewWriter(w)
	for i := range h.Events {
		e := &h.Events[i]
		method := v.open[e.ID].method // before a return closes the operation
		var b []byte
		err := v.accept(e)
		if err == nil {
			b, err = encode(e, method)
		}
		if err != nil {
			return &InvalidError{i + 1, err.Error()}
		}
		if _, err := buffered.Write(append(b, '\n')); err != nil {
			return fmt.Errorf("writing a history: %w", err)
		}
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("writing a history: %w", err)
	}
	return nil
}
