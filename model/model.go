// Package model says what a concurrent map means, and what deletion owes.
//
// It is the executable half of docs/specification.md. Nothing here is
// concurrent and nothing here touches a real map except [Bind]:
//
//	clause.go     the numbered sentences that everything refers to
//	verdict.go    what a checker says about a clause, and how far it looked
//	promise.go    which clauses and levels a map claims
//	report.go     verdicts told to a test
//	op.go         symbolic operations
//	result.go     what they return, symbolically
//	state.go      an abstract map: what each key holds, and which instance of it is live
//	step.go       the meaning: one pure function from state and operation to state and result
//	traversal.go  what a Range may hand out while the map changes under it
//	subject.go    a real map, and how to speak its keys and values
//	bind.go       the only place that looks for a real map's methods
//	call.go       one call of a method, and what it did
//	codec.go      symbolic keys and values to real ones and back
//	watch.go      weak pointers to what an operation passed in
//	execute.go    an operation on a real map, with what happens inside its callback
//	watchdog.go   whether calls on a real map will ever return
//
// Keys and values are small integers. A checker decides that key 3 is stored;
// the subject decides that key 3 is the string "conn-3". So one checker serves
// every key and value type, and a history can be saved and read back.
package model
