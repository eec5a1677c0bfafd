package docs_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/model"
)

// parts are how the paragraphs of a clause's section begin, in order.
var parts = []string{
	"**Clause.**", "**Guarantees.**", "**Does not guarantee.**", "**Defined by**",
	checkedBy, exploredTo, "**Why.**",
}

const (
	checkedBy  = "**Checked by**"
	exploredTo = "**Explored to.**"
)

var (
	clauseName = regexp.MustCompile(`^[A-Z][0-9]+$`)
	normative  = regexp.MustCompile(`\b(MUST|MAY)\b`)
)

// TestEveryClauseHasItsSection and nothing else has one: the clauses of the
// model, in its order, are the sections of the specification.
func TestEveryClauseHasItsSection(t *testing.T) {
	report(t, checkSections(readPage(t, specificationPath)))
}

// checkSections compares the sections that are named after clauses with the
// clauses of the model.
func checkSections(spec page) (problems []string) {
	next := 0
	for _, h := range spec.headings() {
		if !clauseName.MatchString(h.text) {
			continue
		}
		c := model.Clause(h.text)
		switch {
		case c.Order() < 0:
			problems = append(problems, fmt.Sprintf("%s%s is not a clause of model.Sentences", spec.at(h.line), c))
			continue
		case c.Order() != next:
			problems = append(problems, fmt.Sprintf("%s%s stands where clause number %d belongs", spec.at(h.line), c, next+1))
		}
		next = c.Order() + 1
		problems = append(problems, checkParts(spec, c)...)
	}
	if next < len(model.Sentences) {
		problems = append(problems, fmt.Sprintf("%s: no section ### %s", spec.path, model.Sentences[next].Clause))
	}
	return problems
}

// checkParts looks for the paragraphs that c's section must have.
func checkParts(spec page, c model.Clause) (problems []string) {
	first, end, _ := spec.section(string(c))
	var found []string
	for i := first; i < end; i++ {
		for _, part := range parts {
			if strings.HasPrefix(spec.lines[i], part) {
				found = append(found, part)
			}
		}
	}
	if fmt.Sprint(found) != fmt.Sprint(parts) {
		return []string{fmt.Sprintf("%s%s has the parts %v, want %v", spec.at(first-1), c, found, parts)}
	}
	sentence := clauseSentence(spec, first, end)
	if !normative.MatchString(sentence) {
		problems = append(problems, fmt.Sprintf("%s%s says neither MUST nor MAY", spec.at(first-1), c))
	}
	if model.Promise.Reason(model.Promise{}, c) != "" && !strings.HasPrefix(sentence, "(promise") {
		problems = append(problems, fmt.Sprintf("%s%s is owed only where promised: begin with (promise)", spec.at(first-1), c))
	}
	return problems
}

// clauseSentence returns the paragraph that begins with **Clause.**, in one
// line and without these words.
func clauseSentence(spec page, first, end int) string {
	var lines []string
	for i := first; i < end; i++ {
		if strings.HasPrefix(spec.lines[i], parts[0]) || len(lines) > 0 {
			if spec.lines[i] == "" {
				break
			}
			lines = append(lines, spec.lines[i])
		}
	}
	return strings.TrimSpace(strings.TrimPrefix(strings.Join(lines, " "), parts[0]))
}

// wellFormed is a specification with all sections.
func wellFormed() string {
	var b strings.Builder
	for _, s := range model.Sentences {
		fmt.Fprintf(&b, "### %s\n\n", s.Clause)
		for _, part := range parts {
			b.WriteString(part)
			if part == parts[0] {
				b.WriteString(" (promise) It MUST.")
			}
			b.WriteString("\n\n")
		}
	}
	return b.String()
}

func TestMissingSectionsAndPartsAreSeen(t *testing.T) {
	good := wellFormed()
	s1 := good[:strings.Index(good, "### S2")]
	for _, test := range []struct{ name, text, problem string }{
		{"a clause without a section", strings.Replace(good, s1, "", 1), "S2 stands where clause number 1 belongs"},
		{"the last clause without a section", good[:strings.Index(good, "### P3")], "no section ### P3"},
		{"a section without a clause", good + "### S10\n", "S10 is not a clause"},
		{"a part that is missing", strings.Replace(good, "**Guarantees.**", "", 1), "S1 has the parts"},
		{"parts in another order", strings.Replace(good, "**Why.**\n", "**Guarantees.**\n", 1), "S1 has the parts"},
		{"a clause that demands nothing", strings.Replace(good, "It MUST.", "It does.", 1), "S1 says neither"},
		{"a promise that looks like a duty", strings.Replace(good, "### S9\n\n**Clause.** (promise)", "### S9\n\n**Clause.**", 1), "S9 is owed only where promised"},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantProblems(t, checkSections(parsePage("p.md", test.text)), test.problem)
		})
	}
	wantProblems(t, checkSections(parsePage("p.md", good)))
}
