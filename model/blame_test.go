package model_test

import (
	"fmt"
	"testing"

	. "github.com/mapspec/mapspec/model"
)

func TestBlameNamesTheClause(t *testing.T) {
	one := Cell{Present: true, Value: 1, Instances: 1}
	zero := Cell{Present: true, Instances: 1}
	wrong := Result{Value: 9}
	for _, row := range []struct {
		before    Cell
		op        Op
		got, want Result
		clause    Clause
	}{
		{Cell{}, Op{Method: Load, Key: NaN}, wrong, Result{}, S7},
		{Cell{}, Op{Method: Load, Key: Unhashable}, wrong, Result{Panic: PanicHash}, S7},
		{one, Op{Method: CompareAndSwap, Key: Unhashable}, Result{Panic: PanicCompare}, Result{Panic: PanicHash}, S7},
		{one, Op{Method: CompareAndDelete, Old: Uncomparable}, wrong, Result{Panic: PanicCompare}, S6},
		{one, Op{Method: CompareAndSwap, Old: Uncomparable}, Result{Panic: PanicCompare}, Result{}, S6},
		{one, Op{Method: CompareAndSwap, Old: Uncomparable}, Result{Panic: PanicOther}, Result{}, S5},
		{one, Op{Method: Load}, Result{Panic: PanicHash}, Result{Value: 1, OK: true}, S1},
		{one, Op{Method: Range}, Result{Panic: PanicOther}, Result{}, T4},
		{one, Op{Method: All}, Result{}, Result{Panic: PanicCallback}, T4},
		{one, Op{Method: Keys}, Result{}, Result{Panic: Goexit}, T4},
		{one, Op{Method: Values}, Result{}, Result{Panic: PanicNilFunc}, T4},
		{one, Op{Method: Clear}, Result{Panic: PanicOther}, Result{}, T5},
		{Cell{}, Op{Method: Clear}, Result{Panic: PanicOther}, Result{}, T5},
		{one, Op{Method: Len}, Result{Len: 2}, Result{Len: 1}, T6},
		{one, Op{Method: CompareAndSwap, Old: 1}, Result{}, Result{OK: true}, S5},
		{Cell{}, Op{Method: CompareAndDelete, Old: 1}, Result{OK: true}, Result{}, S5},
		{one, Op{Method: Store}, Result{Panic: PanicOther}, Result{}, S1},
		{Cell{}, Op{Method: Swap}, wrong, Result{}, S4},
		{Cell{}, Op{Method: LoadAndDelete}, wrong, Result{}, S4},
		{Cell{}, Op{Method: LoadOrStore}, wrong, Result{}, S4},
		{Cell{}, Op{Method: Delete}, Result{Panic: PanicOther}, Result{}, S1},
		{Cell{}, Op{Method: Load}, wrong, Result{}, S3},
		{zero, Op{Method: Load}, Result{}, Result{OK: true}, S3},
		{one, Op{Method: Load}, Result{}, Result{Value: 1, OK: true}, S1},
		{one, Op{Method: Load}, wrong, Result{Value: 1, OK: true}, S1},
	} {
		t.Run(fmt.Sprintf("%s %+v not %+v", row.op, row.got, row.want), func(t *testing.T) {
			if c := Blame(row.before, row.op, row.got, row.want); c != row.clause {
				t.Errorf("blames %s, want %s: %s", c, row.clause, row.clause.Sentence())
			}
		})
	}
}
