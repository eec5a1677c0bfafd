package hashing

// Stream hashes the bytes that are written to it. The zero value has no bytes. Sum
// depends only on the bytes, and equals the String of them.
type Stream struct {
	digest uint64 // FNV-1a, xored with its offset basis so that the zero value is right
	ending number // the decimal number at the end of the bytes, modulo 2^64
}

// The parameters of FNV-1a (Fowler, Noll and Vo).
const (
	fnvBasis = 14695981039346656037
	fnvPrime = 1099511628211
)

// WriteByte appends b. The error is nil.
func (s *Stream) WriteByte(b byte) error {
	s.digest = (s.digest^fnvBasis^uint64(b))*fnvPrime ^ fnvBasis
	if '0' <= b && b <= '9' {
		s.ending = number{s.ending.value*10 + uint64(b-'0'), true}
	} else {
		s.ending = number{}
	}
	return nil
}

// WriteString appends the bytes of t.
func (s *Stream) WriteString(t string) {
	for i := range len(t) {
		s.WriteByte(t[i])
	}
}

// Write appends the bytes of p.
func (s *Stream) Write(p []byte) {
	for _, b := range p {
		s.WriteByte(b)
	}
}

// WriteAny appends the content of v. It panics when Any does.
func (s *Stream) WriteAny(v any) {
	c := contentOf(v)
	s.Write(c.form)
	s.ending = c.ending
}

// Sum returns the hash of the bytes.
func (s *Stream) Sum(seed uint64) uint64 { return finish(s.digest^fnvBasis, s.ending, seed) }
