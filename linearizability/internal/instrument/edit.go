package instrument

import "bytes"

// Kind is why a substitution is made.
type Kind string

// The substitutions.
const (
	Redirected  Kind = "import redirected"
	Imported    Kind = "import added"
	Ordered     Kind = "range over a map ordered" // two edits: before and after the map
	Refused     Kind = "refusal inserted"
	Neutralised Kind = "directive neutralised"
	Bodied      Kind = "body generated"
	Hashed      Kind = "hash by policy"
)

// Edit is a substitution in a file: New in place of Old at Offset bytes of the
// original.
type Edit struct {
	Offset   int
	Old, New string
	Kind     Kind
	Line     int
}

// apply makes the substitutions, which are in order and do not overlap.
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
