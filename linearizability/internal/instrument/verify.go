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

// Verify checks that the copy is what it should be. It reads the originals and the copies
// again and compares them token by token. They may differ only by edits, which it
// recognizes by patterns that are independent of the code that made them. The number of
// edits of each kind must be as recorded. Verify also fails if an original has changed or
// if there is an additional file. It cannot tell whether every range over a built-in map
// was found, as tokens have no types.
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
			return fmt.Errorf("%s is not a copy of any file: remove it", path)
		}
		return nil
	})
}

// verifyFile compares a file with its original.
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
		return fmt.Errorf("%s has changed since it was generated: copy the source again", f.Copy)
	}
	original, err := os.ReadFile(f.Original)
	if err != nil {
		return err
	}
	if filepath.Ext(f.Copy) != ".go" {
		if string(text) != string(original) {
			return fmt.Errorf("%s differs from %s: copy the source again", f.Copy, f.Original)
		}
		return nil
	}
	v := &comparison{hasCopy: c.hasCopy, hashNames: c.hashNames(), base: filepath.Base(f.Original), counts: make(map[Kind]int)}
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
		return fmt.Errorf("%s: the copy has the edits %v, but %v are recorded: copy the source again", f.Original, v.counts, recorded)
	}
	return nil
}

// hasCopy reports whether there is a copy of the package.
func (c *Copy) hasCopy(path string) bool {
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

// scan returns the tokens of a file, including comments and the final EOF.
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

// comparison compares the tokens of a file with those of its copy.
type comparison struct {
	original, copy []lexeme
	hasCopy        func(path string) bool // whether a package is copied
	hashNames      map[string]bool        // the last parts of the names in Copy.Hash
	base           string                 // the name of the original, without its folder
	i, j           int                    // the current tokens of original and copy
	depth          int                    // the number of open brackets
	wrapped        []int                  // the depths of the calls around ranges that are open
	counts         map[Kind]int
}

// run returns an error that begins with a line number.
func (v *comparison) run() error {
	for {
		o, c := v.original[v.i], v.copy[v.j]
		if kind := v.matchEdit(); kind != "" {
			v.counts[kind]++
			continue
		}
		if o != c {
			return fmt.Errorf("%d: the copy has %q on line %d where the original has %q: copy the source again",
				o.line, c, c.line, o)
		}
		if o.tok == token.STRING && v.importing() && v.mustChange(o.lit) {
			return fmt.Errorf("%d: the import of %s is not redirected to its copy or stand-in: copy the source again", o.line, o.lit)
		}
		switch o.tok {
		case token.EOF:
			if len(v.wrapped) > 0 {
				return fmt.Errorf("%d: the call around a range over a map does not end: copy the source again", o.line)
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

// importing reports whether the current token is in an import declaration. Such a
// declaration has no keyword except import, and no brackets except one pair of
// parentheses.
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

// previous returns the token of the original before the current one, ignoring comments.
func (v *comparison) previous() lexeme {
	for _, l := range slices.Backward(v.original[:v.i]) {
		if l.tok != token.COMMENT {
			return l
		}
	}
	return lexeme{}
}

// copyHas reports whether the copy continues with the given tokens. Each is the text of a
// token, anyName or anyString.
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

// Classes of tokens for copyHas.
const (
	anyName   = "a name"
	anyString = "a string"
)

// namesLine reports whether the position in a refusal is in this file, and not before the
// refusal.
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
