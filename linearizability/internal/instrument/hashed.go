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

// hashFunctions are the functions of Source.Hash.
type hashFunctions struct {
	found      map[string]bool // by name; false until the function is found
	candidates []string        // the names of all functions that Hash could name
}

func newHashFunctions(names []string) *hashFunctions {
	h := &hashFunctions{found: make(map[string]bool)}
	for _, n := range names {
		h.found[plainName(n)] = false
	}
	return h
}

// names returns the names of the functions, sorted.
func (h *hashFunctions) names() []string {
	var all []string
	for n := range h.found {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

var typeArguments = regexp.MustCompile(`\[.*\]`)

// plainName returns PKG.TYPE.METHOD for a name as in stack traces, which is
// PKG.(*TYPE[...]).METHOD.
func plainName(name string) string {
	return strings.NewReplacer("(", "", "*", "", ")", "").Replace(typeArguments.ReplaceAllString(name, ""))
}

// checkAllFound returns an error if there is no function of some name.
func (h *hashFunctions) checkAllFound() error {
	for _, name := range h.names() {
		if h.found[name] {
			continue
		}
		hint := near.Hint(name, h.candidates)
		if hint == "" {
			hint = ", nor any other that could be one: leave the name out"
			if len(h.candidates) > 0 {
				hint = ": name one of " + strings.Join(h.candidates, ", ")
			}
		}
		return fmt.Errorf("the copied packages have no hash function %s%s", name, hint)
	}
	return nil
}

// replaceHashes makes the functions of Source.Hash return the hash of package hashing.
// A return statement is inserted at the start of the body. The rest of the body remains,
// so that line numbers do not change and all imports are used.
func (r *rewriter) replaceHashes() {
	for _, d := range r.source.syntax.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := plainName(fullName(r.info.Defs[f.Name]))
		_, wanted := r.hashes.found[name]
		call, why := r.hashCall(f)
		if why == "" {
			r.hashes.candidates = append(r.hashes.candidates, name)
		}
		switch {
		case !wanted:
			continue
		case why != "":
			r.errorf(f.Pos(), "%s cannot use a hash policy: %s", name, why)
		default:
			after := f.Body.Lbrace + 1
			r.edit(after, after, " return "+call+";", Hashed)
			r.support = append(r.support, hashingImport)
		}
		r.hashes.found[name] = true
	}
}

// hashCall returns the expression that a hash function is to return, or the reason why
// there is none.
//
// A policy determines 64 bits. A shorter result has the lowest of them, so under prefix
// its hashes differ only in the lowest 4 bits, too.
func (r *rewriter) hashCall(f *ast.FuncDecl) (call, why string) {
	if f.Body == nil {
		return "", "it has no body"
	}
	s := r.info.Defs[f.Name].(*types.Func).Signature()
	if s.Results().Len() != 1 || !isHash(s.Results().At(0).Type()) {
		return "", "it must return one uint, uint32, uint64 or uintptr"
	}
	result, ok := f.Type.Results.List[0].Type.(*ast.Ident)
	if !ok {
		return "", "its result type must be declared in its package"
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

// keyAndSeed returns the names of the key and the seed among the parameters of a hash
// function. If only the first of two parameters is an integer, it is the seed. Without a
// seed, the name is 0.
func keyAndSeed(s *types.Signature) (key, seed, why string) {
	p := s.Params()
	if s.Variadic() || p.Len() < 1 || p.Len() > 2 {
		return "", "", "it must take a key, or a key and a seed"
	}
	for v := range p.Variables() {
		if v.Name() == "" || v.Name() == "_" {
			return "", "", "its parameters must have names"
		}
	}
	if p.Len() == 1 {
		if !isKey(p.At(0).Type()) {
			return "", "", notAKey(p.At(0))
		}
		return p.At(0).Name(), "0", ""
	}
	k, v := p.At(0), p.At(1)
	if isInteger(k.Type()) && !isInteger(v.Type()) {
		k, v = v, k
	}
	switch {
	case !isKey(k.Type()):
		return "", "", notAKey(k)
	case !isInteger(v.Type()):
		return "", "", fmt.Sprintf("its seed must be an integer, not %s", v.Type())
	}
	return k.Name(), v.Name(), ""
}

func notAKey(v *types.Var) string {
	return fmt.Sprintf("its key must be an integer, a string, an empty interface or of a type parameter, not %s", v.Type())
}

// isKey reports whether a parameter of type t can be a key. A pointer cannot: its content
// is an address.
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

// isHash reports whether t is a suitable result type of a hash function.
func isHash(t types.Type) bool {
	if _, generic := types.Unalias(t).(*types.TypeParam); generic {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && slices.Contains([]types.BasicKind{types.Uint, types.Uint32, types.Uint64, types.Uintptr}, b.Kind())
}
