package instrument

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// checkerModule is the module that has the scheduler and the stand-ins.
const checkerModule = "github.com/mapspec/mapspec"

// findChecker finds the source of mapspec: the one that the module in dir
// requires, or else the one that is required where this process runs.
func findChecker(ctx context.Context, dir string) (string, error) {
	without := ""
	for _, from := range []string{dir, "."} {
		g, err := inSource(from)
		if err != nil {
			return "", err
		}
		// A vendor folder has what is imported only: ask the module cache.
		g.env = append(g.env, "GOFLAGS=-mod=readonly")
		out, err := g.run(ctx, "list", "-m", "-f", "{{.Dir}}", checkerModule)
		if ctx.Err() != nil {
			return "", err
		}
		found := strings.TrimSpace(string(out))
		if err != nil || found == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(found, "linearizability", "internal", "shim")); err == nil {
			return found, nil
		}
		without = found
	}
	if without != "" {
		return "", fmt.Errorf("%s in %s has no linearizability/internal/shim: require a newer version", checkerModule, without)
	}
	return "", fmt.Errorf("the source of %s is not to be found: run inside a clone of it, or in a module that requires it", checkerModule)
}
