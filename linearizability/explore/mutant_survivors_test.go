package explore

// equivalent are the mutants that nothing notices, each with the reason, by the
// name of the mutated map.
var equivalent = map[string]map[string]string{
	"locked":    {},
	"readdirty": {},
	"hash trie": {},
}
