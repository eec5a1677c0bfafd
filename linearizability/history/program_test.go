package history

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/model"
	"pgregory.net/rapid"
)

func TestProgramFormat(t *testing.T) {
	const text = `{"init":[{"op":"Store","key":0,"value":1}],"threads":[[{"op":"Load","key":0}],[{"op":"Clear"},{"op":"Len"}]]}`
	var p Program
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	want := Program{
		Init:    []model.Op{{Method: model.Store, Value: 1}},
		Threads: [][]model.Op{{{Method: model.Load}}, {{Method: model.Clear}, {Method: model.Len}}},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v, want %+v", p, want)
	}
	if b, err := json.Marshal(p); err != nil || string(b) != text {
		t.Errorf("wrote %s, %v", b, err)
	}
}

func TestAProgramReadsBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Program{Threads: [][]model.Op{}}
		for range rapid.IntRange(0, 3).Draw(t, "init") {
			p.Init = append(p.Init, drawOp(t, 2))
		}
		for range rapid.IntRange(0, 3).Draw(t, "threads") {
			thread := []model.Op{}
			for range rapid.IntRange(0, 3).Draw(t, "operations") {
				thread = append(thread, drawOp(t, 2))
			}
			p.Threads = append(p.Threads, thread)
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var got Program
		if err := json.Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got, p) {
			t.Fatalf("%s: got %+v, %v, want %+v", b, got, err, p)
		}
	})
}

func TestAMalformedProgramIsAnError(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"an unknown field", `{"threads":[],"init":[],"seed":3}`, `unknown field "seed": want {"init"`},
		{"no threads", `{"init":[]}`, `no "threads"`},
		{"an unknown operation", `{"threads":[[{"op":"Get","key":1}]]}`, `unknown operation "Get"`},
		{"an operation without a name", "{\"threads\":[[{\n\"key\":1\n}]]}", `no "op"`},
		{"a missing argument", `{"threads":[[{"op":"Store","key":1}]]}`, `Store needs "value"`},
		{"an array", `[]`, "cannot unmarshal array"},
	} {
		err := json.Unmarshal([]byte(c.text), new(Program))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") ||
			!strings.HasPrefix(err.Error(), "program: ") {
			t.Errorf("%s: got %v, want one line with %q", c.name, err, c.want)
		}
	}
}
