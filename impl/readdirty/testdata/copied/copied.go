// Package copied copies maps, which vet must notice.
package copied

import "github.com/mapspec/mapspec/impl/readdirty"

func of114(m readdirty.Go114)   { m.Delete(0) }
func of1150(m readdirty.Go1150) { m.Delete(0) }
func of1152(m readdirty.Go1152) { m.Delete(0) }
func of123(m readdirty.Go123)   { m.Delete(0) }
