package docs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mapspec/mapspec/impl"
	"github.com/mapspec/mapspec/linearizability/explore"
	"github.com/mapspec/mapspec/linearizability/internal/program"
	"github.com/mapspec/mapspec/linearizability/internal/testpart"
)

const (
	scalePath  = "docs/scale.md"
	samplePath = "docs/testdata/locked-3x2-sample.json"
)

// costRows returns the table of costs. It extrapolates from a sample to all
// programs, which it counts.
func costRows(t *testing.T) []string {
	t.Helper()
	c := readCertificate(t, filepath.Join(root, samplePath))
	m, ok := impl.Find(c.Map)
	size, err := program.ParseSize(fmt.Sprintf("%sx%d", c.Size, c.Keys))
	if !ok || err != nil || len(c.Settings) != 1 || c.Settings[0].Initial != "empty" || !c.Complete() {
		t.Fatalf("%s is no sample of programs on the empty map: %v", samplePath, err)
	}
	in := m.Subject.Bind()
	set := program.Set{Size: size, Methods: in.Methods(), Traits: in.Traits(), Plain: true}
	all := set.Count()
	if all != c.Settings[0].Of {
		t.Errorf("there are %d programs, %s says %d: make it again", all, samplePath, c.Settings[0].Of)
	}
	hours := c.Seconds / float64(c.Programs) * float64(all) / 3600
	return []string{
		"| | sample | all |", "|---|--:|--:|",
		fmt.Sprintf("| programs | %s | %s |", count(c.Programs), count(all)),
		fmt.Sprintf("| classes of executions | %s | about %s million |", count(c.Classes), count(c.Classes/c.Programs*all/1e6)),
		fmt.Sprintf("| time on one core | %.1f seconds | %.0f hours |", c.Seconds, hours),
		fmt.Sprintf("| time per shard, with 112 shards | | %.1f hours |", hours/112),
	}
}

// The Kubernetes manifest has as many completions as shards, and the commands in
// both examples exist.
func TestManifestsAskForWhatExists(t *testing.T) {
	text := readFile(t, scalePath)
	numbers := regexp.MustCompile(`completions: (\d+)\n  parallelism: (\d+)\n[^` + "`" + `]*-shards (\d+) `).FindStringSubmatch(text)
	if numbers == nil || numbers[1] != numbers[3] || numbers[2] != numbers[3] {
		t.Errorf("completions, parallelism and -shards are %q", numbers)
	}
	if strings.Contains(text, "\t") {
		t.Error("there is a tab, which YAML does not allow")
	}
	w := present(t)
	commands := regexp.MustCompile(`(?m)^ *(go run \./linearizability\S+ .*?)( \\)?$`).FindAllStringSubmatch(text, -1)
	if len(commands) < 4 {
		t.Errorf("%d commands found", len(commands))
	}
	for _, m := range commands {
		if err := checkCommand(m[1], w); err != nil {
			t.Errorf("%s: %v", m[1], err)
		}
	}
}

// Shards that take their number from the environment merge to the whole.
func TestShardsMergeToTheWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("explores a map five times, some seconds each: run without -short")
	}
	binary := buildMapspec(t)
	whole := shard(t, binary, nil)
	for engine, of := range map[string]func(i int) (env, args []string){
		"Bazel": func(i int) ([]string, []string) {
			return []string{fmt.Sprint("TEST_SHARD_INDEX=", i), "TEST_TOTAL_SHARDS=2"}, nil
		},
		"Kubernetes": func(i int) ([]string, []string) {
			return []string{fmt.Sprint("JOB_COMPLETION_INDEX=", i)}, []string{"-shards", "2"}
		},
	} {
		t.Run(engine, func(t *testing.T) {
			if engine != "Bazel" {
				testpart.Rest(t)
			}
			merge := []string{"merge", "-json"}
			for i := range 2 {
				env, args := of(i)
				file := filepath.Join(t.TempDir(), "certificate.json")
				if err := os.WriteFile(file, shard(t, binary, env, args...), 0o666); err != nil {
					t.Fatal(err)
				}
				merge = append(merge, file)
			}
			if out, err := exec.Command(binary, slices.Delete(slices.Clone(merge), 2, 3)...).CombinedOutput(); err == nil || !strings.Contains(string(out), "shard 0 of 2 is missing") {
				t.Errorf("without a shard: %v, %s", err, out)
			}
			merged, err := exec.Command(binary, merge...).Output()
			if err != nil {
				t.Fatal(err)
			}
			if got, want := timeless(t, merged), timeless(t, whole); got != want {
				t.Errorf("merged\n%s\nwhole\n%s", got, want)
			}
		})
	}
}

// shard explores a map in a process with these environment variables.
func shard(t *testing.T, binary string, env []string, args ...string) []byte {
	t.Helper()
	command := exec.Command(binary, append([]string{"explore", "-map", "locked", "-size", "2x1", "-json", "-o", t.TempDir()}, args...)...)
	command.Dir = root
	command.Env = append(os.Environ(), env...)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v %v: %v", env, args, err)
	}
	return out
}

// timeless returns a certificate without its times and shards.
func timeless(t *testing.T, line []byte) string {
	t.Helper()
	var c explore.Certificate
	if err := strictly(line, &c); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	c.Build, c.Seconds, c.Running, c.Judging, c.Shards, c.Of = 0, 0, 0, 0, nil, 0
	slices.Sort(c.Notes)
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
