// Package report tells people about a counterexample: what breaks, in which
// program, what happened, and why that is wrong. It has three forms: text for a
// terminal, a page for a browser, and a test in Go to paste.
//
// What is told is one value, an account, made once; text and page lay it out.
//
//	teller.go     a counterexample and what is known about it
//	lane.go       which goroutine made which call
//	account.go    headline, facts, and parts made of paragraphs, tables, diagrams
//	program.go    the part on what is run
//	happened.go   the part on what was seen: a list,
//	diagram.go    or a diagram of several goroutines,
//	steps.go      or the steps of a schedule,
//	trace.go      or what the checker wrote down
//	why.go        the part on why that is wrong:
//	alone.go      by the model, for one goroutine
//	order.go      for want of an order, for several
//	release.go    by what the map still holds
//	words.go      calls, results and symbols in words
//
//	text.go       the text: grid.go, wrap.go, abridge.go, draw.go
//	html.go       the page: pagediagram.go, page.html, page.css
//	picture.go    porcupine's drawing in it, with note.go
//
//	testfile.go        the test: which form it has, and the file around it
//	testsequential.go  one goroutine: testcall.go, testtraversal.go, testtype.go
//	testconcurrent.go  several, against testoutcome.go
//	testrelease.go     what is still reachable, also testpump.go
//	testlibrary.go     what plain Go cannot show
package report
