package docs_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/model"
)

// parts are the beginnings of the paragraphs of a clause's section, in order.
var parts = []string{
	"**Clause.**", "**Guarantees.**", "**Does not guarantee.**", "**Why.**", "**Example.**", "**Defined by**",
}

var (
	clauseHeading = regexp.MustCompile(`^([A-Z][0-9]+): (.+)$`)
	normative     = regexp.MustCompile(`\b(MUST|MAY)\b`)
)

// The sections of the specification are the clauses of the model, in its order.
func TestEveryClauseHasItsSection(t *testing.T) {
	report(t, checkSections(readPage(t, specificationPath)))
}

// checkSections compares the sections of clauses with the clauses of the model.
func checkSections(spec page) (problems []string) {
	next := 0
	for _, h := range spec.headings() {
		m := clauseHeading.FindStringSubmatch(h.text)
		if m == nil {
			continue
		}
		c := model.Clause(m[1])
		if c.Order() < 0 {
			problems = append(problems, fmt.Sprintf("%s%s is not a clause of model.Sentences", spec.at(h.line), c))
			continue
		}
		if c.Order() != next {
			problems = append(problems, fmt.Sprintf("%s%s stands where clause number %d belongs", spec.at(h.line), c, next+1))
		}
		next = c.Order() + 1
		if want := c.Title(); m[1]+" "+m[2] != want {
			problems = append(problems, fmt.Sprintf("%s%s has another name than in model.Sentences, %q", spec.at(h.line), c, want))
		}
		if want := anchorOf(c); h.line < 2 || spec.lines[h.line-2] != want {
			problems = append(problems, fmt.Sprintf("%swant %s and a blank line above %s", spec.at(h.line), want, c))
		}
		problems = append(problems, checkParts(spec, c, h.text)...)
	}
	if next < len(model.Sentences) {
		problems = append(problems, fmt.Sprintf("%s: no section for %s", spec.path, model.Sentences[next].Clause))
	}
	return problems
}

// anchorOf returns the line that makes #s1 lead to S1, whatever its name is.
func anchorOf(c model.Clause) string {
	return fmt.Sprintf(`<a id="%s"></a>`, strings.ToLower(string(c)))
}

// checkParts looks for the paragraphs that c's section must have.
func checkParts(spec page, c model.Clause, heading string) (problems []string) {
	first, end, _ := spec.section(heading)
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

// clauseSentence returns the paragraph that begins with **Clause.**, as one line
// and without these words.
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

// contents returns the table of contents of the specification.
func contents() []string {
	rows := []string{"| clause | in short |", "|---|---|"}
	for _, s := range model.Sentences {
		rows = append(rows, fmt.Sprintf("| [%s](#%s) | %s |", s.Clause.Title(), strings.ToLower(string(s.Clause)), s.Sentence))
	}
	return rows
}

// wellFormed is a specification with all sections.
func wellFormed() string {
	var b strings.Builder
	for _, s := range model.Sentences {
		fmt.Fprintf(&b, "%s\n\n### %s: %s\n\n", anchorOf(s.Clause), s.Clause, s.Name)
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

func TestMissingSectionsAndPartsAreReported(t *testing.T) {
	good := wellFormed()
	s1 := good[:strings.Index(good, anchorOf(model.S2))]
	s9 := "### S9: " + strings.TrimPrefix(model.S9.Title(), "S9 ") + "\n\n**Clause.**"
	for _, test := range []struct{ name, text, problem string }{
		{"a clause without a section", strings.Replace(good, s1, "", 1), "S2 stands where clause number 1 belongs"},
		{"the last clause without a section", good[:strings.Index(good, anchorOf(model.P3))], "no section for P3"},
		{"a section without a clause", good + "### S10: more\n", "S10 is not a clause"},
		{"another name", strings.Replace(good, "S1: atomic", "S1: automatic", 1), "S1 has another name"},
		{"no anchor", strings.Replace(good, anchorOf(model.T1), "", 1), "above T1"},
		{"a missing part", strings.Replace(good, "**Guarantees.**", "", 1), "S1 has the parts"},
		{"parts in another order", strings.Replace(good, "**Why.**\n", "**Guarantees.**\n", 1), "S1 has the parts"},
		{"a clause that demands nothing", strings.Replace(good, "It MUST.", "It does.", 1), "S1 says neither"},
		{"a promise that looks like a duty", strings.Replace(good, s9+" (promise)", s9, 1), "S9 is owed only where promised"},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantProblems(t, checkSections(parsePage("p.md", test.text)), test.problem)
		})
	}
	wantProblems(t, checkSections(parsePage("p.md", good)))
}
