package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A line holds the columns that the tables show of a judgement.
type line [9]string

var heading = line{"row", "bound", "ratio", "min", "max", "best sound peer", "its", "flatmap", "target"}

// rightAligned tells which columns are numbers.
var rightAligned = [len(heading)]bool{1: true, 2: true, 3: true, 4: true, 6: true, 7: true}

// line returns the line of j. The ratio is "-" if the row's figure itself is bounded.
func (j judgement) line() line {
	l := line{j.name(), "-", "-", "-", "-", j.peer, quantity(j.of, j.unit()), quantity(j.own, j.unit()), string(j.verdict)}
	own := j.against == itself
	switch {
	case own && j.bound > 0:
		l[1] = "≤ " + quantity(j.bound, j.unit())
	case j.bound > 0:
		l[1] = "≤ " + strconv.FormatFloat(j.bound, 'g', -1, 64)
	}
	if !own {
		l[2] = ratio(j.value.median)
		l[3], l[4] = ratio(j.value.low), ratio(j.value.high)
	}
	return l
}

func ratio(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}

// quantity formats x with at least three digits, and its unit.
func quantity(x float64, unit string) string {
	if math.IsNaN(x) {
		return "-"
	}
	decimals := 0
	if math.Abs(x) < 100 {
		decimals = 1
	}
	if math.Abs(x) < 10 {
		decimals = 2
	}
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s + " " + strings.TrimSuffix(strings.TrimSuffix(unit, "/op"), "/entry")
}

// printTable prints one line per row, followed by the conclusions.
func printTable(w io.Writer, r *results, judged []judgement) error {
	lines := []line{heading}
	for _, j := range judged {
		lines = append(lines, j.line())
	}
	var width [len(heading)]int
	for _, l := range lines {
		for c, text := range l {
			width[c] = max(width[c], utf8.RuneCountInString(text))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", circumstances(r))
	for _, l := range lines {
		var printed strings.Builder
		for c, text := range l {
			padding := strings.Repeat(" ", width[c]-utf8.RuneCountInString(text))
			if rightAligned[c] {
				text, padding = padding+text, ""
			}
			printed.WriteString(text + padding + "  ")
		}
		b.WriteString(strings.TrimRight(printed.String(), " ") + "\n")
	}
	fmt.Fprintf(&b, "\n%s\n", strings.Join(conclusions(r, judged), "\n"))
	_, err := io.WriteString(w, b.String())
	return err
}

// printMarkdown prints the result in the form used in docs/peers.md.
func printMarkdown(w io.Writer, r *results, judged []judgement) error {
	var b strings.Builder
	origin := "<!-- from: go -C impl/peers run . -full -->"
	if !r.full {
		origin = "<!-- from: go -C impl/peers run . -->"
	}
	fmt.Fprintf(&b, "%s\n\n%s\n\n%s\n\n", origin, circumstances(r), origin)
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(heading[:], " | "), strings.Repeat("---|", len(heading)))
	for _, j := range judged {
		l := j.line()
		fmt.Fprintf(&b, "| %s |\n", strings.Join(l[:], " | "))
	}
	fmt.Fprintf(&b, "\n%s\n\n", origin)
	for _, c := range conclusions(r, judged) {
		fmt.Fprintf(&b, "- %s\n", c)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// circumstances describes the machine and the extent of the measurements.
func circumstances(r *results) string {
	return fmt.Sprintf("%s %s/%s on %s, %d processors; %d rounds of %v, seed %d.",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, processor(), runtime.NumCPU(), r.rounds, r.time, r.seed)
}

var modelName = regexp.MustCompile(`(?m)^model name\s*: (.*)$`)

// processor returns the name of the processor if /proc/cpuinfo has it.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if m := modelName.FindSubmatch(text); err == nil && m != nil {
		return string(m[1])
	}
	return "an unknown processor"
}

// conclusions returns the counts of the verdicts, and what was left out.
func conclusions(r *results, judged []judgement) (all []string) {
	counts := map[verdict]int{}
	var names []string
	for _, j := range judged {
		counts[j.verdict]++
		if j.verdict == missed {
			names = append(names, j.name())
		}
	}
	all = append(all, fmt.Sprintf("%d of %d targets met.", counts[met], counts[met]+counts[missed]))
	if len(names) > 0 {
		all = append(all, "Missed: "+strings.Join(names, ", ")+".")
	}
	if n := counts[notMeasured]; n > 0 {
		all = append(all, fmt.Sprintf("%d rows were not measured.", n))
	}
	for _, p := range r.peers {
		if p.role != rival || p.sound {
			continue
		}
		faster := 0
		for _, j := range judged {
			if median := r.series(j.name())[p.name].spread().median; median < j.of {
				faster++
			}
		}
		all = append(all, fmt.Sprintf("Not compared with %s, which %s; it was better than the best sound peer in %d rows.", p.name, p.why, faster))
	}
	return all
}

// A jsonRow is a judgement as -json prints it. What was not measured is null.
type jsonRow struct {
	Row     string              `json:"row"`
	Unit    string              `json:"unit"`
	Bound   *float64            `json:"bound"`
	Against string              `json:"against"` // a peer, "best sound peer", or "itself"
	Peer    string              `json:"peer"`    // the peer compared with
	Median  *float64            `json:"median"`  // of the ratios, or of the figure itself
	Min     *float64            `json:"min"`
	Max     *float64            `json:"max"`
	Verdict verdict             `json:"verdict"`
	Medians map[string]*float64 `json:"medians"` // by peer
}

func printJSON(w io.Writer, r *results, judged []judgement) error {
	e := json.NewEncoder(w)
	for _, j := range judged {
		row := jsonRow{
			Row: j.name(), Unit: j.unit(), Against: j.against, Peer: j.peer, Verdict: j.verdict,
			Median: number(j.value.median), Min: number(j.value.low), Max: number(j.value.high), Medians: map[string]*float64{},
		}
		if j.against == bestSound {
			row.Against = "best sound peer"
		}
		if j.bound > 0 {
			row.Bound = &j.bound
		}
		for name, s := range r.series(j.name()) {
			row.Medians[name] = number(s.spread().median)
		}
		if err := e.Encode(row); err != nil {
			return err
		}
	}
	return nil
}

func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// writeCSV writes every measurement.
func writeCSV(w io.Writer, r *results) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"row", "round", "peer", "value", "unit", "wall_ns", "operations"}); err != nil {
		return err
	}
	for _, m := range r.records {
		if err := c.Write([]string{
			m.row, strconv.Itoa(m.round + 1), m.peer, strconv.FormatFloat(m.value, 'g', 6, 64), m.unit,
			strconv.FormatFloat(m.wall, 'g', 6, 64), strconv.Itoa(m.operations),
		}); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
