package shard

import (
	"strings"
	"testing"
)

func TestTheShardIsReadFromTheFlagOrTheEnvironment(t *testing.T) {
	const bazel, total, job = "TEST_SHARD_INDEX", "TEST_TOTAL_SHARDS", "JOB_COMPLETION_INDEX"
	for _, c := range []struct {
		name        string
		flag        string
		completions int
		env         map[string]string
		index, of   int
		err         string
	}{
		{name: "nothing", index: 0, of: 1},
		{name: "a number of shards alone", completions: 3, env: map[string]string{total: "3"}, index: 0, of: 1},
		{name: "the flag", flag: "2/3", index: 2, of: 3},
		{name: "the flag before the environment", flag: "2/3", env: map[string]string{bazel: "1", total: "2"}, index: 2, of: 3},
		{name: "Bazel", env: map[string]string{bazel: "1", total: "3"}, index: 1, of: 3},
		{name: "Bazel in a job", completions: 5, env: map[string]string{bazel: "1", total: "3", job: "4"}, index: 1, of: 3},
		{name: "Kubernetes", completions: 3, env: map[string]string{job: "1"}, index: 1, of: 3},
		{name: "Kubernetes with a variable", env: map[string]string{job: "1", total: "3"}, index: 1, of: 3},
		{name: "no slash", flag: "3", err: `-shard "3": want i/n with 0 ≤ i < n, such as 0/4`},
		{name: "no index", flag: "/4", err: "want i/n"},
		{name: "too large", flag: "4/4", err: "want i/n"},
		{name: "negative", flag: "-1/4", err: "want i/n"},
		{name: "something after it", flag: "1/2x", err: "want i/n"},
		{name: "an index without a number of shards", env: map[string]string{job: "1"}, err: `JOB_COMPLETION_INDEX is "1", but the number of shards is missing: set TEST_TOTAL_SHARDS`},
		{name: "an index that is too large", env: map[string]string{bazel: "3", total: "3"}, err: `TEST_SHARD_INDEX is "3" of "3" shards: want`},
		{name: "an index that is not a number", completions: 3, env: map[string]string{job: "one"}, err: `JOB_COMPLETION_INDEX is "one" of "3" shards: want`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{bazel, total, job} {
				t.Setenv(name, c.env[name])
			}
			index, of, err := Read(c.flag, c.completions)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "\n") {
					t.Errorf("error %v, want %s", err, c.err)
				}
				return
			}
			if err != nil || index != c.index || of != c.of {
				t.Errorf("shard %d of %d, %v; want %d of %d", index, of, err, c.index, c.of)
			}
		})
	}
}
