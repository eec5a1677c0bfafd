// Package model says what a concurrent map means, and what it owes after
// deletion. It is the executable half of docs/specification.md.
//
// A [Subject] is a map under test. The checkers find its methods by their types:
//
//	var subject = model.Subject[string, int]{
//		Name:    "mine",
//		New:     func() any { return new(mine.Map[string, int]) },
//		Promise: model.Promise{Release: model.ReleasePrompt, Zero: true},
//	}
//
//	func TestMine(t *testing.T) { property.Run(t, subject) }
//
// Its [Promise] says which clauses of the specification the map claims to keep, in
// addition to the clauses that every map owes. A checker returns a [Verdict] on
// each [Clause]. If the map breaks the clause, the verdict has a [Failure].
//
// In an [Op], keys and values are small integers. The subject decides, for example,
// that key 3 is the string "conn-3". So one checker works for all types of keys and
// values, and a history can be saved and read back.
//
// [Step] is the meaning of a map: a pure function from a [State] and an operation
// to a state and a [Result]. A [Traversal] says what a Range may visit while the
// map changes. An [Instance] performs operations on a real map. Nothing else in
// this package is concurrent or uses a real map.
package model
