package main

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestDocsNameWhatIsMeasured checks that docs/peers.md has every peer, with the reason why it
// is unsound, every row, and every field of the JSON.
func TestDocsNameWhatIsMeasured(t *testing.T) {
	text, err := os.ReadFile("../../docs/peers.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, p := range peers() {
		line := lineThatBegins(page, "| "+p.name+" |")
		if line == "" || p.role == rival && !p.sound && !strings.Contains(line, "no: it "+p.why) || p.sound != strings.HasSuffix(line, "| yes |") {
			t.Errorf("%s is shown as %q", p.name, line)
		}
	}
	for _, m := range mixes {
		if !strings.Contains(page, "`"+string(m)+"`") {
			t.Errorf("no `%s`", m)
		}
	}
	for _, f := range figures {
		if lineThatBegins(page, "| `"+string(f)+"` |") == "" {
			t.Errorf("no line for `%s`", f)
		}
	}
	fields := reflect.TypeFor[jsonRow]()
	for i := range fields.NumField() {
		if name := fields.Field(i).Tag.Get("json"); !strings.Contains(page, "`"+name+"`") {
			t.Errorf("no JSON field `%s`", name)
		}
	}
	if !strings.Contains(page, "\n<!-- peers -->\n") || !strings.Contains(page, "\n<!-- /peers -->\n") {
		t.Error("the marks around the result are missing")
	}
}

func lineThatBegins(page, prefix string) string {
	for line := range strings.SplitSeq(page, "\n") {
		if strings.HasPrefix(line, prefix) {
			return line
		}
	}
	return ""
}
