package readdirty

import "sync/atomic"

// entry is the place of one key's value, shared by read and dirty.
type entry struct {
	// box points to the value.
	//
	//	value     meaning                        who may change it, to what
	//	a box     the key has the value in it    anyone: another box, or nil
	//	nil       the key was deleted; dirty,    anyone: a box
	//	          if there is one, has it too    holder of mu, in refill: expunged
	//	expunged  the key was deleted, and       holder of mu, in revive: nil; it
	//	          dirty lacks it                 then puts the entry into dirty
	//
	// "Anyone" is an operation that found the entry in read, or found it in
	// dirty under mu. An entry that has left both maps may be written to by those
	// who found it before; see "Linearization" in the package comment. A box is
	// not written to once it is here.
	box atomic.Pointer[any]
}

// expunged is the box of no value.
var expunged = new(any)

// contents returns what is in a box, and whether there was one.
func contents(box *any) (value any, ok bool) {
	if box == nil || box == expunged {
		return nil, false
	}
	return *box, true
}

// load returns the value.
func (e *entry) load() (value any, ok bool) {
	return contents(e.box.Load())
}

// swap puts box in place of what was there, which it returns, nil included. It
// reports false and does nothing if the entry is expunged: a value put here
// would be missing from dirty.
func (e *entry) swap(box *any) (was *any, ok bool) {
	for {
		was := e.box.Load()
		if was == expunged {
			return nil, false
		}
		if e.box.CompareAndSwap(was, box) {
			return was, true
		}
	}
}

// loadOrStore returns the value, or puts one in if there is none. It reports
// ok=false and does nothing if the entry is expunged.
func (e *entry) loadOrStore(value any) (actual any, loaded, ok bool) {
	for {
		was := e.box.Load()
		if was == expunged {
			return nil, false, false
		}
		if was != nil {
			return *was, true, true
		}
		box := value // not &value, which would cost an allocation where there is a value
		if e.box.CompareAndSwap(nil, &box) {
			return value, false, true
		}
	}
}

// replace puts box, nil included, in place of a value that equals old, and
// reports whether there was one. It panics, and does nothing, if the comparison
// panics.
func (e *entry) replace(old any, box *any) bool {
	for {
		was := e.box.Load()
		if value, ok := contents(was); !ok || value != old {
			return false
		}
		if e.box.CompareAndSwap(was, box) {
			return true
		}
	}
}

// erase removes the value, and returns the box it was in, if any.
func (e *entry) erase() *any {
	for {
		was := e.box.Load()
		if was == nil || was == expunged {
			return nil
		}
		if e.box.CompareAndSwap(was, nil) {
			return was
		}
	}
}

// expunge turns nil into expunged, and reports whether the entry is expunged
// now. mu must be held.
func (e *entry) expunge() bool {
	for {
		was := e.box.Load()
		if was != nil {
			return was == expunged
		}
		if e.box.CompareAndSwap(nil, expunged) {
			return true
		}
	}
}

// revive turns expunged into nil, and reports whether it did; if so, the caller
// must put the entry into dirty. mu must be held.
func (e *entry) revive() bool {
	return e.box.CompareAndSwap(expunged, nil)
}
