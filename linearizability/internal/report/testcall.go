package report

import (
	"fmt"
	"strconv"

	"github.com/mapspec/mapspec/model"
)

// call is o as an expression on the map m, o being no traversal; ok is false if
// the map cannot take its arguments.
func (w *testWriter) call(o model.Op) (expr string, ok bool) {
	if !o.Method.OnKey() {
		return fmt.Sprintf("m.%v()", o.Method), true
	}
	k, _, ok := w.key(o.Key)
	if !ok {
		return "", false
	}
	args := k
	add := func(i int) {
		v, _, known := w.val(i)
		args += ", " + v
		ok = ok && known
	}
	if o.Method.Compares() {
		add(o.Old)
	}
	if o.Method.Stores() {
		add(o.Value)
	}
	return fmt.Sprintf("m.%v(%s)", o.Method, args), ok
}

// shown is the result of calling o, as an expression of type string; empty
// where o returns nothing.
func (w *testWriter) shown(o model.Op) (expr string, ok bool) {
	call, ok := w.call(o)
	switch o.Method {
	case model.Load, model.LoadOrStore, model.LoadAndDelete, model.Swap:
		w.uses["pair"] = true
		return "pair(" + call + ")", ok
	case model.CompareAndSwap, model.CompareAndDelete, model.Len:
		w.use("fmt")
		return "fmt.Sprint(" + call + ")", ok
	}
	return "", ok
}

// result is r as shown shows it.
func (w *testWriter) result(m model.Method, r model.Result) string {
	switch m {
	case model.CompareAndSwap, model.CompareAndDelete:
		return strconv.FormatBool(r.OK)
	case model.Len:
		return strconv.Itoa(r.Len)
	}
	used := w.uses["v"]
	_, text, ok := w.val(r.Value)
	w.uses["v"] = used
	if !ok {
		text = model.ValueName(r.Value)
	}
	return text + ", " + strconv.FormatBool(r.OK)
}

// compare calls o and compares what it returns, or that it panics.
func (w *testWriter) compare(o model.Op, want model.Result) bool {
	call, ok := w.call(o)
	if !ok {
		return false
	}
	if want.Panic != "" {
		w.uses["panics"] = true
		w.line("if !panics(func() { %s }) {\nt.Errorf(%q)\n}", call, escaped(callName(o))+" did not panic")
		return true
	}
	shown, _ := w.shown(o)
	if shown == "" {
		w.line("%s", call)
		return true
	}
	text := w.result(o.Method, want)
	w.line("if got := %s; got != %q {\nt.Errorf(%q, got)\n}", shown, text, escaped(callName(o))+" returned %s, want "+escaped(text))
	return true
}

// escaped is s within a format.
func escaped(s string) string {
	b := make([]rune, 0, len(s))
	for _, r := range s {
		if r == '%' {
			b = append(b, r)
		}
		b = append(b, r)
	}
	return string(b)
}

// prologue declares the local functions that the body uses.
func (w *testWriter) prologue() string {
	text := ""
	if w.uses["k"] {
		text += w.typ.key.maker("k", "k")
	}
	if w.uses["v"] {
		text += w.typ.value.maker("v", "v")
	}
	if text != "" {
		w.useMakers()
	}
	if w.uses["pair"] {
		w.use("fmt")
		text += "pair := func(value any, ok bool) string { return fmt.Sprint(value, \", \", ok) }\n"
	}
	if w.uses["panics"] {
		text += "panics := func(f func()) (did bool) {\ndefer func() { did = recover() != nil }()\nf()\nreturn false\n}\n"
	}
	return text
}

// useMakers imports what the makers of keys and values call.
func (w *testWriter) useMakers() {
	for f, k := range map[string]kind{"k": w.typ.key, "v": w.typ.value} {
		if w.uses[f] && (k.name == "any" || k.name == "string") {
			w.use("strconv")
		}
	}
}
