// Package copied copies a map, which vet must notice.
package copied

import "github.com/mapspec/mapspec/impl/flatmap"

func of(m flatmap.Map[string, int]) { m.Delete("a") }
