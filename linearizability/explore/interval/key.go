package interval

import "github.com/mapspec/mapspec/model"

// A key is a hash of 128 bits. What differs has the same key with a probability
// of about 2^-128.
type key [2]uint64

// with returns the key of what k stands for, and then x.
func (k key) with(x uint64) key {
	return key{mix(k[0] + x), mix(k[1] ^ x*0x9e3779b97f4a7c15)}
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// keyOf returns a key of everything that a verdict depends on: what was done
// with which result, and the poset. Steps at which nothing is called or
// returns are not part of it, and neither are the numbers of the others, nor in
// which order the record has the operations of different threads.
func keyOf(r *Record, p *poset) key {
	k := key{uint64(len(p.points)), uint64(r.Threads)}
	for i := range p.points {
		q := &p.points[i]
		k = k.with(uint64(q.thread)<<32 | uint64(q.to-q.from)<<1)
		if q.call != none {
			k = k.with(^uint64(p.numbers[q.call])).withOp(&r.Ops[q.call])
		}
		for _, e := range p.ends[q.from:q.to] {
			k = k.with(uint64(p.numbers[e.op])<<32 | uint64(uint32(e.visit)))
		}
		for _, n := range p.of(i) {
			k = k.with(uint64(n))
		}
	}
	return k
}

// withOp returns k with what o did, and what its callback would have done.
func (k key) withOp(o *Op) key {
	head := uint64(o.Op.Method) << 1
	if o.Pending {
		head |= 1
	}
	k = k.with(head | uint64(len(o.Visits))<<32)
	k = k.with(uint64(o.Op.Key)).with(uint64(o.Op.Old)).with(uint64(o.Op.Value))
	if o.Op.Func != nil {
		at, ends := o.Op.Func.Step()
		k = k.withPanic(ends).with(uint64(at))
		if o.Op.Func.Nil {
			k = k.with(1)
		}
	}
	if !o.Pending {
		k = k.withResult(o.Result)
	}
	for _, v := range o.Visits {
		k = k.with(uint64(v.Key)).with(uint64(v.Value))
	}
	return k
}

func (k key) withResult(r model.Result) key {
	tail := uint64(r.Len) << 1
	if r.OK {
		tail |= 1
	}
	return k.withPanic(r.Panic).with(uint64(r.Value)).with(tail)
}

func (k key) withPanic(p model.Panic) key {
	for i := range len(p) {
		k = k.with(uint64(p[i]))
	}
	return k.with(uint64(len(p)))
}
