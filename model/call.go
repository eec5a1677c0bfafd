package model

// prepared is one call. Its arguments exist before Do, and its results after.
type prepared[K comparable, V any] struct {
	b      *binding[K, V]
	op     Op
	key    K
	old, v V

	value V
	ok    bool
	n     int
	panic Panic
}

// Prepare makes the arguments of o. It panics if the types do not have such a key or
// value, or if the map does not have the method: the checker should have asked
// Traits and Methods first.
func (b *binding[K, V]) Prepare(o Op) Prepared {
	b.mustHave(o.Method)
	if o.Method.Traverses() {
		panic(mistakef(b.subject.Name, "%s cannot be prepared: call Traverse", o.Method))
	}
	p := b.call()
	p.b, p.op = b, o
	if o.Method.OnKey() {
		p.key = b.key.encode(o.Key)
	}
	if o.Method.Compares() {
		p.old = b.value.encode(o.Old)
	}
	if o.Method.Stores() {
		p.v = b.value.encode(o.Value)
	}
	return p
}

// call returns an empty prepared. It reuses a released one if it can.
func (r *binder[K, V]) call() *prepared[K, V] {
	if r.calls == nil {
		return new(prepared[K, V])
	}
	return r.calls.Get().(*prepared[K, V])
}

func (p *prepared[K, V]) Release() {
	calls := p.b.calls
	*p = prepared[K, V]{}
	if calls != nil {
		calls.Put(p)
	}
}

// Watches watches every argument. An argument that the method does not take is a
// zero value, which has nothing to watch.
func (p *prepared[K, V]) Watches() Watches {
	return Watches{Key: watch(&p.key), Old: watch(&p.old), Value: watch(&p.v)}
}

func (p *prepared[K, V]) Do() {
	defer catch(p.op, &p.panic)
	switch m := p.b.m; p.op.Method {
	case Load:
		p.value, p.ok = m.(loader[K, V]).Load(p.key)
	case Store:
		m.(storer[K, V]).Store(p.key, p.v)
	case LoadOrStore:
		p.value, p.ok = m.(orStorer[K, V]).LoadOrStore(p.key, p.v)
	case LoadAndDelete:
		p.value, p.ok = m.(andDeleter[K, V]).LoadAndDelete(p.key)
	case Delete:
		m.(deleter[K]).Delete(p.key)
	case Swap:
		p.value, p.ok = m.(swapper[K, V]).Swap(p.key, p.v)
	case CompareAndSwap:
		p.ok = m.(comparingSwapper[K, V]).CompareAndSwap(p.key, p.old, p.v)
	case CompareAndDelete:
		p.ok = m.(comparingDeleter[K, V]).CompareAndDelete(p.key, p.old)
	case Clear:
		m.(clearer).Clear()
	case Len:
		p.n = m.(measurer).Len()
	}
}

func (p *prepared[K, V]) Result() Result {
	if p.panic != "" {
		return Result{Panic: p.panic}
	}
	return Result{Value: p.b.valueIndex(p.value), OK: p.ok, Len: p.n}
}

// catch turns a panic into a kind that depends on the arguments only.
func catch(o Op, kind *Panic) {
	p := recover()
	if p == nil {
		return
	}
	if m, ok := p.(mistake); ok {
		panic(m)
	}
	_, callback := p.(callbackPanic)
	switch {
	case callback:
		*kind = PanicCallback
	case o.Method.OnKey() && o.Key == Unhashable:
		*kind = PanicHash
	case o.Method.Compares() && o.Old == Uncomparable:
		*kind = PanicCompare
	case o.Func.IsNil():
		*kind = PanicNilFunc
	default:
		*kind = PanicOther
	}
}
