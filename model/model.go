// Package model says what a concurrent map means, and what it owes after
// deletion. It is the executable half of docs/specification.md.
//
// A [Subject] is a map under test. Methods and values are found by their types:
//
//	var subject = model.Subject[string, int]{
//		Name:    "mine",
//		New:     func() any { return new(mine.Map[string, int]) },
//		Promise: model.Promise{Release: model.ReleasePrompt, Zero: true},
//	}
//
//	func TestMine(t *testing.T) { property.Run(t, subject) }
//
// Its [Promise] says which clauses of the specification the map claims beyond
// those that every map owes. A checker returns a [Verdict] on each [Clause].
//
// Checkers pass small integers for keys and values, in an [Op]; the subject
// decides that key 3 is the string "conn-3". So one checker serves every key and
// value type, and a history can be saved and read back. [Step] is the meaning of
// a map: a pure function from a [State] and an operation to a state and a
// [Result]. A [Traversal] says what a Range may visit while the map changes under
// it. An [Instance] is a new map that takes such operations; all else in this
// package is neither concurrent nor touches a real map.
package model
