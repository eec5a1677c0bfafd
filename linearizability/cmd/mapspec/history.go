package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/mapspec/mapspec/linearizability/history"
	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/model"
)

const historyText = `history [-timeout 60s] [-clear-atomic] [-len-strict] [-json] FILE

Judges a history of concurrent operations that this or another program recorded.
FILE has the format of docs/json.md, with one JSON object per line, and - is
standard input.

Exit status: 0 if there is no violation, 1 if there is one, and 2 if the history
is invalid or the time ran out.`

// historyMemory is the memory limit for the garbage collector. It is enough for a
// history of a million operations.
const historyMemory = 768 << 20

func runHistory(_ context.Context, env environment, args []string) (int, error) {
	f := newFlags(env, "history", historyText)
	timeout := f.Duration("timeout", 60*time.Second, "time to judge; when it is up, the verdict is unknown")
	atomicClear := f.Bool("clear-atomic", false, "the map promises that Clear is one atomic operation (T5)")
	strictLen := f.Bool("len-strict", false, "the map promises that Len is linearizable (T6)")
	asJSON := f.Bool("json", false, "print one verdict per line as JSON; see docs/json.md")
	if err := parse(f, args, 1); err != nil {
		return exitOther, err
	}
	if f.NArg() == 0 {
		return exitOther, errors.New("no FILE; see mapspec history -h")
	}
	if *timeout <= 0 {
		return exitOther, fmt.Errorf("-timeout %v: want more than 0s", *timeout)
	}
	debug.SetMemoryLimit(historyMemory)
	h, err := readHistory(f.Arg(0))
	var invalid *history.InvalidError
	if err != nil && !errors.As(err, &invalid) {
		return exitOther, err
	}
	var verdicts []model.Verdict
	if invalid != nil {
		verdicts = []model.Verdict{{Clause: model.S1, Status: model.Invalid, Reason: f.Arg(0) + ": " + invalid.Error()}}
	} else {
		p := model.Promise{}
		if *atomicClear {
			p.Clear = model.Strong
		}
		if *strictLen {
			p.Len = model.Strong
		}
		ops := h.Operations() // the history was validated when it was read
		h = history.History{}
		verdicts = check.Operations(ops, check.Options{Promise: p, Timeout: *timeout})
	}
	if err := printHistory(env.stdout, verdicts, *asJSON); err != nil {
		return exitOther, err
	}
	return historyStatus(verdicts), nil
}

func readHistory(name string) (history.History, error) {
	if name == "-" {
		return history.Read(os.Stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return history.History{}, err
	}
	defer f.Close()
	return history.Read(f)
}

func printHistory(w io.Writer, verdicts []model.Verdict, asJSON bool) error {
	for _, v := range verdicts {
		if asJSON {
			if err := json.NewEncoder(w).Encode(v); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(w, v)
		for _, line := range v.Lines() {
			fmt.Fprintln(w, "    "+line)
		}
	}
	return nil
}

func historyStatus(verdicts []model.Verdict) int {
	worst := exitOK
	for _, v := range verdicts {
		switch v.Status {
		case model.Violation:
			return exitWrong
		case model.Unknown, model.Invalid:
			worst = exitOther
		}
	}
	return worst
}
