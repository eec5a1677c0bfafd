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

// goCommand is the go command in a folder, with changes of its environment.
type goCommand struct {
	dir string
	env []string
}

// inSource returns the go command in a folder with the map's source. It respects the
// environment's settings but never changes a go.mod file.
func inSource(dir string) (goCommand, error) {
	var flags []string
	for _, f := range strings.Fields(os.Getenv("GOFLAGS")) {
		switch name, value, _ := strings.Cut(strings.TrimLeft(f, "-"), "="); {
		case name == "overlay":
			return goCommand{}, errors.New("GOFLAGS has -overlay, but overlaid files are not copied: remove it")
		case name == "mod" && value == "mod":
			f = "-mod=readonly"
		}
		flags = append(flags, f)
	}
	return goCommand{dir, []string{"GOFLAGS=" + strings.Join(flags, " ")}}, nil
}

// inCopy returns the go command in the temporary module. It ignores the environment's
// settings for modules.
func (c *Copy) inCopy() goCommand {
	return goCommand{c.Root, []string{"GOWORK=off", "GO111MODULE=on", "GOFLAGS=-mod=mod -buildvcs=false"}}
}

// run runs the go command and returns its output. The error is the first error that the
// command prints, on one line and with an absolute path.
func (g goCommand) run(ctx context.Context, args ...string) ([]byte, error) {
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
	if line := g.firstError(stderr.String()); line != "" {
		return nil, errors.New(line)
	}
	return nil, fmt.Errorf("go %s: %v", args[0], r)
}

var relativePosition = regexp.MustCompile(`^[^\s:/][^\s:]*\.go:\d`)

// firstError returns the first error in the output of the go command.
func (g goCommand) firstError(stderr string) string {
	var first string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		noise := line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "go: downloading") ||
			strings.HasPrefix(line, "go: finding") || strings.HasPrefix(line, "go: warning")
		if noise {
			continue
		}
		first = strings.TrimSpace(first + " " + line)
		if !strings.HasSuffix(line, ":") { // otherwise the next line continues it
			break
		}
	}
	if relativePosition.MatchString(first) {
		first = filepath.Join(g.dir, first)
	}
	return first
}
