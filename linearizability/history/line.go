package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// maxDepth bounds the nesting of a line, in braces and brackets. Package model
// needs time proportional to the length of a call times its nesting.
const maxDepth = 100

// maxMemo bounds the number of payloads that a decoder remembers.
const maxMemo = 1 << 14

// A line is an event as JSON. It has exactly one of call, visit and return.
type line struct {
	Seq    *int            `json:"seq"`
	ID     *int            `json:"id"`
	Client *int            `json:"client,omitempty"`
	Parent **int           `json:"parent,omitempty"` // a pointer to nil, which is null, if no callback makes the call
	Call   json.RawMessage `json:"call,omitempty"`
	Visit  json.RawMessage `json:"visit,omitempty"`
	Return json.RawMessage `json:"return,omitempty"`
}

// wantedLine describes a valid line, for errors.
const wantedLine = `want {"seq":…,"id":…,"client":…,"call":{…}}, {"seq":…,"id":…,"visit":{…}} or {"seq":…,"id":…,"return":{…}}`

// A payload is the text of a call, of a visit, or of a return by method.
type payload struct {
	kind   Kind
	method model.Method
	text   string
}

// A decoder reads lines. It remembers decoded payloads, because symbolic operations
// repeat; without that, Read takes nearly twice as long.
type decoder struct {
	text *bytes.Reader
	json *json.Decoder // reads text; a new decoder for each line would be garbage
	memo map[payload]Event
}

func newDecoder() *decoder {
	text := bytes.NewReader(nil)
	return &decoder{text, strict(text), map[payload]Event{}}
}

// strict returns a decoder that rejects unknown fields.
func strict(r io.Reader) *json.Decoder {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	return d
}

// decode reads one line, without surrounding space. It follows the events that o
// has accepted. After an error d must not be used.
func (d *decoder) decode(b []byte, v *validator) (e Event, err error) {
	var l line
	start := d.json.InputOffset()
	d.text.Reset(b)
	err = d.json.Decode(&l)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return e, errors.New("the line ends inside its object: complete it, or remove the line if the file was cut off")
	case err != nil:
		return e, fmt.Errorf("%w: %s", oneLineError{err}, wantedLine)
	case d.json.InputOffset() < start+int64(len(b)):
		return e, errors.New("the line continues after the object: want one object per line")
	case l.Seq == nil || l.ID == nil:
		return e, errors.New(`"seq" or "id" is missing: every line needs both`)
	}
	op, open := v.open[*l.ID]
	of, objects := payload{method: op.method}, 0
	for kind, text := range []json.RawMessage{l.Call, l.Visit, l.Return} {
		if text != nil {
			of.kind, of.text = Kind(kind), string(text)
			objects++
		}
	}
	switch {
	case objects != 1:
		return e, errors.New(`want exactly one of "call", "visit" and "return"`)
	case of.kind == Called && l.Client == nil:
		return e, errors.New(`"client" is missing: say which goroutine makes the call`)
	case of.kind != Called && (l.Client != nil || l.Parent != nil):
		return e, errors.New(`"client" and "parent" belong to calls only: remove them`)
	case l.Parent != nil && **l.Parent < 0:
		return e, fmt.Errorf("parent %d: want the id of a traversal, or null", **l.Parent)
	case of.kind == Called || open:
		e, err = d.decodePayload(of)
	default: // it cannot be decoded without its method; o will reject it
		e.Kind = of.kind
	}
	e.Seq, e.ID = *l.Seq, *l.ID
	if of.kind == Called {
		e.Client, e.Parent = *l.Client, NoParent
	}
	if l.Parent != nil {
		e.Parent = **l.Parent
	}
	return e, err
}

// decodePayload returns the event of a payload, without the other fields of its
// line.
func (d *decoder) decodePayload(of payload) (e Event, err error) {
	if e, ok := d.memo[of]; ok {
		return e, nil
	}
	e.Kind = of.kind
	text := []byte(of.text)
	switch {
	case text[0] != '{':
		err = fmt.Errorf(`want "%v":{…}`, of.kind)
	case tooDeep(text):
		err = fmt.Errorf("callbacks nest deeper than %d braces and brackets: flatten the program", maxDepth)
	case of.kind == Called:
		err = e.Op.UnmarshalJSON(text)
	case of.kind == Visited:
		e.Visit = model.Visit{Key: model.Unseen, Value: model.Unseen}
		err = strict(bytes.NewReader(text)).Decode(&e.Visit)
	default:
		e.Result, err = of.method.DecodeResult(text)
	}
	if err != nil {
		return e, fmt.Errorf("in %.80s: %w", text, oneLineError{err})
	}
	if len(d.memo) < maxMemo {
		d.memo[of] = e
	}
	return e, nil
}

// tooDeep reports whether text nests deeper than maxDepth. It counts braces inside
// strings too, but no valid line has any.
func tooDeep(text []byte) bool {
	depth := 0
	for _, c := range text {
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth > maxDepth {
			return true
		}
	}
	return false
}

// encode returns the line of e, without the newline. method is that of e's
// operation.
func encode(e *Event, method model.Method) (_ []byte, err error) {
	l := line{Seq: &e.Seq, ID: &e.ID}
	switch e.Kind {
	case Called:
		parent := &e.Parent
		if e.Parent == NoParent {
			parent = nil
		}
		l.Client, l.Parent = &e.Client, &parent
		l.Call, err = e.Op.MarshalJSON()
	case Visited:
		visit := map[string]int{"key": e.Visit.Key, "value": e.Visit.Value}
		maps.DeleteFunc(visit, func(_ string, half int) bool { return half == model.Unseen })
		l.Visit, err = json.Marshal(visit)
	case Returned:
		l.Return, err = method.EncodeResult(e.Result)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(l)
}

// A oneLineError is an error of encoding/json or package model, rendered in one line.
type oneLineError struct{ err error }

func (t oneLineError) Error() string {
	text := strings.TrimPrefix(t.err.Error(), "json: ")
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' }), " ")
}

func (t oneLineError) Unwrap() error { return t.err }
