package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain turns the test binary into a process that measures figures, if asked to.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == processCommand {
		os.Exit(run(context.Background(), environment{stdout: os.Stdout, stderr: os.Stderr}, nil, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// command runs a command line.
func command(ctx context.Context, all []peer, args ...string) (status int, stdout, stderr string) {
	var out, errs strings.Builder
	status = run(ctx, environment{stdout: &out, stderr: &errs}, all, args)
	return status, out.String(), errs.String()
}

func TestHelpListsTheFlags(t *testing.T) {
	status, out, errs := command(t.Context(), peers(), "-h")
	if status != exitMet || errs != "" {
		t.Errorf("status %d, %q", status, errs)
	}
	for _, flag := range []string{"-short", "-full", "-rounds", "-only", "-peers", "-seed", "-time", "-md", "-json", "-csv", "-svg"} {
		if !strings.Contains(out, "\n  "+flag) {
			t.Errorf("no %s in\n%s", flag, out)
		}
	}
}

func TestMistakesAreOneLine(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "no", "such.csv")
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"-fast"}, "-fast; -h lists the flags"},
		{[]string{"int"}, `unexpected argument "int"`},
		{[]string{"-short", "-full"}, "-short and -full exclude each other"},
		{[]string{"-md", "-json"}, "-md and -json exclude each other"},
		{[]string{"-rounds", "0"}, "-rounds 0: want at least 1"},
		{[]string{"-time", "-1s"}, "-time -1s: want a duration above 0"},
		{[]string{"-only", "("}, "-only: error parsing regexp"},
		{[]string{"-only", "float"}, `-only: no row matches "float"; rows are named like int/100/hit/1 and string/1M/emptied`},
		{[]string{"-peers", "xsink"}, `-peers: no peer "xsink"; want some of flatmap, sync.Map, xsync,`},
		{[]string{"-csv", nowhere}, "cannot write the results: open " + nowhere},
		{[]string{"-svg", nowhere}, "cannot write the results: open " + nowhere},
		{[]string{processCommand}, "process: want PEER KIND SIZE SEED"},
		{[]string{processCommand, "xsink", "int", "10", "1"}, `process: no peer "xsink" with int keys`},
		{[]string{processCommand, "xsync", "int", "ten", "1"}, `parsing "ten"`},
	} {
		status, out, errs := command(t.Context(), peers(), test.args...)
		if status != exitWrong || out != "" || !strings.Contains(errs, test.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: status %d, stdout %q, stderr %q; want status %d and one line with %q", test.args, status, out, errs, exitWrong, test.says)
		}
	}
}

// tiny makes measurements as short as possible.
var tiny = []string{"-time", "1ns", "-rounds", "3"}

// TestOneRowIsMeasured measures one row and checks every kind of output.
func TestOneRowIsMeasured(t *testing.T) {
	dir := t.TempDir()
	table, chart := filepath.Join(dir, "all.csv"), filepath.Join(dir, "chart.svg")
	status, out, errs := command(t.Context(), peers(), append(tiny, "-only", "^int/100/hit/1$", "-csv", table, "-svg", chart)...)
	if status == exitWrong || errs != "" {
		t.Fatalf("status %d: %s", status, errs)
	}
	if !strings.Contains(out, "\nint/100/hit/1  ≤ 0.9") || !strings.Contains(out, "of 1 targets met.") || !strings.Contains(out, "Not compared with haxmap, which loses") {
		t.Errorf("printed\n%s", out)
	}
	records := readCSV(t, table)
	if want := 1 + 3*len(peers()); len(records) != want {
		t.Errorf("%d lines of CSV, want %d", len(records), want)
	}
	checkXML(t, chart)
}

func TestAllMixesAreMeasured(t *testing.T) {
	for _, k := range keyKinds {
		_, out, errs := command(t.Context(), peers(), append(tiny, "-rounds", "1", "-full", "-only", "^"+string(k)+"/100/")...)
		if errs != "" || strings.Contains(out, string(notMeasured)) {
			t.Errorf("%s\n%s", errs, out)
		}
	}
}

func readCSV(t *testing.T, name string) [][]string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Error(err)
	}
	return records
}

func checkXML(t *testing.T, name string) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	elements := 0
	for d := xml.NewDecoder(file); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok {
			if elements++; elements == 1 && start.Name.Local != "svg" {
				t.Errorf("the chart begins with %s", start.Name.Local)
			}
		}
	}
	if elements < 10 {
		t.Errorf("the chart has %d elements", elements)
	}
}

func TestMarkdownIsATable(t *testing.T) {
	_, out, errs := command(t.Context(), peers(), append(tiny, "-md", "-peers", "xsync", "-only", "^int/100/hit")...)
	if errs != "" {
		t.Fatal(errs)
	}
	rows := 0
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "|") {
			if rows++; strings.Count(line, "|") != len(heading)+1 {
				t.Errorf("a line with other columns: %s", line)
			}
		}
	}
	if rows != 4 || strings.Count(out, "<!-- from: go -C impl/peers run . -->") != 3 {
		t.Errorf("printed\n%s", out)
	}
}

func TestJSONIsAnObjectARow(t *testing.T) {
	_, out, errs := command(t.Context(), peers(), append(tiny, "-json", "-peers", "xsync,xsync,rwmutex", "-only", "^int/100/hit")...)
	if errs != "" {
		t.Fatal(errs)
	}
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	var names []string
	for {
		var row jsonRow
		if err := d.Decode(&row); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		names = append(names, row.Row)
		if row.Median == nil || *row.Bound != 0.9 || row.Against != "best sound peer" || len(row.Medians) != 3 || (row.Peer != "xsync" && row.Peer != "rwmutex") {
			t.Errorf("%+v", row)
		}
	}
	if !slices.Equal(names, []string{"int/100/hit/1", "int/100/hit/2"}) {
		t.Errorf("rows %v", names)
	}
}

// TestInterruptedRunPrintsATable checks that an interrupted run prints what it has measured.
func TestInterruptedRunPrintsATable(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status, out, errs := command(ctx, peers(), append(tiny, "-only", "^int/100/hit/1$")...)
	if status != exitWrong || !strings.Contains(out, string(notMeasured)) || errs != "peers: interrupted; the table shows what was measured before\n" {
		t.Errorf("status %d, %q\n%s", status, errs, out)
	}
}

// slow returns a candidate that takes a hundred times as long as any peer.
func slow() []peer {
	fast, _ := named(peers(), "rwmutex")
	spinning := func(t table[int, int], w *workload[int, int], m mix, g, from, n int) (done, found int) {
		for range 200 {
			done, found = fast.ints.drive(t, w, m, g, from, n)
		}
		return done, found
	}
	candidates := peer{name: "slow", role: candidate, sound: true, ints: &entrant[int, int]{fast.ints.new, spinning}}
	return []peer{candidates, fast}
}

// TestSlowMapMissesItsTarget checks that a target can be missed, and that the command then
// fails.
func TestSlowMapMissesItsTarget(t *testing.T) {
	status, out, errs := command(t.Context(), slow(), append(tiny, "-only", "^int/10k/hit/1$")...)
	if status != exitMissed || errs != "" || !strings.Contains(out, "0 of 1 targets met.\nMissed: int/10k/hit/1.") {
		t.Errorf("status %d, %q\n%s", status, errs, out)
	}
}

// lossy returns p with maps that report every key as absent.
func lossy(p peer) peer {
	drive := p.ints.drive
	p.ints = &entrant[int, int]{p.ints.new, func(t table[int, int], w *workload[int, int], m mix, g, from, n int) (done, found int) {
		done, _ = drive(t, w, m, g, from, n)
		return done, 0
	}}
	return p
}

// TestLossWhileMeasuringIsSeen checks that a sound peer that does not find its keys is an
// error, and that the measurements of an unsound one do not count.
func TestLossWhileMeasuringIsSeen(t *testing.T) {
	all := peers()[:2]
	all[1] = lossy(all[1])
	args := append(tiny, "-only", "^int/100/hit/1$")
	status, _, errs := command(t.Context(), all, args...)
	if status != exitWrong || !strings.Contains(errs, "int/100/hit/1: sync.Map: hit: 1024 of 1024 keys were not found") {
		t.Errorf("sound: status %d, %q", status, errs)
	}
	all[1].sound = false
	status, out, errs := command(t.Context(), all, args...)
	if status != exitMet || errs != "" || !strings.Contains(out, "1 rows were not measured.") {
		t.Errorf("unsound: status %d, %q\n%s", status, errs, out)
	}
}

// TestFiguresComeFromProcesses measures the figures of small maps.
func TestFiguresComeFromProcesses(t *testing.T) {
	for _, p := range peers() {
		for _, k := range []keyKind{intKeys, stringKeys} {
			all, err := figuresOf(t.Context(), p, k, 20_000, 1)
			if err != nil {
				t.Error(err)
				continue
			}
			if len(all) != len(figures) || all[entryBytes] < 16 || all[worstStore] <= 0 || all[worstDelete] <= 0 {
				t.Errorf("%s, %s: %v", p.name, k, all)
			}
		}
	}
}

func TestFiguresAreRows(t *testing.T) {
	rows, err := choose(false, "^int/1M/(bytes|worst-store)$")
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		rows[i].size = 20_000
	}
	all, err := among(peers(), "sync.Map,xsync")
	if err != nil {
		t.Fatal(err)
	}
	r, err := plan{rows: rows, peers: all, rounds: 2, seed: 1}.execute(t.Context(), func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	// Sizes are measured once for all three, times for all three and then for two.
	if len(r.records) != 3+3+2 {
		t.Errorf("%d records: %+v", len(r.records), r.records)
	}
	judged := r.judge()
	if judged[0].peer == "" || judged[0].own < 16 || judged[1].peer != "xsync" || judged[1].value.median <= 0 {
		t.Errorf("%+v", judged)
	}
}
