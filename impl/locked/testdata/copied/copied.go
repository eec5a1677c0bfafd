// Package copied copies a map, which vet must notice.
package copied

import "github.com/mapspec/mapspec/impl/locked"

func of(m locked.Map[string, int]) { m.Delete("a") }
