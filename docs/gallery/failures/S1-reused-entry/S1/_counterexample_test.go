package broken_test

import (
	"testing"

	"github.com/mapspec/mapspec/linearizability"
)

// TestS1ReusedEntry shows that broken.S1ReusedEntry breaks S1: each single-key
// operation takes effect atomically between its call and its return.
//
// What happens: k0: Load(k0) returned zero, true, which no order of the 4
// operations on k0 explains.
//
// The goroutines have to take their steps in one order of many, so the test
// needs github.com/mapspec/mapspec.
//
// Found with go1.26.8. docs/specification.md#s1 of github.com/mapspec/mapspec
// explains the clause.
func TestS1ReusedEntry(t *testing.T) {
	linearizability.RunCounterexample(t, nil, `{"schema": 2,
"map": "S1-reused-entry",
"type": "broken.S1ReusedEntry",
"import": "github.com/mapspec/mapspec/impl/broken",
"clause": "S1",
"go": "go1.26.8",
"look": "schedule",
"program": {"init":[{"op":"Store","key":0,"value":1}],"threads":[[{"op":"Load","key":0}],[{"op":"Delete","key":0}]]},
"schedule": {"new":"new(broken.S1ReusedEntry)","hashes":"mix","initial":"one key","steps":"0x3,1x4,0x2","preemptions":1,"digest":"6a3b976a18d0bb10d4a3849ae5c8293c6c073593b396a341ae1d0eefed0cbbec"},
"rounds": 1,
"promise": {"release":"prompt","clear":"strong","len":"strong","zero":true}}`)
}
