package instrument

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// checkerModule is the path of the module with the scheduler and the stand-ins.
const checkerModule = "github.com/mapspec/mapspec"

// findChecker returns the folder with the source of mapspec. It prefers the version that
// the module in dir requires to the version at the process's working directory.
func findChecker(ctx context.Context, dir string) (string, error) {
	tooOld := ""
	for _, from := range []string{dir, "."} {
		g, err := inSource(from)
		if err != nil {
			return "", err
		}
		// A vendor folder lacks packages that are not imported. Use the module cache.
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
		tooOld = found
	}
	if tooOld != "" {
		return "", fmt.Errorf("%s in %s has no linearizability/internal/shim: require a newer version", checkerModule, tooOld)
	}
	return "", fmt.Errorf("the source of %s was not found: run inside a clone of it, or in a module that requires it", checkerModule)
}
