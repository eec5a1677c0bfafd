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

// maxDepth bounds how deep operations inside callbacks inside operations nest
// in a line, in braces and brackets: package model reads a call in time
// proportional to its length times its depth.
const maxDepth = 100

// maxMemo bounds how many objects a decoder remembers.
const maxMemo = 1 << 14

// A line is an event as JSON: one of call, visit and return is there.
type line struct {
	Seq    *int            `json:"seq"`
	ID     *int            `json:"id"`
	Client *int            `json:"client,omitempty"`
	Parent **int           `json:"parent,omitempty"` // of a call; to nil, which is null, if no callback makes it
	Call   json.RawMessage `json:"call,omitempty"`
	Visit  json.RawMessage `json:"visit,omitempty"`
	Return json.RawMessage `json:"return,omitempty"`
}

// wanted is what to write instead of an object that is no line.
const wanted = `want {"seq":…,"id":…,"client":…,"call":{…}}, {"seq":…,"id":…,"visit":{…}} or {"seq":…,"id":…,"return":{…}}`

// An object is the text of a call, of a visit, or of a return by method.
type object struct {
	kind   Kind
	method model.Method
	text   string
}

// A decoder reads lines. Symbolic operations repeat, so it remembers the events
// of objects that it read before; without, Read takes nearly twice as long.
type decoder struct {
	text *bytes.Reader
	json *json.Decoder // of text, which is a line at a time: one for each would be garbage
	memo map[object]Event
}

func newDecoder() *decoder {
	text := bytes.NewReader(nil)
	return &decoder{text, strict(text), map[object]Event{}}
}

// strict returns a decoder to which an unknown field is an error.
func strict(r io.Reader) *json.Decoder {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	return d
}

// decode reads one line, without space around it, which comes after what o was
// told. After an error d is of no use.
func (d *decoder) decode(b []byte, o *order) (e Event, err error) {
	var l line
	start := d.json.InputOffset()
	d.text.Reset(b)
	err = d.json.Decode(&l)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return e, errors.New("the line ends inside its object: write the rest, or remove the line if the file was cut off there")
	case err != nil:
		return e, fmt.Errorf("%w: %s", tidy{err}, wanted)
	case d.json.InputOffset() < start+int64(len(b)):
		return e, errors.New("something follows the object: want one object a line")
	case l.Seq == nil || l.ID == nil:
		return e, errors.New(`"seq" or "id" is missing: every line has both`)
	}
	op, open := o.open[*l.ID]
	of, objects := object{method: op.method}, 0
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
		e, err = d.event(of)
	default: // without its method it cannot be read; o refuses it
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

// event returns of as an event, without the rest of its line.
func (d *decoder) event(of object) (e Event, err error) {
	if e, ok := d.memo[of]; ok {
		return e, nil
	}
	e.Kind = of.kind
	text := []byte(of.text)
	switch {
	case text[0] != '{':
		err = fmt.Errorf(`want "%v":{…}`, of.kind)
	case deep(text):
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
		return e, fmt.Errorf("in %.80s: %w", text, tidy{err})
	}
	if len(d.memo) < maxMemo {
		d.memo[of] = e
	}
	return e, nil
}

// deep takes braces inside strings for others: no string of a line has any.
func deep(text []byte) bool {
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

// encode returns e's line, without its end. method is that of e's operation.
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

// A tidy is an error of encoding/json or of package model on one line.
type tidy struct{ err error }

func (t tidy) Error() string {
	text := strings.TrimPrefix(t.err.Error(), "json: ")
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' }), " ")
}

func (t tidy) Unwrap() error { return t.err }
