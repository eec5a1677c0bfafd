package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/model"
)

// A page is the data of a visualization.
type page struct {
	text       string
	Partitions []struct {
		History []struct {
			ClientId              int
			Start, End            int
			Description, Metadata string
		}
		PartialLinearizations [][]struct{ StateDescription string }
	}
	Annotations []annotated
}

type annotated struct {
	ClientId                                   int
	Tag, Description, Details, BackgroundColor string
}

var pageData = regexp.MustCompile(`const data = (\{.*\})\n`)

// draw visualizes h and parses the page.
func draw(t *testing.T, h history.History, o Options, notes ...Note) page {
	t.Helper()
	var b bytes.Buffer
	if err := Visualize(&b, h, o, notes); err != nil {
		t.Fatal(err)
	}
	p := page{text: b.String()}
	data := pageData.FindStringSubmatch(p.text)
	if data == nil {
		t.Fatalf("no data in the page:\n%s", p.text)
	}
	if err := json.Unmarshal([]byte(data[1]), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// boxes returns the texts of all boxes on the page.
func (p page) boxes() []string {
	var list []string
	for _, part := range p.Partitions {
		for _, e := range part.History {
			list = append(list, e.Description)
		}
	}
	for _, a := range p.Annotations {
		list = append(list, a.Description)
	}
	return list
}

// red reports whether the page shows something that does not fit: an order that
// lacks an operation, or a red box.
func (p page) red() bool {
	for _, part := range p.Partitions {
		complete := slices.ContainsFunc(part.PartialLinearizations, func(order []struct{ StateDescription string }) bool {
			return len(order) == len(part.History)
		})
		if !complete && len(part.History) > 0 {
			return true
		}
	}
	for _, a := range p.Annotations {
		if a.BackgroundColor != "" {
			return true
		}
	}
	return false
}

// TestEverySmallHistoryIsDrawn checks that each operation has a box, and that
// exactly the pages of violations show something red.
func TestEverySmallHistoryIsDrawn(t *testing.T) {
	for _, s := range smallHistories {
		h := read(t, s.name)
		p := draw(t, h, Options{Promise: s.promise})
		if got, want := p.red(), s.breaks != none; got != want {
			t.Errorf("%s, %s promise: red is %v, want %v:\n%s", s.name, levelName(s.promise), got, want, p.text)
		}
		boxes := p.boxes()
		for _, o := range h.Operations() {
			if !slices.Contains(boxes, describeWhole(&o)) {
				t.Errorf("%s, %s promise: no box for %q among %q", s.name, levelName(s.promise), describeWhole(&o), boxes)
			}
		}
	}
}

// TestAPageNeedsNothingElse checks that a page refers to no other resource. Its
// only URL is the name of the SVG namespace.
func TestAPageNeedsNothingElse(t *testing.T) {
	p := draw(t, read(t, "lost-update"), Options{})
	text := strings.ReplaceAll(p.text, "http://www.w3.org/2000/svg", "")
	for _, reference := range []string{"http:", "https:", "src=", "href=", "@import", "url(", "fetch(", "//cdn"} {
		if strings.Contains(text, reference) {
			t.Errorf("the page contains %q", reference)
		}
	}
}

// TestABoxIsWhereItsOperationWas checks that a box is on its client's line, and
// that the box of a pending operation extends to the end.
func TestABoxIsWhereItsOperationWas(t *testing.T) {
	p := draw(t, read(t, "pending-store-taken-back"), Options{})
	last := 0
	for _, e := range p.Partitions[0].History {
		last = max(last, e.End)
	}
	if strings.Contains(p.text, fmt.Sprint(forever)) {
		t.Errorf("a box says when forever is")
	}
	want := []string{"0 pending Store(k2, v1)", "1 Load(k2) returned v1, true", "1 Load(k2) returned zero, false"}
	for i, e := range p.Partitions[0].History {
		if got := fmt.Sprint(e.ClientId, " ", e.Description); got != want[i] {
			t.Errorf("box %d is %q, want %q", i, got, want[i])
		}
		if pending := e.End == last; pending != (i == 0) {
			t.Errorf("box %d ends at %d of %d", i, e.End, last)
		}
	}
}

// TestATraversalIsABoxAndLoadsWhereTheyMatter checks that a traversal always has
// a box, and that its Loads are drawn exactly if they are what is wrong.
func TestATraversalIsABoxAndLoadsWhereTheyMatter(t *testing.T) {
	for _, c := range []struct {
		name    string
		promise model.Promise
		loads   []string
	}{
		{"range-under-churn", weakest, nil},
		{"range-misses-resident", weakest, []string{"Range left out k3"}},
		{"clear-seen-by-range", strongest, []string{"Range visited k3 with v1"}},
		{"keys-visits-absent", weakest, []string{"Keys visited k3"}},
	} {
		p := draw(t, read(t, c.name), Options{Promise: c.promise})
		boxes := p.boxes()
		for _, load := range c.loads {
			if !slices.Contains(boxes, load) {
				t.Errorf("%s: no box %q among %q", c.name, load, boxes)
			}
		}
		if c.loads == nil && slices.ContainsFunc(boxes, func(s string) bool { return strings.Contains(s, "visited") }) {
			t.Errorf("%s: Loads among %q", c.name, boxes)
		}
		if !slices.ContainsFunc(p.Annotations, func(a annotated) bool {
			return strings.HasSuffix(a.Tag, " traverses") && strings.Contains(a.Details, "visit")
		}) {
			t.Errorf("%s: no box for the traversal", c.name)
		}
	}
}

// TestTheWholeMapHasOneOrderWhereItIsWrong checks that a violation of the whole
// map is drawn as one order, and any other as one order per key.
func TestTheWholeMapHasOneOrderWhereItIsWrong(t *testing.T) {
	h := read(t, "clear-not-atomic")
	if p := draw(t, h, Options{Promise: strongest}); len(p.Partitions) != 1 {
		t.Errorf("an atomic Clear that is not: %d orders, want 1", len(p.Partitions))
	}
	if p := draw(t, h, Options{}); len(p.Partitions) != 2 {
		t.Errorf("a Clear of each key: %d orders, want 2", len(p.Partitions))
	}
	ops := append(h.Operations(), history.Operation{ID: 100, Parent: history.NoParent, Op: model.Op{Method: model.Len}, Call: 100, Return: 101})
	p := draw(t, history.Of(ops), Options{Promise: strongest})
	if !slices.ContainsFunc(p.Annotations, func(a annotated) bool { return a.Description == "Len() returned 0" }) {
		t.Error("Len, which is not to blame, is in the order")
	}
}

// TestNotesAreDrawn checks that the notes of a client at one moment share a box,
// which is red if one of them is.
func TestNotesAreDrawn(t *testing.T) {
	p := draw(t, read(t, "both-stored"), Options{},
		Note{Client: 1, At: 2, Text: "first", Details: "more"},
		Note{Client: 1, At: 2, Text: "second", Details: "and more", Wrong: true},
		Note{Client: -1, At: 3, Text: "unbound"})
	var got []string
	for _, a := range p.Annotations {
		got = append(got, fmt.Sprintf("%s: %s (%s) %v", a.Tag, a.Description, a.Details, a.BackgroundColor != ""))
	}
	want := []string{"client 1, notes: first; second (more and more) true", "notes: unbound () false"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestAPageIsTheSameEveryTime checks that a page is deterministic.
func TestAPageIsTheSameEveryTime(t *testing.T) {
	for _, name := range []string{"both-stored", "lost-update", "range-misses-resident", "clear-not-atomic", "len-counts-nan"} {
		h := read(t, name)
		first := draw(t, h, Options{Promise: strongest})
		for range 10 {
			if again := draw(t, h, Options{Promise: strongest}); again.text != first.text {
				t.Fatalf("%s: two pages differ", name)
			}
		}
	}
}

func TestWhatCannotBeDrawnIsAnError(t *testing.T) {
	malformed := history.History{Events: []history.Event{{Seq: 1, Kind: history.Returned}}}
	if err := Visualize(&bytes.Buffer{}, malformed, Options{}, nil); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("a malformed history: got %v", err)
	}
	s := &simulation{choose: seeded(1), clients: 2, calls: maxDrawn + 1, keys: []int{0}, values: 2, methods: onKey}
	if err := Visualize(&bytes.Buffer{}, history.Of(s.run()), Options{}, nil); err == nil || !strings.Contains(err.Error(), "only up to 5000 can be drawn") {
		t.Errorf("a long history: got %v", err)
	}
	draw(t, history.History{}, Options{}) // an empty history can be drawn
}

// TestAPageSaysThatItsSearchWasCutOff checks that a search that was cut off is
// not presented as a violation.
func TestAPageSaysThatItsSearchWasCutOff(t *testing.T) {
	h := history.Of(together(0, stores(0, many, loadNever(0))...))
	p := draw(t, h, Options{limits: searchLimits{bytes: 1 << 20}})
	if !slices.Contains(p.boxes(), "search cut off") {
		t.Errorf("got %q", p.boxes())
	}
}
