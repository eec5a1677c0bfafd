package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// maxDepth bounds how deep operations inside callbacks inside operations nest
// in a line, in braces and brackets.
const maxDepth = 100

// maxMemo bounds how many operations and results a codec remembers.
const maxMemo = 1 << 14

// A fields is the set of fields seen in a line.
type fields uint8

const (
	fieldSeq fields = 1 << iota
	fieldID
	fieldClient
	fieldParent
	fieldCall
	fieldVisit
	fieldReturn
)

var fieldNames = map[string]fields{
	"seq": fieldSeq, "id": fieldID, "client": fieldClient, "parent": fieldParent,
	"call": fieldCall, "visit": fieldVisit, "return": fieldReturn,
}

var (
	errNotObject = errors.New(`not a JSON object: want {"seq":…,"id":…, …} on one line; remove the line if the file was cut off there`)
	errTooDeep   = fmt.Errorf("callbacks nest deeper than %d braces and brackets: flatten the program", maxDepth)
)

// A decoder reads lines. Symbolic operations repeat, so what package model
// decoded once is remembered by its bytes.
type decoder struct {
	ops     map[string]model.Op
	results [model.Len + 1]map[string]model.Result
}

// line is a line taken apart: the numbers read, the objects not yet.
type line struct {
	seen   fields
	event  Event
	object []byte // of call, visit or return
}

// decode reads one line. methodOf returns the method of an operation that was
// called: it decides which fields a return has.
func (d *decoder) decode(b []byte, methodOf func(id int) (model.Method, bool)) (Event, error) {
	l, err := split(b)
	if err != nil {
		return Event{}, err
	}
	e := l.event
	if l.seen&(fieldSeq|fieldID) != fieldSeq|fieldID {
		return e, errors.New(`"seq" or "id" is missing: every line has both`)
	}
	switch l.seen & (fieldCall | fieldVisit | fieldReturn) {
	case fieldCall:
		if l.seen&fieldClient == 0 {
			return e, errors.New(`"client" is missing: say which goroutine makes the call`)
		}
		e.Kind = Called
		e.Op, err = d.op(l.object)
		return e, err
	case fieldVisit:
		e.Kind = Visited
		e.Visit, err = parseVisit(l.object)
	case fieldReturn:
		e.Kind = Returned
		if method, ok := methodOf(e.ID); ok { // if not, the order refuses it
			e.Result, err = d.result(method, l.object)
		}
	default:
		return e, errors.New(`want exactly one of "call", "visit" and "return"`)
	}
	if l.seen&(fieldClient|fieldParent) != 0 {
		return e, errors.New(`"client" and "parent" belong to calls only: remove them`)
	}
	e.Parent = 0
	return e, err
}

func (d *decoder) op(b []byte) (model.Op, error) {
	if o, ok := d.ops[string(b)]; ok {
		return o, nil
	}
	var o model.Op
	if err := o.UnmarshalJSON(b); err != nil {
		return o, fmt.Errorf("in %.80s: %w", b, tidy(err))
	}
	if d.ops == nil {
		d.ops = map[string]model.Op{}
	}
	if len(d.ops) < maxMemo {
		d.ops[string(b)] = o
	}
	return o, nil
}

func (d *decoder) result(m model.Method, b []byte) (model.Result, error) {
	memo := d.results[m]
	if r, ok := memo[string(b)]; ok {
		return r, nil
	}
	r, err := model.DecodeResult(m, b)
	if err != nil {
		return r, fmt.Errorf("in %.80s: %w", b, tidy(err))
	}
	if memo == nil {
		memo = map[string]model.Result{}
		d.results[m] = memo
	}
	if len(memo) < maxMemo {
		memo[string(b)] = r
	}
	return r, nil
}

// tidy makes an error of encoding/json or of package model one line.
func tidy(err error) error {
	text := strings.TrimPrefix(err.Error(), "json: ")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' }), " ")
	if text == err.Error() {
		return err
	}
	return &tidied{text, err}
}

type tidied struct {
	text string
	err  error
}

func (t *tidied) Error() string { return t.text }
func (t *tidied) Unwrap() error { return t.err }

// split takes a line apart. encoding/json would accept a field twice, and any
// case of its name.
func split(b []byte) (line, error) {
	l := line{event: Event{Parent: NoParent}}
	p := parser{b: b}
	err := p.object(func(name []byte) error {
		f, ok := fieldNames[string(name)]
		switch {
		case !ok:
			return fmt.Errorf("unknown field %q: want seq, id, client, parent, call, visit or return", name)
		case l.seen&f != 0:
			return fmt.Errorf("field %q appears twice", name)
		}
		l.seen |= f
		err := l.field(&p, f)
		if err != nil && err != errNotObject {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return err
	})
	if err == nil && !p.atEnd() {
		err = errors.New("something follows the object: want one object a line")
	}
	return l, err
}

// field reads the value of field f.
func (l *line) field(p *parser, f fields) (err error) {
	e := &l.event
	switch f {
	case fieldSeq:
		e.Seq, err = p.integer()
	case fieldID:
		e.ID, err = p.integer()
	case fieldClient:
		e.Client, err = p.integer()
	case fieldParent:
		if p.null() {
			return nil
		}
		if e.Parent, err = p.integer(); err == nil && e.Parent < 0 {
			err = fmt.Errorf("%d: want the id of a traversal, or null", e.Parent)
		}
	default:
		l.object, err = p.raw()
	}
	return err
}

func parseVisit(b []byte) (model.Visit, error) {
	var v model.Visit
	p := parser{b: b}
	var key, value bool
	err := p.object(func(name []byte) (err error) {
		switch {
		case string(name) == "key" && !key:
			key = true
			v.Key, err = p.integer()
		case string(name) == "value" && !value:
			value = true
			v.Value, err = p.integer()
		default:
			err = fmt.Errorf(`%q: want "key" and "value", once each`, name)
		}
		return err
	})
	if err == nil && !(key && value) {
		err = errors.New(`want "key" and "value"`)
	}
	if err != nil {
		return v, fmt.Errorf("in %.80s: %w", b, err)
	}
	return v, nil
}

// A parser walks through JSON whose shape is known: objects of integers, null
// and further objects, which it passes on unread.
type parser struct {
	b []byte
	i int
}

func (p *parser) space() {
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case ' ', '\t', '\r', '\n':
			p.i++
		default:
			return
		}
	}
}

func (p *parser) atEnd() bool {
	p.space()
	return p.i == len(p.b)
}

// take consumes c, after space.
func (p *parser) take(c byte) bool {
	p.space()
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *parser) null() bool {
	p.space()
	if p.i+4 <= len(p.b) && string(p.b[p.i:p.i+4]) == "null" {
		p.i += 4
		return true
	}
	return false
}

// object consumes an object. field consumes each value.
func (p *parser) object(field func(name []byte) error) error {
	if !p.take('{') {
		return errNotObject
	}
	if p.take('}') {
		return nil
	}
	for {
		name, ok := p.name()
		if !ok || !p.take(':') {
			return errNotObject
		}
		if err := field(name); err != nil {
			return err
		}
		if p.take('}') {
			return nil
		}
		if !p.take(',') {
			return errNotObject
		}
	}
}

// name consumes a string. Escapes stay as they are: no field has one.
func (p *parser) name() ([]byte, bool) {
	if !p.take('"') {
		return nil, false
	}
	start := p.i
	if !p.skipString() {
		return nil, false
	}
	return p.b[start : p.i-1], true
}

// skipString consumes the rest of a string, its closing quote included.
func (p *parser) skipString() bool {
	for ; p.i < len(p.b); p.i++ {
		switch p.b[p.i] {
		case '\\':
			p.i++
		case '"':
			p.i++
			return true
		}
	}
	return false
}

// integer consumes a number without fraction or exponent that fits an int.
func (p *parser) integer() (int, error) {
	p.space()
	start := p.i
	for p.i < len(p.b) && strings.IndexByte("+-.0123456789eE", p.b[p.i]) >= 0 {
		p.i++
	}
	text := string(p.b[start:p.i])
	digits := strings.TrimPrefix(text, "-")
	n, err := strconv.Atoi(text)
	if err == nil && text[0] != '+' && (digits == "0" || digits[0] != '0') {
		return n, nil
	}
	if start == len(p.b) {
		return 0, errNotObject
	}
	rest := string(p.b[start:])
	if end := strings.IndexAny(rest, ",}\r\n"); end >= 0 {
		rest = rest[:end]
	}
	return 0, fmt.Errorf("%.40q is not a whole number", rest)
}

// raw consumes an object without reading it.
func (p *parser) raw() ([]byte, error) {
	p.space()
	start, depth := p.i, 0
	if p.i == len(p.b) || p.b[p.i] != '{' {
		return nil, errNotObject
	}
	for p.i < len(p.b) {
		c := p.b[p.i]
		p.i++
		switch c {
		case '{', '[':
			if depth++; depth > maxDepth {
				return nil, errTooDeep
			}
		case '}', ']':
			if depth--; depth == 0 {
				return p.b[start:p.i], nil
			}
		case '"':
			if !p.skipString() {
				return nil, errNotObject
			}
		}
	}
	return nil, errNotObject
}

// An encoder writes lines, and remembers what package model encoded.
type encoder struct {
	ops     map[model.Op][]byte
	results map[resultOf][]byte
}

// resultOf is a result and the method that returned it.
type resultOf struct {
	method model.Method
	result model.Result
}

// append appends e's line to b. method is that of e's operation.
func (c *encoder) append(b []byte, e *Event, method model.Method) (_ []byte, err error) {
	b = strconv.AppendInt(append(b, `{"seq":`...), int64(e.Seq), 10)
	b = strconv.AppendInt(append(b, `,"id":`...), int64(e.ID), 10)
	var object []byte
	switch e.Kind {
	case Called:
		b = strconv.AppendInt(append(b, `,"client":`...), int64(e.Client), 10)
		b = append(b, `,"parent":`...)
		if e.Parent == NoParent {
			b = append(b, "null"...)
		} else {
			b = strconv.AppendInt(b, int64(e.Parent), 10)
		}
		b = append(b, `,"call":`...)
		object, err = c.op(e.Op)
	case Visited:
		b = strconv.AppendInt(append(b, `,"visit":{"key":`...), int64(e.Visit.Key), 10)
		b = strconv.AppendInt(append(b, `,"value":`...), int64(e.Visit.Value), 10)
		object = []byte{'}'}
	case Returned:
		b = append(b, `,"return":`...)
		object, err = c.result(resultOf{method, e.Result})
	}
	return append(append(b, object...), "}\n"...), err
}

func (c *encoder) op(o model.Op) ([]byte, error) {
	if b, ok := c.ops[o]; ok {
		return b, nil
	}
	b, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	if len(c.ops) < maxMemo {
		c.ops[o] = b
	}
	return b, nil
}

func (c *encoder) result(r resultOf) ([]byte, error) {
	if b, ok := c.results[r]; ok {
		return b, nil
	}
	b, err := model.EncodeResult(r.method, r.result)
	if err != nil {
		return nil, err
	}
	if len(c.results) < maxMemo {
		c.results[r] = b
	}
	return b, nil
}
