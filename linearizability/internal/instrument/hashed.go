package instrument

import (
	"fmt"
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/near"
)

// hash is a function of Source.Hash, and where it was found.
type hashes struct {
	wanted map[string]bool // whether it was found, by name
	could  []string        // names of all functions that could have been wanted
}

func newHashes(names []string) *hashes {
	h := &hashes{wanted: make(map[string]bool)}
	for _, n := range names {
		h.wanted[plainName(n)] = false
	}
	return h
}

// names are the wanted ones, in order.
func (h *hashes) names() []string {
	var all []string
	for n := range h.wanted {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

var typeArguments = regexp.MustCompile(`\[.*\]`)

// plainName makes PKG.TYPE.METHOD of what a stack trace calls
// PKG.(*TYPE[...]).METHOD.
func plainName(name string) string {
	return strings.NewReplacer("(", "", "*", "", ")", "").Replace(typeArguments.ReplaceAllString(name, ""))
}

// missing says which name was found nowhere.
func (h *hashes) missing() error {
	for _, name := range h.names() {
		if h.wanted[name] {
			continue
		}
		meant := near.Name(name, h.could)
		if meant == "" {
			meant = ", and of what is copied nothing could be meant"
			if len(h.could) > 0 {
				meant = ": those that could be meant are " + strings.Join(h.could, ", ")
			}
		}
		return fmt.Errorf("no function %s to hash by%s", name, meant)
	}
	return nil
}

// hash makes the functions that are named hash as the policy says: their first
// statement returns, and what comes after it stays, unreached, so that lines
// and imports do.
func (r *rewriting) hash() {
	for _, d := range r.source.syntax.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := plainName(fullName(r.info.Defs[f.Name]))
		_, wanted := r.hashes.wanted[name]
		call, why := r.hashCall(f)
		if why == "" {
			r.hashes.could = append(r.hashes.could, name)
		}
		switch {
		case !wanted:
			continue
		case why != "":
			r.errorf(f.Pos(), "%s cannot be made to hash by a policy: %s", name, why)
		default:
			after := f.Body.Lbrace + 1
			r.edit(after, after, " return "+call+";", Hashed)
			r.support = append(r.support, hashingImport)
		}
		r.hashes.wanted[name] = true
	}
}

// hashCall is what a function is to return, or why it is not known.
//
// The policies choose among 64 bits; a shorter result has the lowest of them, in
// which the hashes of prefix differ in the lowest four only, too.
func (r *rewriting) hashCall(f *ast.FuncDecl) (call, why string) {
	if f.Body == nil {
		return "", "it has no body here"
	}
	s := r.info.Defs[f.Name].(*types.Func).Signature()
	if s.Results().Len() != 1 || !isHash(s.Results().At(0).Type()) {
		return "", "it has to return one uint, uint32, uint64 or uintptr"
	}
	result, ok := f.Type.Results.List[0].Type.(*ast.Ident)
	if !ok {
		return "", "give the type of its result a name in its package"
	}
	key, seed, why := keyAndSeed(s)
	if why != "" {
		return "", why
	}
	if seed != "0" {
		seed = "uint64(" + seed + ")"
	}
	return fmt.Sprintf("%s(%s.Any(%s, %s))", result.Name, hashingImport.name, key, seed), ""
}

// keyAndSeed names the arguments of a hash function. If only the first of two
// is an integer, that is the seed.
func keyAndSeed(s *types.Signature) (key, seed, why string) {
	p := s.Params()
	if s.Variadic() || p.Len() < 1 || p.Len() > 2 {
		return "", "", "it has to take a key, or a key and a seed"
	}
	for v := range p.Variables() {
		if v.Name() == "" || v.Name() == "_" {
			return "", "", "its arguments have to have names"
		}
	}
	if p.Len() == 1 {
		if !isKey(p.At(0).Type()) {
			return "", "", noKey(p.At(0))
		}
		return p.At(0).Name(), "0", ""
	}
	k, v := p.At(0), p.At(1)
	if isInteger(k.Type()) && !isInteger(v.Type()) {
		k, v = v, k
	}
	switch {
	case !isKey(k.Type()):
		return "", "", noKey(k)
	case !isInteger(v.Type()):
		return "", "", fmt.Sprintf("its seed %s has to be an integer, not %s", v.Name(), v.Type())
	}
	return k.Name(), v.Name(), ""
}

func noKey(v *types.Var) string {
	return fmt.Sprintf("its key %s has to be an integer, a string or of a type parameter, not %s", v.Name(), v.Type())
}

// isKey reports whether the content of a value is what a map would hash: that
// of a pointer to a key is an address.
func isKey(t types.Type) bool {
	if p, ok := types.Unalias(t).(*types.TypeParam); ok {
		return types.Comparable(p)
	}
	if i, ok := t.Underlying().(*types.Interface); ok {
		return i.NumMethods() == 0
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&(types.IsInteger|types.IsString) != 0
}

func isInteger(t types.Type) bool {
	if _, generic := types.Unalias(t).(*types.TypeParam); generic {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsInteger != 0
}

func isHash(t types.Type) bool {
	if _, generic := types.Unalias(t).(*types.TypeParam); generic {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && slices.Contains([]types.BasicKind{types.Uint, types.Uint32, types.Uint64, types.Uintptr}, b.Kind())
}
