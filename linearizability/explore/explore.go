// Package explore decides for every program of a size whether any interleaving
// of a map's own code breaks a clause.
package explore
