package worker

import (
	"bufio"
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/mapspec/mapspec/linearizability/internal/worker/wire"
)

// A speaker sends messages, one on each line.
type speaker struct {
	sync.Mutex
	out      *bufio.Writer
	encoder  *json.Encoder
	progress time.Time // when it was last sent
}

func newSpeaker(out io.Writer) *speaker {
	buffered := bufio.NewWriter(out)
	return &speaker{out: buffered, encoder: json.NewEncoder(buffered)}
}

func (s *speaker) say(m wire.Message) error {
	s.Lock()
	defer s.Unlock()
	return s.sayLocked(m)
}

func (s *speaker) sayLocked(m wire.Message) error {
	if err := s.encoder.Encode(m); err != nil {
		return err
	}
	return s.out.Flush()
}

// fail reports err. Nobody is told if that fails too, but the exit status says it.
func (s *speaker) fail(err error) { _ = s.say(wire.Message{Error: err.Error()}) }

// progressEvery is how often progress is sent.
const progressEvery = time.Second

// sayProgress sends progress if it is time to. If it cannot be sent, neither can
// the report, which returns the error.
func (s *speaker) sayProgress(p func() wire.Progress) {
	if now := time.Now(); now.Sub(s.progress) >= progressEvery {
		s.progress = now
		m := p()
		_ = s.say(wire.Message{Progress: &m})
	}
}
