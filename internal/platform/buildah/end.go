package buildah

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// end finds the end of a program's two streams, which a mark in each of them shows.
type end struct {
	mark []byte
	// reached is closed after both marks.
	reached chan struct{}
	// lock is held while a stream is written: both may have the same destination.
	lock  sync.Mutex
	found int
}

func newEnd(mark string) *end { return &end{mark: []byte(mark), reached: make(chan struct{})} }

// name is the mark without the end of its line.
func (e *end) name() string { return strings.TrimSuffix(string(e.mark), "\n") }

// of returns a writer that passes on a stream without the marks in it.
func (e *end) of(out io.Writer) *stream { return &stream{end: e, out: out} }

// stream passes on what is written, except the marks.
type stream struct {
	end *end
	out io.Writer
	// held may be the beginning of a mark.
	held []byte
}

// Write implements io.Writer.
func (s *stream) Write(text []byte) (int, error) {
	s.end.lock.Lock()
	defer s.end.lock.Unlock()
	s.held = append(s.held, text...)
	for {
		before, after, isMarked := bytes.Cut(s.held, s.end.mark)
		if !isMarked {
			break
		}
		if _, err := s.out.Write(before); err != nil {
			return 0, err
		}
		s.held = after
		if s.end.found++; s.end.found == 2 {
			close(s.end.reached)
		}
	}
	certain := len(s.held) - s.mayBeMark()
	_, err := s.out.Write(s.held[:certain])
	s.held = bytes.Clone(s.held[certain:])
	return len(text), err
}

// mayBeMark is how many bytes at the end may be the beginning of a mark.
func (s *stream) mayBeMark() int {
	for n := min(len(s.held), len(s.end.mark)-1); n > 0; n-- {
		if bytes.HasSuffix(s.held, s.end.mark[:n]) {
			return n
		}
	}
	return 0
}

// flush passes on the rest, when nothing more is written.
func (s *stream) flush() error {
	_, err := s.out.Write(s.held)
	s.held = nil
	return err
}
