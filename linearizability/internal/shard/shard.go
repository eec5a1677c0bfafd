// Package shard finds out which part of a larger job this process has to do.
package shard

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Read returns the index of the shard, counted from 0, and the number of shards. By
// default there is one shard.
//
// If flag is not empty, it is "i/n". Otherwise Read looks at the environment variables
// of Bazel's test sharding and of Kubernetes Indexed Jobs. An Indexed Job does not set
// the number of shards. It is completions if that is not 0, or TEST_TOTAL_SHARDS.
func Read(flag string, completions int) (index, count int, err error) {
	if flag != "" {
		i, n, _ := strings.Cut(flag, "/")
		if index, count, ok := parse(i, n); ok {
			return index, count, nil
		}
		return 0, 0, fmt.Errorf("-shard %q: want i/n with 0 ≤ i < n, such as 0/4", flag)
	}
	name, n := "TEST_SHARD_INDEX", os.Getenv("TEST_TOTAL_SHARDS")
	if os.Getenv(name) == "" {
		name = "JOB_COMPLETION_INDEX"
		if completions != 0 {
			n = strconv.Itoa(completions)
		}
	}
	i := os.Getenv(name)
	switch index, count, ok := parse(i, n); {
	case i == "":
		return 0, 1, nil
	case ok:
		return index, count, nil
	case n == "":
		return 0, 0, fmt.Errorf("%s is %q, but the number of shards is missing: set TEST_TOTAL_SHARDS, or use -shard i/n", name, i)
	}
	return 0, 0, fmt.Errorf("%s is %q of %q shards: want a number that is at least 0 and less than the number of shards", name, i, n)
}

func parse(i, n string) (index, count int, ok bool) {
	index, err1 := strconv.Atoi(i)
	count, err2 := strconv.Atoi(n)
	return index, count, err1 == nil && err2 == nil && 0 <= index && index < count
}
