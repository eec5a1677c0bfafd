package readdirty

import "sync/atomic"

// entry holds the value of one key. read and dirty share it.
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
	// "Anyone" is an operation that found the entry in read, or in dirty under mu.
	// Such an operation may still write to an entry that has meanwhile left both
	// maps: see "Linearization" in the package comment. A box that is stored here
	// is never written to.
	box atomic.Pointer[any]
}

// expunged marks an entry that is not in dirty. It is not the box of any value.
var expunged = new(any)

// contents returns the value in box, and false if there is none.
func contents(box *any) (value any, ok bool) {
	if box == nil || box == expunged {
		return nil, false
	}
	return *box, true
}

// load returns the value, and false if there is none.
func (e *entry) load() (value any, ok bool) {
	return contents(e.box.Load())
}

// swap replaces the box, and returns the previous one, which may be nil. If the
// entry is expunged, it does nothing and returns false: a value stored here would
// be missing from dirty.
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

// loadOrStore returns the value, or stores value if there is none. If the entry is
// expunged, it does nothing and returns false for ok.
func (e *entry) loadOrStore(value any) (actual any, loaded, ok bool) {
	for {
		was := e.box.Load()
		if was == expunged {
			return nil, false, false
		}
		if was != nil {
			return *was, true, true
		}
		box := value // &value would cost an allocation even if there is a value
		if e.box.CompareAndSwap(nil, &box) {
			return value, false, true
		}
	}
}

// replace replaces a value that equals old by box, which may be nil, and reports
// whether it did. If the comparison panics, so does replace, and it changes
// nothing.
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

// erase removes the value. It returns its box, or nil if there was no value.
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

// expunge changes nil to expunged. It reports whether the entry is expunged
// afterwards. mu must be held.
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

// revive changes expunged to nil, and reports whether it did. If so, the caller
// must add the entry to dirty. mu must be held.
func (e *entry) revive() bool {
	return e.box.CompareAndSwap(expunged, nil)
}
