package interval

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"

	"github.com/mapspec/mapspec/model"
)

// A digest is a 128-bit hash, of two 64-bit halves with different seeds. Different
// inputs have equal digests with a probability of about 2^-128.
type digest [2]uint64

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// emptyDigest is where the digests of numbers start: digits of pi.
var emptyDigest = digest{0x243f6a8885a308d3, 0x13198a2e03707344}

// with returns the digest of k's input followed by x. Each half is multiplied by
// an odd number and folded.
func (k digest) with(x uint64) digest {
	h0, l0 := bits.Mul64(k[0]^x, 0x9e3779b97f4a7c15)
	h1, l1 := bits.Mul64(k[1]^x, 0xd1342543de82ef95)
	return digest{h0 ^ l0, h1 ^ l1}
}

// plus returns the digest of k's input together with x, regardless of the order of
// additions. It mixes x first, because products are too regular to be added.
func (k digest) plus(x digest) digest { return digest{k[0] + mix(x[0]), k[1] + mix(x[1])} }

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// digestOf returns the digest of everything that a verdict depends on: the
// operations with their results, and the poset. It does not depend on steps at
// which nothing is called or returns, on step numbers, or on how r interleaves the
// operations of different threads.
func (c *Checker) digestOf(r *Record) digest {
	c.buf = appendRecord(c.buf[:0], r, &c.precedence)
	return digest{maphash.Bytes(seeds[0], c.buf), maphash.Bytes(seeds[1], c.buf)}
}

// A text is a list of numbers. A repeated or optional element is preceded by its
// count.
type text []byte

func (t text) with(x int) text {
	if x >= 0 && x < 1<<6 { // usually; same as AppendVarint
		return append(t, byte(x)<<1)
	}
	return binary.AppendVarint(t, int64(x))
}

func (t text) withBool(b bool) text {
	if b {
		return t.with(1)
	}
	return t.with(0)
}

func appendRecord(t text, r *Record, p *poset) text {
	t = t.with(len(p.points)).with(r.Threads)
	for i := range p.points {
		q := &p.points[i]
		t = t.with(int(q.thread)).with(int(q.to - q.from)).withBool(q.call != none)
		if q.call != none {
			t = t.with(int(p.numbers[q.call])).withOp(&r.Ops[q.call])
		}
		for _, e := range p.ends[q.from:q.to] {
			t = t.with(int(p.numbers[e.op])).with(int(e.visit))
		}
		for _, n := range p.predecessors(i) {
			t = t.with(int(n))
		}
	}
	return t
}

// withOp returns t followed by what o did and what its callback would have done.
func (t text) withOp(o *Op) text {
	t = t.with(int(o.Op.Method)).with(o.Op.Key).with(o.Op.Old).with(o.Op.Value).withBool(o.Op.Func != nil)
	if o.Op.Func != nil {
		at, ends := o.Op.Func.Step()
		t = t.with(at).withPanic(ends).withBool(o.Op.Func.IsNil())
	}
	if t = t.withBool(o.Pending); !o.Pending {
		t = t.withResult(&o.Result)
	}
	t = t.with(len(o.Visits))
	for i := range o.Visits {
		t = t.with(o.Visits[i].Key).with(o.Visits[i].Value)
	}
	return t
}

func (t text) withResult(r *model.Result) text {
	return t.withPanic(r.Panic).with(r.Value).withBool(r.OK).with(r.Len)
}

func (t text) withPanic(p model.Panic) text { return append(t.with(len(p)), p...) }
