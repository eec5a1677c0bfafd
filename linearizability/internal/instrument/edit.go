package instrument

import "bytes"

// Kind is the reason for an edit.
type Kind string

// The kinds of edits.
const (
	Redirected  Kind = "import redirected"
	Imported    Kind = "import added"
	Ordered     Kind = "range over a map ordered" // two edits: before and after the map
	Refused     Kind = "refusal inserted"
	Neutralized Kind = "directive neutralized"
	Implemented Kind = "body generated"
	Hashed      Kind = "hash by policy"
)

// Edit is a replacement in a file: New replaces Old at byte Offset of the original.
type Edit struct {
	Offset   int
	Old, New string
	Kind     Kind
	Line     int
}

// apply applies edits, which must be sorted and must not overlap.
func apply(text []byte, edits []Edit) []byte {
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		out.Write(text[at:e.Offset])
		out.WriteString(e.New)
		at = e.Offset + len(e.Old)
	}
	out.Write(text[at:])
	return out.Bytes()
}
