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

// eventBlock is how many events Read collects before it begins another block:
// growing one slice of all would copy each event several times.
const eventBlock = 1 << 13

// Read reads a history, one event a line; blank lines are skipped. It refuses
// the first line that is malformed or impossible with an [*InvalidError]; an
// error of r is returned wrapped. Time and memory are linear in the length of
// the history, beside a buffer of a line.
//
// As everywhere in [encoding/json], the case of a field's name does not matter,
// of a field given twice the last counts, and null is a missing field.
func Read(r io.Reader) (History, error) {
	var full [][]Event
	var events []Event
	d := newDecoder()
	var o order
	lines := bufio.NewReaderSize(r, maxLine+1)
	for number := 1; ; number++ {
		b, err := lines.ReadSlice('\n')
		last := err == io.EOF
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return History{}, &InvalidError{number, fmt.Sprintf("longer than %d bytes: want one event a line", maxLine)}
		case err != nil && !last:
			return History{}, fmt.Errorf("reading a history, line %d: %w", number, err)
		}
		if b = bytes.TrimSpace(b); len(b) > 0 {
			e, err := d.decode(b, &o)
			if err == nil {
				err = o.next(&e)
			}
			if err != nil {
				return History{}, &InvalidError{number, err.Error()}
			}
			if len(events) == eventBlock {
				full = append(full, events)
				events = make([]Event, 0, eventBlock)
			}
			events = append(events, e)
		}
		if last {
			return History{joined(append(full, events))}, nil
		}
	}
}

// joined returns the events of all blocks in one slice, and lets go of each
// block as soon as it is copied.
func joined(blocks [][]Event) []Event {
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

// Write writes h, one event a line. A history that is not valid is refused
// with an [*InvalidError] before the line in question is written.
func (h History) Write(w io.Writer) error {
	var o order
	buffered := bufio.NewWriter(w)
	for i := range h.Events {
		e := &h.Events[i]
		method := o.open[e.ID].method // before a return closes it
		var b []byte
		err := o.next(e)
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
