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

// A Note is a remark on one moment of a history.
type Note struct {
	Client  int    // the client it is about; negative for none
	At      int    // the Seq of an event, or a number between two
	Text    string // always shown
	Details string // shown on demand
	Wrong   bool   // shown in red: this breaks a clause
}

// maxDrawn is the largest number of operations that are drawn. A browser takes
// seconds to show them, and a reader learns nothing from more.
const maxDrawn = 5_000

// Visualize writes a self-contained HTML page that shows h: porcupine's picture,
// with a line per client, the longest order found, and in red what does not fit.
// It also draws histories without violations. It returns an error if h is
// malformed or too long.
//
// Each key has an order of its own, unless the violation is one of the whole
// map. Operations outside any order are grey boxes: traversals, on a line of
// their own, and operations that neither change nor reveal a key's content. If
// the Loads of a traversal break a clause they are part of the order, each
// between the call and its visit. A pending operation extends to the end.
func Visualize(w io.Writer, h history.History, o Options, notes []Note) error {
	if err := h.Validate(); err != nil {
		return err
	}
	ops := h.Operations()
	if len(ops) > maxDrawn {
		return fmt.Errorf("the history has %d operations: only up to %d can be drawn", len(ops), maxDrawn)
	}
	j := judgeAll(ops, o)
	d := j.newDrawing()
	notes = append(d.unordered(), notes...)
	info, note := d.order()
	if note != nil {
		notes = append(notes, *note)
	}
	info.AddAnnotations(d.others())
	info.AddAnnotations(annotations(notes))
	return porcupine.Visualize(d.model(), info, w)
}

// A drawing is a history being drawn.
type drawing struct {
	judge   *judge
	whole   bool // draw one order of the whole map instead of one per key
	space   searchSpace
	entries []entry
	drawn   map[int]bool // by ID: the operations with an entry
	end     int          // later than all events
}

func (j *judge) newDrawing() *drawing {
	d := &drawing{judge: j, space: oneKey(absent), drawn: map[int]bool{}}
	for _, x := range j.violations() {
		d.whole = d.whole || x.failure.Order != nil && x.failure.Order.Whole
	}
	if d.whole {
		d.space = wholeMap(model.State{}, len(j.keys))
		d.entries = j.wholeEntries(j.violated(model.T6))
	} else {
		for _, key := range j.keys {
			d.entries = append(d.entries, j.keyEntries(key, d.needsTraversals(key))...)
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

// needsTraversals reports whether the violation of key involves the Loads of
// traversals.
func (d *drawing) needsTraversals(key int) bool {
	if !d.judge.violated(model.T1) {
		return false
	}
	order := d.judge.findingOf(model.T1).failure.Order
	return order != nil && !order.Whole && order.Key == key
}

// model returns the model that orders and describes the operations drawn.
func (d *drawing) model() porcupine.Model {
	m := d.space.model
	m.DescribeOperation = func(input, _ any) string {
		e := input.(*entry)
		if e.kind == visit || e.kind == leftOut && !d.whole {
			return e.placed().Did()
		}
		return describeWhole(e.source) // the boxes of one operation on several keys coincide: same text
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

// byKey partitions operations by key, each partition in the given order.
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

// order searches for the orders to draw. It returns a note if it had to give up.
func (d *drawing) order() (porcupine.LinearizationInfo, *Note) {
	ops := operations(pointers(d.entries))
	for i := range ops {
		e := &d.entries[i]
		ops[i].ClientId, ops[i].Metadata = e.source.Client, e
		ops[i].Return = int64(min(e.ret, d.end))
	}
	m, limit := d.judge.budget.metered(d.space, len(ops), d.judge.budget.toExplain())
	m.Partition = d.model().Partition
	_, info := porcupine.CheckOperationsVerbose(m, ops, 0)
	for _, orders := range info.PartialLinearizations() { // porcupine returns them in random order
		slices.SortFunc(orders, func(a, b []int) int {
			return cmp.Or(cmp.Compare(len(b), len(a)), slices.Compare(a, b))
		})
	}
	if !limit.exceeded() {
		return info, nil
	}
	return info, &Note{
		Client: -1, At: d.end, Text: "search cut off",
		Details: "The search for an order was cut off by its budget. Red lines show how far it got; they are not violations.",
	}
}

// unordered returns a note on each violation that no order shows.
func (d *drawing) unordered() []Note {
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
			Description: describeWhole(o), Details: fmt.Sprintf("operation %d, in no order", o.ID),
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

// itinerary lists the visits of traversal o, each with its stamp.
func itinerary(o *history.Operation) string {
	visits := make([]string, len(o.Visits))
	for i, v := range o.Visits {
		visits[i] = fmt.Sprintf("%v at %d", v.Visit, v.At)
	}
	return fmt.Sprintf("operation %d, %s: %s", o.ID, count(len(visits), "visit"), strings.Join(visits, ", "))
}

// describeWhole says what o did. The entries of o may be parts of it.
func describeWhole(o *history.Operation) string {
	return model.Placed{Op: o.Op, Result: o.Result, Pending: o.Pending()}.Did()
}

// annotations converts notes to porcupine's annotations. It joins the notes of a
// client at one moment, which porcupine would draw on top of each other.
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
