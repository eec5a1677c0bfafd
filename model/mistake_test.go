package model_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

// message returns the text that f panics with.
func message(f func()) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	f()
	return ""
}

// otherKeys is a map whose types are not the ones of its subject.
type otherKeys struct{}

func (*otherKeys) Load(int) (v int, ok bool) { return 0, false }
func (*otherKeys) Store(int, int)            {}

// A mistake in a subject or a checker is a panic whose text says what to do, in one
// line.
func TestAMistakePanicsWithOneLine(t *testing.T) {
	bind := func(b Binder) func() { return func() { b.Bind() } }
	call := func(b Binder, o Op) func() { return func() { Call(b.Bind(), o) } }
	maker := func(f func() any) Subject[string, int] { return Subject[string, int]{Name: "x", New: f} }
	aTakes := maker(func() any { return takes{} })
	for _, row := range []struct {
		do   func()
		want string
	}{
		{bind(Subject[string, int]{Name: "x"}), `New is nil: say how to make a map`},
		{bind(maker(func() any { return nil })), `New returned nil: return a pointer to a map`},
		{bind(maker(func() any { return map[string]int{} })),
			`map[string]int has no method for keys of type string and values of type int: let New return a pointer to such a map`},
		{bind(maker(func() any { return mutexMap[string, int]{} })),
			`mutexMap[string,int] has no method for keys of type string and values of type int: let New return a pointer to such a map`},
		{bind(maker(func() any { return new(otherKeys) })),
			`*model_test.otherKeys has no method for keys of type string and values of type int: let New return a pointer to such a map; ` +
				`Load is func(int) (int, bool), want func(string) (int, bool); Store is func(int, int), want func(string, int)`},

		{bind(right[[2]int, holder]()), `Key is nil and there is no default for [2]int: say how to make one`},
		{bind(right[bool, bool]()), `Key is nil and there is no default for bool: say how to make one`},
		{bind(right[fmt.Stringer, error]()), `Key is nil and there is no default for fmt.Stringer: say how to make one`},
		{bind(right[*struct{}, int]()), `Key is nil and there is no default for *struct {}: say how to make one`},
		{bind(right[*record, []byte]()), `Value is nil and there is no default for []uint8: say how to make one`},
		{bind(custom[bool, bool](isOdd, nil, nil)), `Value is nil and there is no default for bool: say how to make one`},
		{bind(custom[*record](nil, func(i int) []byte { return []byte{byte(i)} }, nil)),
			`values of type []uint8 cannot be compared: set ValueIndex`},

		{call(anyValues(func(i int) any { return []int{i} }), store(1, 1)),
			`Value(1) cannot be compared: set ValueIndex`},
		{call(anyKeys(func(i int) any { return []int{i} }), store(1, 1)),
			`Key(1) cannot be compared: set KeyIndex`},
		{call(custom[string](nil, func(i int) int { return i - 1 }, nil), store(1, 1)),
			`Value(1) is the zero value, which is value 0: return another`},
		{call(anyValues(func(i int) any { return nil }), store(1, 1)),
			`Value(1) is the zero value, which is value 0: return another`},
		{equalIndices(anyValues(func(i int) any { return address{"a", 1} })), `Value(2) equals Value(1): return different ones`},
		{equalIndices(anyValues(func(i int) any { return [2]string{"a", "b"} })), `Value(2) equals Value(1): return different ones`},
		{equalIndices(custom(isOdd, func(i int) bool { return true }, nil)), `Value(2) equals Value(1): return different ones`},
		{equalIndices(custom(func(i int) bool { return true }, isOdd, nil)), `Key(2) equals Key(1): return different ones`},
		{equalIndices(anyKeys(func(i int) any { return nil })), `Key(2) equals Key(1): return different ones`},
		{equalIndices(anyKeys(func(i int) any { return constant(0) })), `Key(2) equals Key(1): return different ones`},
		{equalIndices(anyKeys(func(i int) any { return &packageVariables[0] })), `Key(2) equals Key(1): return different ones`},
		{equalIndices(custom[*struct{}, int](func(i int) *struct{} { return new(struct{}) }, nil, nil)), `Key(2) equals Key(1): return different ones`},

		{call(right[string, int](), Op{Method: Load, Key: NaN}), `string has no key NaN: ask Traits first`},
		{call(right[int, *record](), Op{Method: Load, Key: NaN}), `int has no key NaN: ask Traits first`},
		{call(right[float64, struct{}](), Op{Method: Load, Key: Unhashable}), `float64 has no key unhashable: ask Traits first`},
		{call(right[any, any](), Op{Method: Load, Key: Foreign}), `interface {} has no key foreign: ask Traits first`},
		{call(right[string, int](), store(1, Uncomparable)), `int has no value uncomparable: ask Traits first`},
		{call(right[any, any](), store(1, Foreign)), `interface {} has no value foreign: ask Traits first`},
		{call(right[float64, struct{}](), store(1, 1)), `struct {} has no value v1: ask Traits first`},
		{call(aTakes, Op{Method: Delete}), `the map has no Delete: ask Methods first`},
		{call(right[string, int](), Op{Method: Range}), `Range cannot be prepared: call Traverse`},
		{func() { aTakes.Bind().Traverse(Op{Method: Range}, nil) }, `the map has no Range: ask Methods first`},
		{func() { aTakes.Bind().Sequence(Range) }, `the map has no Range: ask Methods first`},
	} {
		got := message(row.do)
		if !strings.HasPrefix(got, `model: Subject "`) || !strings.HasSuffix(got, row.want) || strings.Contains(got, "\n") {
			t.Errorf("\n got %s\nwant …%s", got, row.want)
		}
	}
}

func isOdd(i int) bool { return i%2 == 1 }

// equalIndices asks b for two keys and two values.
func equalIndices(b Binder) func() {
	return func() {
		in := b.Bind()
		first := in.Prepare(Op{Method: Store, Key: 1, Value: 1})
		second := in.Prepare(Op{Method: Store, Key: 2, Value: 2})
		first.Do()
		second.Do()
	}
}

func TestAMistakeInsideACallbackIsNotBlamedOnTheMap(t *testing.T) {
	in := right[string, int]().Bind()
	Call(in, store(1, 1))
	got := message(func() {
		Execute(in, Op{Method: Range, Func: &Func{Do: []Op{{Method: Load, Key: NaN}}}}, nil)
	})
	if want := `model: Subject "right": string has no key NaN: ask Traits first`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
