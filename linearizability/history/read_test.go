package history

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/mapspec/mapspec/model"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files in testdata")

// TestReadRefuses runs testdata/invalid.txt, whose paragraphs consist of a title, a
// history, and the error that Read returns.
func TestReadRefuses(t *testing.T) {
	const path = "testdata/invalid.txt"
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rewritten strings.Builder
	for _, script := range strings.SplitAfter(string(golden), "\n\n") {
		input, _, ok := strings.Cut(script, "----\n")
		prose, text, found := strings.Cut(input, "\n")
		if !ok || !found {
			t.Fatalf("want a title, a history, ----, and the error of Read: %q", script)
		}
		said := "accepted"
		if _, err := Read(strings.NewReader(strings.TrimSuffix(text, "\n"))); err != nil {
			said = err.Error()
			var invalid *InvalidError
			if !errors.As(err, &invalid) || invalid.Line < 1 {
				t.Errorf("%s: %v is not an InvalidError with its line", prose, err)
			}
		}
		if strings.Contains(said, "\n") || said == "accepted" {
			t.Errorf("%s: want an error in one line, got %q", prose, said)
		}
		rewritten.WriteString(input + "----\n" + said + "\n\n")
	}
	got := strings.TrimSuffix(rewritten.String(), "\n")
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != string(golden) {
		t.Errorf("%s differs (go test -rewrite, then read the diff): got\n%s", path, got)
	}
}

func TestReadRefusesALongLine(t *testing.T) {
	text := "\n" + strings.Repeat(" ", maxLine+1) + "\n"
	_, err := Read(strings.NewReader(text))
	var invalid *InvalidError
	if !errors.As(err, &invalid) || invalid.Line != 2 || !strings.Contains(invalid.Why, "longer than") {
		t.Errorf("got %v", err)
	}
	if _, err := Read(strings.NewReader(text[2:])); err != nil {
		t.Errorf("a line of maximum length: %v", err)
	}
}

// TestReadBoundsHowDeepCallbacksNest has callbacks nested so deeply that package
// model, which takes quadratic time, would need a second to decode one line.
func TestReadBoundsHowDeepCallbacksNest(t *testing.T) {
	const perCallback = 3 // {"func":{"do":[
	nested := func(callbacks int) string {
		return `{"seq":1,"id":0,"client":0,"call":` + strings.Repeat(`{"op":"Range","func":{"do":[`, callbacks) +
			strings.Repeat("]}}", callbacks) + "}"
	}
	if _, err := Read(strings.NewReader(nested(maxDepth / perCallback))); err != nil {
		t.Errorf("callbacks nested up to the limit: %v", err)
	}
	for _, callbacks := range []int{maxDepth/perCallback + 1, maxLine / len(nested(1))} {
		_, err := Read(strings.NewReader(nested(callbacks)))
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Line != 1 || !strings.Contains(invalid.Why, "callbacks nest deeper than") {
			t.Errorf("%d callbacks: got %v", callbacks, err)
		}
	}
	if _, err := Read(strings.NewReader(`{"call":` + strings.Repeat("[", maxLine/2))); err == nil {
		t.Error("unclosed brackets are accepted")
	}
}

// TestReadRefusesATruncatedFile checks that a file cut off inside a line is rejected,
// and that one cut off between lines is not.
func TestReadRefusesATruncatedFile(t *testing.T) {
	const text = `{"seq":1,"id":0,"client":0,"parent":null,"call":{"op":"Load","key":2}}
{"seq":2,"id":0,"return":{"value":1,"ok":true}}`
	second := strings.Index(text, "\n") + 1
	for cut := 1; cut < len(text); cut++ {
		_, err := Read(strings.NewReader(text[:cut]))
		if cut == second-1 || cut == second {
			if err != nil {
				t.Errorf("cut between the lines: %v", err)
			}
			continue
		}
		var invalid *InvalidError
		want := 1
		if cut > second {
			want = 2
		}
		if !errors.As(err, &invalid) || invalid.Line != want {
			t.Errorf("cut after %d bytes: got %v, want an error in line %d", cut, err, want)
		}
	}
}

func TestAnErrorOfTheReaderIsNotAnInvalidHistory(t *testing.T) {
	broken := errors.New("the disk is gone")
	_, err := Read(iotest.ErrReader(broken))
	var invalid *InvalidError
	if !errors.Is(err, broken) || errors.As(err, &invalid) {
		t.Errorf("got %v", err)
	}
	h := History{[]Event{{Parent: NoParent}}}
	if err := h.Write(failingWriter{broken}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// TestValidateRefusesWhatNoFileCanSay has events that only a History in memory can
// contain.
func TestValidateRefusesWhatNoFileCanSay(t *testing.T) {
	for name, e := range map[string]Event{
		"no kind":         {Kind: 3},
		"unknown method":  {Op: model.Op{Method: 99}, Parent: NoParent},
		"negative client": {Client: -1, Parent: NoParent},
		"negative parent": {Parent: -2},
		"negative seq":    {Seq: -1, Parent: NoParent},
	} {
		h := History{[]Event{e}}
		var invalid *InvalidError
		if err := h.Validate(); !errors.As(err, &invalid) || invalid.Line != 1 {
			t.Errorf("%s: got %v", name, err)
		}
		if err := h.Write(&bytes.Buffer{}); !errors.As(err, &invalid) {
			t.Errorf("%s: Write: got %v", name, err)
		}
	}
}

// FuzzRead checks that Read never panics, and that a history it accepts can be
// written and read again.
func FuzzRead(f *testing.F) {
	golden, err := os.ReadFile("testdata/invalid.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, script := range strings.Split(string(golden), "\n\n") {
		f.Add([]byte(script))
	}
	f.Add([]byte(`{"seq":1,"id":8,"client":1,"parent":null,"call":{"op":"Range","func":{"stop":2,"do":[{"op":"Len"}]}}}
{"seq":3,"id":8,"visit":{"key":2,"value":1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := Read(bytes.NewReader(data))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("not one line: %q", err)
			}
			return
		}
		text := encodeAll(t, h)
		again, err := Read(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if !bytes.Equal(encodeAll(t, again), text) || len(again.Events) != len(h.Events) {
			t.Errorf("%s\nbecame\n%s", text, encodeAll(t, again))
		}
		if err := h.Validate(); err != nil {
			t.Error(err)
		}
		if got := Of(h.Operations()); len(h.Events) > 0 && !reflect.DeepEqual(got, h) {
			t.Errorf("%+v became %+v", h, got)
		}
	})
}
