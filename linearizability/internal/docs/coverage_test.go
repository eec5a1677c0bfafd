package docs_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/impl/broken"
	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/model"
)

// docs/coverage.md says which tests, broken maps and certificates each clause has.
// Tests and certificates are rows of a matrix with a column for each clause.

// The marks of the matrix.
const (
	checks = "●" // a test checks the clause, or a certificate covers it
	breaks = "✗" // a certificate has a violation of it
)

// clauseLink returns a link to c's section of the specification.
func clauseLink(c model.Clause, text string) string {
	return fmt.Sprintf("[%s](specification.md#%s)", text, strings.ToLower(string(c)))
}

// matrix returns a table with a column for each clause.
func matrix(what string, rows []matrixRow) []string {
	head := []string{what}
	for _, s := range model.Sentences {
		head = append(head, clauseLink(s.Clause, string(s.Clause)))
	}
	lines := []string{tableRow(head), "|---|" + strings.Repeat(":-:|", len(model.Sentences))}
	for _, r := range rows {
		cells := []string{r.name}
		for _, s := range model.Sentences {
			cells = append(cells, r.marks[s.Clause])
		}
		lines = append(lines, tableRow(cells))
	}
	return lines
}

// A matrixRow is a test or a certificate with its marks.
type matrixRow struct {
	name  string
	marks map[model.Clause]string
}

// tableRow returns one row of a Markdown table.
func tableRow(cells []string) string { return "| " + strings.Join(cells, " | ") + " |" }

// testMatrix returns the matrix of tests, in the order of their files.
func testMatrix(all []citation) []string {
	var rows []matrixRow
	index := map[citation]int{}
	for _, c := range all {
		key := citation{file: c.file, test: c.test}
		i, seen := index[key]
		if !seen {
			i = len(rows)
			index[key] = i
			name := fmt.Sprintf("[%s](../%s): %s", path.Dir(c.file), c.file, c.test)
			rows = append(rows, matrixRow{name, map[model.Clause]string{}})
		}
		rows[i].marks[c.clause] = checks
	}
	return matrix("test", rows)
}

// brokenMaps returns the table of the maps that are broken on purpose.
func brokenMaps() []string {
	lines := []string{"| clause | map | what goes wrong | breaks also |", "|---|---|---|---|"}
	for _, m := range broken.Maps {
		var also []string
		for _, c := range m.Also {
			also = append(also, clauseLink(model.Clause(c), c))
		}
		c := model.Clause(m.Clause)
		lines = append(lines, tableRow([]string{clauseLink(c, c.Title()), m.Name, m.Comment, strings.Join(also, ", ")}))
	}
	return lines
}

// certificateMatrix returns the matrix of certificates.
func certificateMatrix(all []saved) []string {
	var rows []matrixRow
	for _, c := range all {
		rows = append(rows, matrixRow{fmt.Sprintf("[%s](certificates/%s)", strings.TrimSuffix(c.file, ".json"), c.file), marksOf(c.Certificate)})
	}
	return matrix("certificate", rows)
}

// marksOf returns the marks of the clauses that an exploration judged.
func marksOf(c *explore.Certificate) map[model.Clause]string {
	marks := map[model.Clause]string{}
	for _, s := range model.Sentences {
		if covers(c, s.Clause) {
			marks[s.Clause] = checks
		}
	}
	for _, v := range c.Violations {
		marks[v.Clause] = breaks
	}
	return marks
}

// covers reports whether an exploration judged clause, in some of its programs at
// least. docs/coverage.md says in words what it looks at.
func covers(c *explore.Certificate, clause model.Clause) bool {
	calls := func(methods ...string) bool {
		return slices.ContainsFunc(c.Alphabet, func(letter string) bool {
			return slices.ContainsFunc(methods, func(m string) bool { return letter == m || strings.HasPrefix(letter, m+"(") })
		})
	}
	switch clause {
	case model.S1, model.S3, model.P2, model.P3:
		return true
	case model.S2:
		return c.Keys > 1
	case model.S4:
		return calls("LoadOrStore", "LoadAndDelete", "Swap")
	case model.S5:
		return calls("CompareAndSwap", "CompareAndDelete")
	case model.T1:
		return calls("Range", "All", "Keys", "Values")
	case model.T5:
		return calls("Clear")
	case model.T6:
		return calls("Len")
	case model.R1:
		return c.Released > 0
	case model.R2:
		return c.Pins > 0
	case model.R3: // of the smallest program that breaks R1
		return slices.ContainsFunc(c.Violations, func(v explore.Violation) bool { return v.Clause == model.R1 })
	case model.M2:
		return c.Races != "not checked"
	case model.P1:
		m, ok := impl.Find(c.Map)
		return c.Stalled > 0 && ok && m.Subject.Bind().Promise().LoadFree
	}
	return false
}

// clauseCoverage returns the summary of the matrix, a row for each clause.
func clauseCoverage(t *testing.T) []string {
	citations, certificates := allCitations(t), readCertificates(t)
	lines := []string{"| clause | tests | broken maps | certificates |", "|---|--:|--:|--:|"}
	for _, s := range model.Sentences {
		tests, maps, explored := 0, 0, 0
		for _, c := range citations {
			if c.clause == s.Clause {
				tests++
			}
		}
		for _, m := range broken.Maps {
			if m.Clause == string(s.Clause) || slices.Contains(m.Also, string(s.Clause)) {
				maps++
			}
		}
		for _, c := range certificates {
			if covers(c.Certificate, s.Clause) {
				explored++
			}
		}
		lines = append(lines, tableRow([]string{clauseLink(s.Clause, s.Clause.Title()), fmt.Sprint(tests), fmt.Sprint(maps), fmt.Sprint(explored)}))
	}
	return lines
}

func TestMatrixHasARowPerTest(t *testing.T) {
	all := []citation{{"S1", "a/a_test.go", "TestA"}, {"S2", "a/a_test.go", "TestA"}, {"S1", "b/b_test.go", "TestA"}}
	got := testMatrix(all)
	if len(got) != 4 || !strings.HasPrefix(got[0], "| test | [S1](specification.md#s1) | [S2]") ||
		!strings.HasPrefix(got[2], "| [a](../a/a_test.go): TestA | ● | ● |  |") || !strings.HasPrefix(got[3], "| [b](../b/b_test.go): TestA | ● |  |") {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

func TestCertificatesCoverWhatTheyJudged(t *testing.T) {
	list := func(c explore.Certificate) string {
		var text []string
		for _, s := range model.Sentences {
			if m := marksOf(&c)[s.Clause]; m != "" {
				text = append(text, string(s.Clause)+m)
			}
		}
		return strings.Join(text, " ")
	}
	violation := func(c model.Clause) []explore.Violation { return []explore.Violation{{Clause: c}} }
	for want, c := range map[string]explore.Certificate{
		"S1● S3● P2● P3●":                 {Keys: 1, Races: "not checked", Alphabet: []string{"Load(k0)"}},
		"S1● S2● S3● S4● M2● P2● P3●":     {Keys: 2, Races: "none seen", Alphabet: []string{"Swap(k0)"}},
		"S1✗ S2● S3● S5● T1● P2● P3●":     {Keys: 2, Races: "not checked", Alphabet: []string{"Range", "CompareAndSwap(k0)"}, Violations: violation("S1")},
		"S1● S3● T5● T6● P2● P3●":         {Keys: 1, Races: "not checked", Alphabet: []string{"Clear", "Len"}},
		"S1● S3● R1✗ R2● R3● P2● P3●":     {Keys: 1, Races: "not checked", Released: 1, Pins: 1, Violations: violation("R1")},
		"S1● S3● R1● P1● P2● P3●":         {Keys: 1, Races: "not checked", Released: 1, Stalled: 1, Map: "flatmap"},
		"S1● S3● R1● P2✗ P3●":             {Keys: 1, Races: "not checked", Released: 1, Stalled: 1, Map: "locked", Violations: violation("P2")},
		"S1● S2● S3● S4● S5● R1● P2● P3✗": {Keys: 2, Races: "not checked", Released: 1, Alphabet: []string{"LoadOrStore(k1)", "CompareAndDelete(k1)"}, Violations: violation("P3")},
	} {
		if got := list(c); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
