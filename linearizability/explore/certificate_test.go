package explore_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/model"
)

// Certificates that were written before violations had a failure are read and
// merged, and what they say to people stays.
func TestCommittedCertificatesAreReadAndMerged(t *testing.T) {
	names, err := filepath.Glob("../../docs/certificates/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d certificates, %v", len(names), err)
	}
	violations := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := explore.ReadCertificates(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c, err := explore.Merge(parts)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, v := range c.Violations {
			violations++
			again, err := json.Marshal(v)
			if err != nil || v.Evidence == "" || !bytes.Contains(again, []byte(`"evidence":`)) || v.Verdict(c).Evidence() != v.Evidence {
				t.Errorf("%s: %s, %v", name, again, err)
			}
		}
	}
	if violations == 0 {
		t.Error("no certificate has a violation: nothing was looked at")
	}
}

func TestAViolationWithAnUnknownFieldIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"clause":"R1","colour":"red"}`:                       `unknown field "colour"`,
		`{"clause":"R1","failure":{"kind":"sulks"}}`:           `failure kind "sulks"`,
		`{"clause":"R1","failure":{"kind":"hangs","count":1}}`: "lacks a field that this kind needs",
		`{"clause":"R1","evidence":"e","retained":[{"a":1}]}`:  "",
	} {
		var v explore.Violation
		err := json.Unmarshal([]byte(text), &v)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if err == nil && v.Clause != model.R1 {
			t.Errorf("%s: read as %+v", text, v)
		}
	}
}
