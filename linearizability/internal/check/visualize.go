package check

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// A Note is a remark on a history, at a moment of it.
type Note struct {
	Client  int    // on whom; negative for nobody in particular
	At      int    // the Seq of an event, or one between two
	Text    string // what is shown
	Details string // what is shown on demand, if anything
	Wrong   bool   // whether it is what breaks a clause: it is shown in red
}

// maxDrawn bounds how many operations are drawn: nobody looks at more, and a
// browser takes seconds for these.
const maxDrawn = 5_000

// Visualize draws h as porcupine does: a page of HTML that needs nothing else,
// with a line a client, an order that explains as much as any, and in red what
// does not fit. It draws a history without violations as well, and returns the
// error of one that is malformed.
//
// Keys have an order each, unless the whole map is what has none. What is in
// no order is a grey box: a traversal, on a line of its own below, and an
// operation that neither changes nor tells what a key holds. Where the Loads of
// a traversal break a clause, they are in that order, each between the call and
// its visit. A pending operation goes on to the end.
func Visualize(w io.Writer, h history.History, o Options, notes []Note) error {
	if err := h.Validate(); err != nil {
		return err
	}
	ops := h.Operations()
	if len(ops) > maxDrawn {
		return fmt.Errorf("%d operations are too many to draw: want %d at most", len(ops), maxDrawn)
	}
	j := judgeAll(ops, o)
	d := j.newDrawing()
	notes = append(d.unseen(), notes...)
	info, note := d.order()
	if note != nil {
		notes = append(notes, *note)
	}
	info.AddAnnotations(d.others())
	info.AddAnnotations(annotations(notes))
	return porcupine.Visualize(d.model(), info, w)
}

// A drawing is what is known about a picture of a history.
type drawing struct {
	judge   *judge
	whole   bool // one order of the whole map, not one of each key
	space   space
	entries []entry
	drawn   map[int]bool // the operations that entries has all of, or parts of
	end     int          // after all events
}

func (j *judge) newDrawing() *drawing {
	d := &drawing{judge: j, space: oneKey(nothing), drawn: map[int]bool{}}
	for _, x := range j.violations() {
		d.whole = d.whole || x.failure.Order != nil && x.failure.Order.Whole
	}
	if d.whole {
		d.space = wholeMap(model.State{}, len(j.keys))
		d.entries = j.wholeEntries(j.violated(model.T6))
	} else {
		for _, key := range j.keys {
			d.entries = append(d.entries, j.keyEntries(key, d.traversalsOf(key))...)
		}
	}
	for i := range d.entries {
		d.drawn[d.entries[i].source.ID] = true
	}
	for i := range j.ops {
		o := &j.ops[i]
		d.end = max(d.end, o.Call+1, o.Return+1)
		for _, v := range o.Visits {
			d.end = max(d.end, v.At+1)
		}
	}
	return d
}

// traversalsOf reports whether it takes the Loads of traversals to see what is
// wrong with key.
func (d *drawing) traversalsOf(key int) bool {
	if !d.judge.violated(model.T1) {
		return false
	}
	order := d.judge.finding(model.T1).failure.Order
	return order != nil && !order.Whole && order.Key == key
}

// model returns the model by which the picture's operations are ordered and
// described.
func (d *drawing) model() porcupine.Model {
	m := d.space.model
	m.DescribeOperation = func(input, _ any) string {
		e := input.(*entry)
		if e.kind == visit || e.kind == leftOut && !d.whole {
			return e.placed().Did()
		}
		return whole(e.source) // boxes that coincide, one a key, say the same
	}
	m.DescribeOperationMetadata = func(data any) string {
		e := data.(*entry)
		return fmt.Sprintf("operation %d: %s", e.source.ID, e.placed().Did())
	}
	if !d.whole {
		m.Partition = byKey
	}
	return m
}

// byKey partitions operations, those of a key in the order given.
func byKey(ops []porcupine.Operation) [][]porcupine.Operation {
	parts := map[int][]porcupine.Operation{}
	for _, o := range ops {
		key := o.Input.(*entry).op.Key
		parts[key] = append(parts[key], o)
	}
	list := make([][]porcupine.Operation, 0, len(parts))
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		list = append(list, parts[key])
	}
	return list
}

// order orders what can be ordered. If it had to give up, it says so in a note.
func (d *drawing) order() (porcupine.LinearizationInfo, *Note) {
	ops := operations(pointers(d.entries))
	for i := range ops {
		e := &d.entries[i]
		ops[i].ClientId, ops[i].Metadata = e.source.Client, e
		ops[i].Return = int64(min(e.ret, d.end))
	}
	m, spent := d.judge.budget.metered(d.space, len(ops), d.judge.budget.toExplain())
	m.Partition = d.model().Partition
	_, info := porcupine.CheckOperationsVerbose(m, ops, 0)
	for _, orders := range info.PartialLinearizations() { // which come in random order
		slices.SortFunc(orders, func(a, b []int) int {
			return cmp.Or(cmp.Compare(len(b), len(a)), slices.Compare(a, b))
		})
	}
	if !spent.stopped() {
		return info, nil
	}
	return info, &Note{
		Client: -1, At: d.end, Text: "no order found in time",
		Details: "The search for an order was cut off: red lines say how far it came, and that is not a violation.",
	}
}

// unseen returns a note on each violation that no order shows.
func (d *drawing) unseen() []Note {
	var notes []Note
	for _, x := range d.judge.violations() {
		wrong := x.failure.Operation
		if order := x.failure.Order; order != nil {
			if order.Whole == d.whole {
				continue
			}
			wrong = &order.Left[0]
		}
		notes = append(notes, Note{Client: wrong.Client, At: wrong.Called, Text: fmt.Sprintf("%s: %s", x.clause, x.failure.Sentence()), Wrong: true})
	}
	return notes
}

// others returns a box for each operation that is in no order, and for each
// traversal.
func (d *drawing) others() []porcupine.Annotation {
	var boxes []porcupine.Annotation
	for i := range d.judge.ops {
		o := &d.judge.ops[i]
		if d.drawn[o.ID] && !o.Op.Method.Traverses() {
			continue
		}
		box := porcupine.Annotation{
			ClientId: o.Client, Start: int64(o.Call), End: int64(o.Return),
			Description: whole(o), Details: fmt.Sprintf("operation %d, in no order", o.ID),
		}
		if o.Pending() {
			box.End = int64(d.end)
		}
		if o.Op.Method.Traverses() {
			box.Tag, box.Details = fmt.Sprintf("client %d traverses", o.Client), itinerary(o)
		}
		boxes = append(boxes, box)
	}
	return boxes
}

// itinerary says what traversal o visited, and when.
func itinerary(o *history.Operation) string {
	visits := make([]string, len(o.Visits))
	for i, v := range o.Visits {
		visits[i] = fmt.Sprintf("%v at %d", v.Visit, v.At)
	}
	return fmt.Sprintf("operation %d, %s: %s", o.ID, count(len(visits), "visit"), strings.Join(visits, ", "))
}

// whole says what all of o did, of which an entry may be a part.
func whole(o *history.Operation) string {
	return model.Placed{Op: o.Op, Result: o.Result, Pending: o.Pending()}.Did()
}

// annotations returns notes as porcupine wants them. It draws those of a client
// at one moment on top of each other, so they are joined.
func annotations(notes []Note) []porcupine.Annotation {
	type place struct{ client, at int }
	at := map[place]int{}
	var list []porcupine.Annotation
	for _, n := range notes {
		p := place{max(n.Client, -1), n.At}
		i, ok := at[p]
		if !ok {
			at[p] = len(list)
			list = append(list, n.annotation())
			continue
		}
		more := n.annotation()
		list[i].Description += "; " + more.Description
		list[i].Details = strings.TrimSpace(list[i].Details + " " + more.Details)
		list[i].BackgroundColor = cmp.Or(list[i].BackgroundColor, more.BackgroundColor)
	}
	return list
}

func (n Note) annotation() porcupine.Annotation {
	a := porcupine.Annotation{Tag: "notes", Start: int64(n.At), Description: n.Text, Details: n.Details}
	if n.Client >= 0 {
		a.Tag = fmt.Sprintf("client %d, notes", n.Client)
	}
	if n.Wrong {
		a.BackgroundColor = "#ff9c8f"
	}
	return a
}
