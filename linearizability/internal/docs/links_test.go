package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A link is the text and the target of [text](target), and its line.
type link struct {
	text, target string
	line         int
}

var (
	inlineLink = regexp.MustCompile(`\[([^\]]*)\]\(([^)\s]+)\)`)
	goName     = regexp.MustCompile("^`([A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)?)`$")
	external   = regexp.MustCompile(`^[a-z]+:`)
)

func (p page) links() []link {
	var all []link
	prose := p.prose()
	for _, m := range inlineLink.FindAllStringSubmatchIndex(prose, -1) {
		all = append(all, link{prose[m[2]:m[3]], prose[m[4]:m[5]], strings.Count(prose[:m[0]], "\n")})
	}
	return all
}

// A link leads to a file of the repository. Its anchor, if it has one, is in that
// page, and if its text is a Go name, that name is declared in that file.
func TestLinksResolve(t *testing.T) {
	for _, p := range pages(t) {
		report(t, checkLinks(p, func(path string) (string, error) {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
			return string(text), err
		}))
	}
}

// checkLinks follows the relative links of p. read reads a file of the repository.
func checkLinks(p page, read func(path string) (string, error)) (problems []string) {
	for _, l := range p.links() {
		if external.MatchString(l.target) {
			continue
		}
		if err := follow(p, l, read); err != nil {
			problems = append(problems, fmt.Sprintf("%s[%s](%s): %v", p.at(l.line), l.text, l.target, err))
		}
	}
	return problems
}

func follow(p page, l link, read func(path string) (string, error)) error {
	file, anchor, hasAnchor := strings.Cut(l.target, "#")
	to := p.path
	target := p
	if file != "" {
		to = path.Join(path.Dir(p.path), file)
		text, err := read(to)
		if err != nil {
			return err
		}
		target = parsePage(to, text)
		if m := goName.FindStringSubmatch(l.text); m != nil && path.Ext(to) == ".go" {
			return declares(text, m[1])
		}
	}
	switch {
	case !hasAnchor:
		return nil
	case path.Ext(to) != ".md":
		return fmt.Errorf("%s is not a page: link to the file", to)
	case !target.anchors()[anchor]:
		return fmt.Errorf("%s has no heading #%s", to, anchor)
	}
	return nil
}

// declares returns an error unless src declares name, which is a function, a type,
// a constant, a variable, or Type.Method.
func declares(src, name string) error {
	file, err := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, d := range file.Decls {
		for _, declared := range declaredNames(d) {
			if declared == name {
				return nil
			}
		}
	}
	return fmt.Errorf("%s is not declared there", name)
}

func declaredNames(d ast.Decl) (names []string) {
	if f, ok := d.(*ast.FuncDecl); ok {
		if f.Recv == nil {
			return []string{f.Name.Name}
		}
		return []string{receiver(f.Recv.List[0].Type) + "." + f.Name.Name}
	}
	for _, spec := range d.(*ast.GenDecl).Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			names = append(names, s.Name.Name)
		case *ast.ValueSpec:
			for _, n := range s.Names {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// receiver returns the type name of a receiver.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func TestBrokenLinksAreReported(t *testing.T) {
	files := map[string]string{
		"a.go":      "package p\nconst C = 1\ntype T struct{}\nfunc F() {}\nfunc (t *T) M() {}\n",
		"docs/p.md": "# Here\n",
		"docs/q.md": "# There\n",
	}
	read := func(path string) (string, error) {
		text, ok := files[path]
		if !ok {
			return "", fmt.Errorf("no file %s", path)
		}
		return text, nil
	}
	good := "# Here\n[a](../a.go) [b](q.md#there) [c\nd](#here) [e](https://go.dev/x#y)\n" +
		"[`C`](../a.go) [`T`](../a.go) [`F`](../a.go) [`T.M`](../a.go)\n```text\n[x](nowhere.md)\n```\n"
	wantProblems(t, checkLinks(parsePage("docs/p.md", good), read))
	for _, test := range []struct{ text, problem string }{
		{"[a](b.go)", "docs/p.md:1: [a](b.go): no file docs/b.go"},
		{"\n[a](../../a.go)", "docs/p.md:2: [a](../../a.go): no file ../a.go"},
		{"[a](q.md#here)", "docs/q.md has no heading #here"},
		{"[a](#there)", "docs/p.md has no heading #there"},
		{"[a](../a.go#L5)", "a.go is not a page"},
		{"[`G`](../a.go)", "G is not declared there"},
		{"[`M`](../a.go)", "M is not declared there"},
	} {
		t.Run(test.text, func(t *testing.T) {
			wantProblems(t, checkLinks(parsePage("docs/p.md", test.text), read), test.problem)
		})
	}
}
