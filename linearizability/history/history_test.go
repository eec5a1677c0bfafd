package history

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

// drawOp draws any operation, with callbacks nested up to depth.
func drawOp(t *rapid.T, depth int) model.Op {
	o := model.Op{Method: model.Method(rapid.IntRange(0, int(model.Len)).Draw(t, "method"))}
	if o.Method.OnKey() {
		o.Key = rapid.IntRange(model.Unhashable, 5).Draw(t, "key")
		o.Instance = rapid.IntRange(0, 63).Draw(t, "instance")
	}
	if o.Method.Compares() {
		o.Old = rapid.IntRange(model.Uncomparable, 5).Draw(t, "old")
	}
	if o.Method.Stores() {
		o.Value = rapid.IntRange(model.Uncomparable, 5).Draw(t, "value")
	}
	if o.Method.Traverses() && rapid.Bool().Draw(t, "func") {
		o.Func = &model.Func{
			Stop:   rapid.IntRange(0, 2).Draw(t, "stop"),
			Panic:  rapid.IntRange(0, 2).Draw(t, "panic"),
			Goexit: rapid.IntRange(0, 2).Draw(t, "goexit"),
			Nil:    rapid.Bool().Draw(t, "nil"),
		}
		for range rapid.IntRange(0, depth).Draw(t, "do") {
			o.Func.Do = append(o.Func.Do, drawOp(t, depth-1))
		}
	}
	return o
}

func drawResult(t *rapid.T, m model.Method) model.Result {
	if p := rapid.SampledFrom(panics).Draw(t, "panic"); p != "" && rapid.Bool().Draw(t, "panics") {
		return model.Result{Panic: p}
	}
	value, ok := rapid.IntRange(-2, 5).Draw(t, "value"), rapid.Bool().Draw(t, "ok")
	switch m {
	case model.Load, model.LoadOrStore, model.LoadAndDelete, model.Swap:
		return model.Result{Value: value, OK: ok}
	case model.CompareAndSwap, model.CompareAndDelete:
		return model.Result{OK: ok}
	case model.Len:
		return model.Result{Len: value}
	}
	return model.Result{}
}

func drawVisit(t *rapid.T, m model.Method) model.Visit {
	v := model.Visit{Key: rapid.IntRange(-2, 5).Draw(t, "key"), Value: rapid.IntRange(-2, 5).Draw(t, "value")}
	if m == model.Keys {
		v.Value = model.Unseen
	}
	if m == model.Values {
		v.Key = model.Unseen
	}
	return v
}

// drawHistory draws any possible history. Its operations and results need not be
// those of a map.
func drawHistory(t *rapid.T) (h History) {
	type frame struct {
		id     int
		method model.Method
	}
	stacks := make([][]frame, rapid.IntRange(1, 3).Draw(t, "clients"))
	seq, id := 0, 0
	for range rapid.IntRange(0, 30).Draw(t, "events") {
		client := rapid.IntRange(0, len(stacks)-1).Draw(t, "client")
		stack := stacks[client]
		seq += rapid.IntRange(1, 3).Draw(t, "gap")
		e := Event{Seq: seq, Kind: Called}
		if len(stack) > 0 {
			e.Kind = Returned
			if stack[len(stack)-1].method.Traverses() {
				e.Kind = Kind(rapid.IntRange(0, 2).Draw(t, "kind"))
			}
			e.ID = stack[len(stack)-1].id
		}
		switch e.Kind {
		case Called:
			e.Client, e.Parent, e.Op = client, NoParent, drawOp(t, 2)
			if len(stack) > 0 {
				e.Parent = e.ID
			}
			id += rapid.IntRange(1, 1000).Draw(t, "id")
			e.ID = id
			stacks[client] = append(stack, frame{id, e.Op.Method})
		case Visited:
			e.Visit = drawVisit(t, stack[len(stack)-1].method)
		case Returned:
			e.Result = drawResult(t, stack[len(stack)-1].method)
			stacks[client] = stack[:len(stack)-1]
		}
		h.Events = append(h.Events, e)
	}
	return h
}

func encodeAll(t interface{ Fatal(...any) }, h History) []byte {
	var b bytes.Buffer
	if err := h.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatIsWrittenReadsBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		if err := h.Validate(); err != nil {
			t.Fatal(err)
		}
		text := encodeAll(t, h)
		got, err := Read(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if !reflect.DeepEqual(got, h) {
			t.Fatalf("wrote %+v, read %+v", h, got)
		}
	})
}

func TestOperationsHoldTheWholeHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		ops := h.Operations()
		if got := Of(ops); len(h.Events) > 0 && !reflect.DeepEqual(got, h) {
			t.Fatalf("%+v became %+v", h, got)
		}
		for i := 1; i < len(ops); i++ {
			if ops[i-1].Call >= ops[i].Call {
				t.Fatalf("operations %d and %d are not in the order of their calls", i-1, i)
			}
		}
	})
}

// TestLineFormat has the lines of docs/json.md. Their form is a promise to programs
// that write them.
func TestLineFormat(t *testing.T) {
	const text = `{"seq":1,"id":7,"client":0,"parent":null,"call":{"op":"CompareAndSwap","key":2,"old":1,"new":4}}
{"seq":2,"id":8,"client":1,"parent":null,"call":{"op":"Range","func":{"stop":2,"do":[{"op":"Len"}]}}}
{"seq":3,"id":8,"visit":{"key":2,"value":1}}
{"seq":4,"id":9,"client":1,"parent":8,"call":{"op":"Load","key":2}}
{"seq":5,"id":9,"return":{"value":1,"ok":true}}
{"seq":6,"id":7,"return":{"panic":"compare"}}
{"seq":7,"id":8,"return":{}}
{"seq":8,"id":10,"client":1,"parent":null,"call":{"op":"Keys"}}
{"seq":9,"id":10,"visit":{"key":2}}
{"seq":10,"id":10,"return":{}}
{"seq":11,"id":11,"client":1,"parent":null,"call":{"op":"Values"}}
{"seq":12,"id":11,"visit":{"value":1}}
`
	h, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(encodeAll(t, h)); got != text {
		t.Errorf("got:\n%s\nwant:\n%s", got, text)
	}
	ops := h.Operations()
	want := []Operation{
		{ID: 7, Client: 0, Parent: NoParent, Call: 1, Return: 6, Result: model.Result{Panic: model.PanicCompare},
			Op: model.Op{Method: model.CompareAndSwap, Key: 2, Old: 1, Value: 4}},
		{ID: 8, Client: 1, Parent: NoParent, Call: 2, Return: 7, Visits: []Visit{{3, model.Visit{Key: 2, Value: 1}}},
			Op: model.Op{Method: model.Range, Func: &model.Func{Stop: 2, Do: []model.Op{{Method: model.Len}}}}},
		{ID: 9, Client: 1, Parent: 8, Call: 4, Return: 5, Result: model.Result{Value: 1, OK: true},
			Op: model.Op{Method: model.Load, Key: 2}},
		{ID: 10, Client: 1, Parent: NoParent, Call: 8, Return: 10, Op: model.Op{Method: model.Keys},
			Visits: []Visit{{9, model.Visit{Key: 2, Value: model.Unseen}}}},
		{ID: 11, Client: 1, Parent: NoParent, Call: 11, Return: -1, Op: model.Op{Method: model.Values},
			Visits: []Visit{{12, model.Visit{Key: model.Unseen, Value: 1}}}},
	}
	if !reflect.DeepEqual(ops, want) {
		t.Errorf("got  %+v\nwant %+v", ops, want)
	}
}

func TestReadIsLenientWhereNothingIsLost(t *testing.T) {
	const text = "\n  \t\r\n" +
		`{"id":7, "seq":1 ,"call":{"op":"Load","key":2} , "client":0}` + "\r\n\n" +
		` { "seq" : 3 , "return" : { "ok" : true, "value" : 1 } , "id" : 7 } `
	h, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []Event{
		{Seq: 1, ID: 7, Kind: Called, Parent: NoParent, Op: model.Op{Method: model.Load, Key: 2}},
		{Seq: 3, ID: 7, Kind: Returned, Result: model.Result{Value: 1, OK: true}},
	}
	if !reflect.DeepEqual(h.Events, want) {
		t.Errorf("got %+v, want %+v", h.Events, want)
	}
}

func TestAnOperationTellsWhatItDid(t *testing.T) {
	o := Operation{ID: 7, Client: 1, Op: model.Op{Method: model.Load, Key: 2}, Result: model.Result{Value: 1, OK: true}, Return: 3}
	if got, want := o.String(), "#7 client 1 Load(k2): v1, true"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	o.Return = -1
	if got, want := o.String(), "#7 client 1 Load(k2): pending"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
