package instrument

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/process"
)

// gocommand is the go command in a folder.
type gocommand struct {
	dir string
	env []string
}

// inSource is the go command where somebody's source is: with the settings of
// the environment, but such that it changes no go.mod.
func inSource(dir string) (gocommand, error) {
	var flags []string
	for _, f := range strings.Fields(os.Getenv("GOFLAGS")) {
		switch name, value, _ := strings.Cut(strings.TrimLeft(f, "-"), "="); {
		case name == "overlay":
			return gocommand{}, errors.New("GOFLAGS has -overlay, and what it puts in place of files is not copied: unset it")
		case name == "mod" && value == "mod":
			f = "-mod=readonly"
		}
		flags = append(flags, f)
	}
	return gocommand{dir, []string{"GOFLAGS=" + strings.Join(flags, " ")}}, nil
}

// inCopy is the go command in the temporary module, whatever the environment
// says about modules.
func (c *Copy) inCopy() gocommand {
	return gocommand{c.Root, []string{"GOWORK=off", "GO111MODULE=on", "GOFLAGS=-mod=mod -buildvcs=false"}}
}

// run runs the go command and returns its output. The error has one line: the
// first complaint, with an absolute path.
func (g gocommand) run(ctx context.Context, args ...string) ([]byte, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, errors.New("no go command in PATH: install Go, or add its bin folder to PATH")
	}
	var out, stderr bytes.Buffer
	r, err := process.Command{
		Path: path, Args: args, Dir: g.dir, Env: append([]string{"PWD=" + g.dir}, g.env...), Stdout: &out, Stderr: &stderr,
	}.Run(ctx) // kills what the go command has started, too
	switch {
	case err != nil:
		return nil, fmt.Errorf("go %s: %w", args[0], err)
	case r.OK():
		return out.Bytes(), nil
	case r.Ending == process.Cancelled:
		return nil, fmt.Errorf("go %s: %w", args[0], context.Cause(ctx))
	}
	if line := g.complaint(stderr.String()); line != "" {
		return nil, errors.New(line)
	}
	return nil, fmt.Errorf("go %s: %v", args[0], r)
}

var relativePosition = regexp.MustCompile(`^[^\s:/][^\s:]*\.go:\d`)

// complaint is the first line that says what is wrong.
func (g gocommand) complaint(stderr string) string {
	var first string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		noise := line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "go: downloading") ||
			strings.HasPrefix(line, "go: finding") || strings.HasPrefix(line, "go: warning")
		if noise {
			continue
		}
		first = strings.TrimSpace(first + " " + line)
		if !strings.HasSuffix(line, ":") { // what follows a colon belongs to it
			break
		}
	}
	if relativePosition.MatchString(first) {
		first = filepath.Join(g.dir, first)
	}
	return first
}
