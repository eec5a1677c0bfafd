package explore

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"github.com/mapspec/mapspec/linearizability/internal/instrument"
)

// build is a program around an instrumented copy of a map.
type build struct {
	root   string
	binary string
	copy   *instrument.Copy
}

// prepare copies m's package into root and builds a program around it.
func prepare(ctx context.Context, m Map, o Options, root string) (*build, error) {
	dir := m.Dir
	if dir == "" {
		dir = "."
	}
	b := &build{root: root, binary: filepath.Join(root, "worker")}
	var err error
	b.copy, err = instrument.New(ctx, instrument.Source{Dir: dir, Import: m.Import, Hash: m.Hash}, filepath.Join(root, "module"))
	if err != nil {
		return nil, err
	}
	if err := b.copy.Verify(); err != nil {
		return nil, fmt.Errorf("explore: the copy is not what was asked for: %w", err)
	}
	if err := os.MkdirAll(b.counts(), 0o777); err != nil {
		return nil, fmt.Errorf("explore: %w", err)
	}
	how := instrument.BuildOptions{Race: o.Race, Cover: o.Cover}
	text, err := mainOf(m, b.copy)
	if err != nil {
		return nil, err
	}
	if err := b.copy.Build(ctx, "worker", text, b.binary, how); err != nil {
		return nil, wrongNew(m, err)
	}
	return b, nil
}

// portable returns places in original files, "/home/me/fast/map.go:7", by import
// path, "example.com/fast/map.go:7": the same wherever the source is. It is not
// nil.
func (b *build) portable(places []string) []string {
	all := make([]string, len(places))
	for i, p := range places {
		all[i] = p
		for _, f := range b.copy.Files {
			if rest, ok := strings.CutPrefix(p, f.Original+":"); ok && f.Original != "" {
				if rel, err := filepath.Rel(b.copy.Root, f.Copy); err == nil {
					all[i] = filepath.ToSlash(rel) + ":" + rest
				}
			}
		}
	}
	return all
}

//go:embed main.tmpl
var mainText string

// mainTemplate is the source of the program. The copy's package keeps its name,
// and the other packages have names that no copy has.
var mainTemplate = template.Must(template.New("main").Parse(mainText))

// mainOf returns the source of the program.
func mainOf(m Map, c *instrument.Copy) ([]byte, error) {
	expression, err := parser.ParseExpr(m.New)
	if err != nil {
		return nil, fmt.Errorf("explore: %s is no Go expression (%v): give one that makes a map, such as new(%s.Map[string, int])",
			m.New, syntaxComplaint(err), c.Package)
	}
	if !speaksOf(expression, c.Package) {
		return nil, fmt.Errorf("explore: %s does not speak of package %s: give an expression with names of %[2]s, such as new(%[2]s.Map[string, int])",
			m.New, c.Package)
	}
	var text bytes.Buffer
	err = mainTemplate.Execute(&text, map[string]string{
		"Package": c.Package, "Import": c.Import, "Name": m.Name, "New": m.New,
		"Promise": strings.ReplaceAll(fmt.Sprintf("%#v", m.Promise), "model.", "mapspecModel."),
	})
	return text.Bytes(), err
}

// speaksOf reports whether an expression has a name of the package.
func speaksOf(e ast.Expr, name string) (does bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			id, ok := s.X.(*ast.Ident)
			does = does || ok && id.Name == name
		}
		return !does
	})
	return does
}

// syntaxComplaint is a syntax error without its place, which is in a line that the
// user has not seen.
func syntaxComplaint(err error) string {
	var list scanner.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		return list[0].Msg
	}
	return err.Error()
}

var inMain = regexp.MustCompile(`main\.go:\d+(:\d+)?: (.*)$`)

// wrongNew says what the compiler has against m.New.
func wrongNew(m Map, err error) error {
	said := inMain.FindStringSubmatch(err.Error())
	if said == nil {
		return fmt.Errorf("explore: the copy of %s does not build: %w", m.Import, err)
	}
	what := strings.ReplaceAll(said[2], "mapspecWorker.", "worker.")
	if strings.Contains(what, "worker.Of") || strings.Contains(what, "Load") {
		return fmt.Errorf("explore: %s makes no map: want a pointer to a type with the method Load(K) (V, bool), as sync.Map has (%s)", m.New, what)
	}
	return fmt.Errorf("explore: %s does not make a map: %s", m.New, what)
}
