package gotest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mapspec/mapspec/model"
)

// call is o as an expression on the map m, o being no traversal.
func (w *writer) call(o model.Op) (string, error) { return w.callWith(o, "", "", "") }

// callWith is call with other arguments in place of those that are not empty.
func (w *writer) callWith(o model.Op, key, old, value string) (string, error) {
	var args []string
	add := func(takes bool, arg string, name func(int) (string, string, error), i int) (err error) {
		if takes && arg == "" {
			arg, _, err = name(i)
		}
		if takes {
			args = append(args, arg)
		}
		return err
	}
	if err := add(o.Method.OnKey(), key, w.key, o.Key); err != nil {
		return "", err
	}
	if err := add(o.Method.Compares(), old, w.value, o.Old); err != nil {
		return "", err
	}
	if err := add(o.Method.Stores(), value, w.value, o.Value); err != nil {
		return "", err
	}
	return fmt.Sprintf("m.%v(%s)", o.Method, strings.Join(args, ", ")), nil
}

// callKept is call with the variable kept in place of the key, or of value i.
func (w *writer) callKept(o model.Op, isValue bool, i int) (string, error) {
	switch {
	case !isValue && o.Method.OnKey() && o.Key == i:
		return w.callWith(o, "kept", "", "")
	case isValue && o.Method.Stores() && o.Value == i:
		return w.callWith(o, "", "", "kept")
	case isValue && o.Method.Compares() && o.Old == i:
		return w.callWith(o, "", "kept", "")
	}
	return "", errNotPlain
}

// callTurn is call with the key and the value of turn i of a loop.
func (w *writer) callTurn(o model.Op) (string, error) {
	return w.callWith(o, "k(i)", "v(i+1)", "v(i+1)")
}

// shown is the result of calling o, as an expression of type string; empty
// where o returns nothing.
func (w *writer) shown(o model.Op) (string, error) {
	call, err := w.call(o)
	switch o.Method {
	case model.Load, model.LoadOrStore, model.LoadAndDelete, model.Swap:
		return "pair(" + call + ")", err
	case model.CompareAndSwap, model.CompareAndDelete, model.Len:
		return "fmt.Sprint(" + call + ")", err
	}
	return "", err
}

// result is r as shown shows it.
func (w *writer) result(m model.Method, r model.Result) string {
	switch m {
	case model.CompareAndSwap, model.CompareAndDelete:
		return strconv.FormatBool(r.OK)
	case model.Len:
		return strconv.Itoa(r.Len)
	}
	_, text, _ := w.value(r.Value)
	return text + ", " + strconv.FormatBool(r.OK)
}

// returnsSomething reports whether shown shows a result of m: what a method reads
// it returns, or hands to its function.
func returnsSomething(m model.Method) bool { return m.Reads() && !m.Traverses() }

// start is the call of traversal o up to its function.
func start(o model.Op) string {
	if o.Method == model.Range {
		return "m.Range("
	}
	return fmt.Sprintf("m.%v()(", o.Method)
}

// stop is the visit at which o's function returns false; 0 if it never does.
// A function that ends in another way is an error.
func stop(o model.Op) (int, error) {
	at, ends := o.Func.Step()
	if ends != "" || o.Func.IsNil() {
		return 0, errNotPlain
	}
	return at, nil
}

// does is what o's function calls at its first visit.
func does(o model.Op) []model.Op {
	if o.Func == nil {
		return nil
	}
	return o.Func.Do
}

// params are the parameters of the function that method m takes.
func (w *writer) params(m model.Method) string { return w.parameters(m, "key", "value") }

// blank are params that the function does not use.
func (w *writer) blank(m model.Method) string { return w.parameters(m, "_", "_") }

func (w *writer) parameters(m model.Method, key, value string) string {
	k, v := w.typ.key.Name, w.typ.value.Name
	switch {
	case m == model.Keys:
		return key + " " + k
	case m == model.Values:
		return value + " " + v
	case k == v:
		return key + ", " + value + " " + k
	}
	return key + " " + k + ", " + value + " " + v
}

// visit is what the function of method m is handed, for fmt.Sprint.
func (w *writer) visit(m model.Method) string {
	switch m {
	case model.Keys:
		return "key"
	case model.Values:
		return "value"
	}
	return `key, " ", value`
}
