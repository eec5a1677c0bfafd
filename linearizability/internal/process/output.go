package process

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// messagesVariable is set in a child that has a descriptor for messages.
const messagesVariable = "MAPSPEC_MESSAGES"

// Messages returns the descriptor on which a child sends messages to its parent, each
// in one line. It must be called in the child.
func Messages() (*os.File, error) {
	if os.Getenv(messagesVariable) == "" {
		return nil, errors.New("no descriptor to send messages on: mapspec runs this command itself, and it cannot be run by hand")
	}
	_ = os.Unsetenv(messagesVariable) // children of this process do not inherit the descriptor
	return inherited(3), nil
}

// maxMessage limits the size of a message, so that a child cannot fill the memory of
// this process.
const maxMessage = 16 << 20

var errTooLong = fmt.Errorf("a message has more than %d MiB", maxMessage>>20)

// receive passes messages to Message until the child closes its descriptor or Message
// returns an error.
func (s *supervisor) receive(r io.Reader) {
	defer close(s.closed)
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxMessage)
	lines.Split(wholeLines)
	var err error
	for err == nil && lines.Scan() {
		err = s.Message(lines.Bytes())
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		err = errTooLong
	}
	if err != nil {
		s.refusal = err
		close(s.refused)
	}
}

// wholeLines splits like bufio.ScanLines, but drops a last line without a newline.
func wholeLines(data []byte, _ bool) (advance int, line []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	return 0, nil, nil
}

// tail keeps the end of what is written to it.
type tail struct {
	b   []byte
	cut bool // the beginning is missing
}

// tailSize is how much of a child's output is kept.
const tailSize = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if over := len(t.b) - tailSize; over > 0 {
		t.b = t.b[:copy(t.b, t.b[over:])]
		t.cut = true
	}
	return len(p), nil
}

// String returns whole lines, unless the last line alone is too long to be kept.
func (t *tail) String() string {
	if _, whole, ok := bytes.Cut(t.b, []byte("\n")); t.cut && ok {
		return string(whole)
	}
	return string(t.b)
}

// Crash returns what the child printed on standard error when it died: the panic or
// fatal error of a Go program with its stacks, or otherwise the last line.
func (r Result) Crash() string {
	text := "\n" + strings.TrimSpace(r.Stderr)
	start := max(strings.LastIndex(text, "\npanic: "), strings.LastIndex(text, "\nfatal error: "))
	if start < 0 {
		start = strings.LastIndexByte(text, '\n')
	}
	return text[start+1:]
}

// Cause returns the first line of [Result.Crash].
func (r Result) Cause() string {
	line, _, _ := strings.Cut(r.Crash(), "\n")
	if line == "" {
		return "it printed no reason"
	}
	return line
}
