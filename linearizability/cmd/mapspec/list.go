package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/model"
)

func runList(_ context.Context, env environment, args []string) (int, error) {
	f := newFlags(env, "list", "list [-json]\n\nPrints the catalogue: the name of each map, its origin, what it promises, and the\nmethods that it lacks.")
	asJSON := f.Bool("json", false, "print one JSON object per map, each in one line; see docs/json.md")
	if err := parse(f, args, 0); err != nil {
		return exitOther, err
	}
	if *asJSON {
		return exitOK, listJSON(env)
	}
	w := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "map\torigin\tpromises\tlacks")
	for _, m := range impl.Catalogue() {
		in := m.Subject.Bind()
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Name, m.Origin, promises(in.Promise()), lacking(in))
	}
	return exitOK, w.Flush()
}

func listJSON(env environment) error {
	e := json.NewEncoder(env.stdout)
	for _, m := range impl.Catalogue() {
		in := m.Subject.Bind()
		err := e.Encode(struct {
			Map     string         `json:"map"`
			Origin  string         `json:"origin"`
			Methods []model.Method `json:"methods"`
			Promise model.Promise  `json:"promise"`
		}{m.Name, m.Origin, in.Methods().Methods(), in.Promise()})
		if err != nil {
			return err
		}
	}
	return nil
}

func lacking(in model.Instance) string {
	missing := model.EveryMethod &^ in.Methods()
	if missing == 0 {
		return "-"
	}
	return missing.String()
}

// promises describes briefly what p claims beyond what every map owes.
func promises(p model.Promise) string {
	var parts []string
	add := func(ok bool, text string) {
		if ok {
			parts = append(parts, text)
		}
	}
	add(p.Zero, "zero value")
	add(p.Release == model.ReleasePrompt, "prompt release")
	add(p.Release == model.ReleaseBounded, "bounded release")
	add(p.Release == model.ReleaseNone, "no release")
	add(p.Clear == model.Strong, "atomic Clear")
	add(p.Len == model.Strong, "linearizable Len")
	add(p.Shrinks, "shrinks")
	add(p.LoadFree, "Load never waits")
	return strings.Join(parts, ", ")
}
