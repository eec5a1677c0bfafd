package instrument

import (
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Verify reads the originals and the copies again and compares them token by
// token. They must differ by the listed substitutions only, which it recognises
// by patterns of its own, and by as many of each kind as are recorded. It also
// fails if an original has changed since, or if there is another file among the
// copies. That every range over a map was found it cannot tell: tokens have no
// types.
func (c *Copy) Verify() error {
	if err := c.verify(); err != nil {
		return fmt.Errorf("instrument: %w", err)
	}
	return nil
}

func (c *Copy) verify() error {
	digest, err := c.digest()
	if err != nil {
		return err
	}
	if digest != c.Digest {
		return fmt.Errorf("the source has changed since it was copied to %s: copy it again", c.Root)
	}
	known := make(map[string]bool)
	for _, f := range c.Files {
		known[f.Copy] = true
		if err := c.verifyFile(f); err != nil {
			return err
		}
	}
	return filepath.WalkDir(c.Root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == programsFolder {
			return fs.SkipDir
		}
		if !d.IsDir() && filepath.Dir(path) != c.Root && !known[path] {
			return fmt.Errorf("%s is no copy of anything: remove it", path)
		}
		return nil
	})
}

func (c *Copy) verifyFile(f File) error {
	text, err := os.ReadFile(f.Copy)
	if err != nil {
		return err
	}
	if f.Original == "" {
		for _, p := range preludes {
			if string(text) == p {
				return nil
			}
		}
		return fmt.Errorf("%s is not as it was generated", f.Copy)
	}
	original, err := os.ReadFile(f.Original)
	if err != nil {
		return err
	}
	if filepath.Ext(f.Copy) != ".go" {
		if string(text) != string(original) {
			return fmt.Errorf("%s differs from %s", f.Copy, f.Original)
		}
		return nil
	}
	v := &comparison{folder: c.hasFolder, hash: c.hashNames(), base: filepath.Base(f.Original), counts: make(map[Kind]int)}
	if v.original, err = scan(original); err != nil {
		return fmt.Errorf("%s: %w", f.Original, err)
	}
	if v.copy, err = scan(text); err != nil {
		return fmt.Errorf("%s: %w", f.Copy, err)
	}
	if err := v.run(); err != nil {
		return fmt.Errorf("%s:%w", f.Original, err)
	}
	recorded := make(map[Kind]int)
	for _, e := range f.Edits {
		recorded[e.Kind]++
	}
	if !maps.Equal(recorded, v.counts) {
		return fmt.Errorf("%s: the copy has the substitutions %v, but %v are recorded", f.Original, v.counts, recorded)
	}
	return nil
}

// hasFolder reports whether there is a copy of the package.
func (c *Copy) hasFolder(path string) bool {
	dir := filepath.Join(c.Root, filepath.FromSlash(path))
	return slices.ContainsFunc(c.Files, func(f File) bool { return filepath.Dir(f.Copy) == dir })
}

// lexeme is a token of a file.
type lexeme struct {
	tok  token.Token
	lit  string
	line int
}

func (l lexeme) String() string {
	if l.lit != "" {
		return l.lit
	}
	return l.tok.String()
}

// scan splits a file into tokens, comments included, and EOF.
func scan(text []byte) ([]lexeme, error) {
	var s scanner.Scanner
	var first error
	file := token.NewFileSet().AddFile("", -1, len(text))
	s.Init(file, text, func(at token.Position, msg string) {
		if first == nil {
			first = fmt.Errorf("line %d: %s", at.Line, msg)
		}
	}, scanner.ScanComments)
	var all []lexeme
	for {
		pos, tok, lit := s.Scan()
		all = append(all, lexeme{tok, lit, file.PositionFor(pos, false).Line})
		if tok == token.EOF {
			return all, first
		}
	}
}

// comparison walks through the tokens of a file and its copy.
type comparison struct {
	original, copy []lexeme
	folder         func(path string) bool
	hash           map[string]bool // the last parts of names of functions that hash by policy
	base           string          // the original's name
	i, j           int             // what is looked at in original and copy
	depth          int             // of brackets
	wraps          []int           // the depths at which wrapped maps are to end
	counts         map[Kind]int
}

// run returns an error that begins with a line.
func (v *comparison) run() error {
	for {
		o, c := v.original[v.i], v.copy[v.j]
		if kind := v.substitution(); kind != "" {
			v.counts[kind]++
			continue
		}
		if o != c {
			return fmt.Errorf("%d: the copy has %q on line %d where the original has %q, and that is no substitution that is made",
				o.line, c, c.line, o)
		}
		if o.tok == token.STRING && v.importing() && v.mustChange(o.lit) {
			return fmt.Errorf("%d: the import of %s does not go to a copy or a stand-in", o.line, o.lit)
		}
		switch o.tok {
		case token.EOF:
			if len(v.wraps) > 0 {
				return fmt.Errorf("%d: a range over a map does not end", o.line)
			}
			return nil
		case token.LPAREN, token.LBRACK, token.LBRACE:
			v.depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			v.depth--
		}
		v.i++
		v.j++
	}
}

// importing reports whether the token is in an import declaration: these have
// no keyword but import, and no brackets but one pair of parentheses.
func (v *comparison) importing() bool {
	for _, l := range slices.Backward(v.original[:v.i]) {
		switch {
		case l.tok == token.IMPORT:
			return true
		case l.tok == token.SEMICOLON && v.depth > 0, l.tok == token.COMMENT, l.tok == token.IDENT,
			l.tok == token.STRING, l.tok == token.PERIOD, l.tok == token.LPAREN:
		default:
			return false
		}
	}
	return false
}

// before is the last token of the original that is no comment.
func (v *comparison) before() lexeme {
	for _, l := range slices.Backward(v.original[:v.i]) {
		if l.tok != token.COMMENT {
			return l
		}
	}
	return lexeme{}
}

// copyHas reports whether the copy goes on with these tokens: each is a text,
// or one of the classes name and string.
func (v *comparison) copyHas(want ...string) bool {
	if v.j+len(want) > len(v.copy) {
		return false
	}
	for n, w := range want {
		got := v.copy[v.j+n]
		switch w {
		case anyName:
			if got.tok != token.IDENT {
				return false
			}
		case anyString:
			if got.tok != token.STRING {
				return false
			}
		default:
			if got.String() != w {
				return false
			}
		}
	}
	return true
}

const (
	anyName   = "a name"
	anyString = "a string"
)

// namesLine reports whether a refusal names a line of the file that is not before
// the refusal.
func (v *comparison) namesLine(quoted string) bool {
	var line int
	rest, ok := strings.CutPrefix(strings.Trim(quoted, `"`), v.base+":")
	if !ok {
		return false
	}
	if _, err := fmt.Sscanf(rest, "%d", &line); err != nil {
		return false
	}
	return line >= v.copy[v.j].line && line <= v.original[len(v.original)-1].line
}
