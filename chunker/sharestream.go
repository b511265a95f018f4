package chunker

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	leastSlab = 128 << 10 // bytes of a slab
	firstSlab = 1 << 20   // at most, before a share has turned out to need more
	slabExtra = 64 << 10  // beyond a share, since one read brings so many
)

// A shareStream cuts what it reads into shares.
//
//	slab  |share|share|share| unfinished |  free  |
//	       0                 start        end      len
//
// Once too little is free, what is unfinished goes to the beginning of another
// slab, a longer one where it fills all of this. Of a regular file the shares
// are places in it, and one slab serves for all.
type shareStream struct {
	in      *Input
	cutter  cutter
	timeout time.Duration

	home       chan *slab
	slab       *slab // nil before the first read
	start, end int
	size       int       // of the next slab
	inFile     bool      // the input is a regular file,
	off        int64     // in which start is here
	since      time.Time // the unfinished bytes wait for their share
	overdue    bool      // for too long
	err        error     // final: io.EOF, ErrInterrupted or another
}

func newShareStream(in *Input, opt *ShareOptions) *shareStream {
	size := max(1, opt.Size)
	return &shareStream{
		in: in, timeout: opt.Timeout,
		cutter: cutter{marks: newMarks(opt), unit: max(1, opt.Lines), count: opt.Records, size: size},
		home:   make(chan *slab, slabsKept),
		size:   min(max(size, leastSlab), firstSlab) + slabExtra,
	}
}

// next returns the next share as soon as it is complete. The error is final.
func (s *shareStream) next() (*Share, error) {
	for {
		if n := s.cut(); n > 0 {
			return s.take(n), nil
		}
		if s.err != nil {
			return nil, s.err
		}
		s.fill()
	}
}

func (s *shareStream) unfinished() []byte {
	if s.slab == nil {
		return nil
	}
	return s.slab.buf[s.start:s.end]
}

// cut returns how long the next share is, or 0 where more has to be read or
// nothing is left. What a failed or interrupted input has left unfinished is
// dropped.
func (s *shareStream) cut() int {
	p := s.unfinished()
	switch {
	case len(p) == 0:
		return 0
	case s.err != nil && s.err != io.EOF:
		n := s.cutter.cut(p, false)
		if n == 0 {
			n = s.cutter.part(p)
		}
		if n == 0 {
			s.start = s.end
		}
		return n
	}
	n := s.cutter.cut(p, s.err == io.EOF)
	if n == 0 && s.overdue {
		n = s.cutter.part(p)
	}
	return n
}

func (s *shareStream) take(n int) *Share {
	from := s.start
	s.start += n
	s.off += int64(n)
	s.since, s.overdue = time.Now(), false
	if s.inFile {
		return &Share{From: s.in, Off: s.off - int64(n), Size: int64(n)}
	}
	return s.slab.share(from, s.start)
}

// fill reads once.
func (s *shareStream) fill() {
	s.makeRoom()
	waiting := s.start < s.end
	var until time.Time
	if s.timeout > 0 && waiting && !s.overdue {
		until = s.since.Add(s.timeout)
	}
	n, err := s.in.readUntil(s.slab.buf[s.end:], until)
	if n > 0 && !waiting {
		s.since = time.Now()
	}
	s.end += n
	switch {
	case err == errOverdue:
		s.overdue = true
	case err == nil, err == io.EOF, errors.Is(err, ErrInterrupted):
		s.err = err
	default:
		s.err = fmt.Errorf("cannot read %s: %w", s.in.name, err)
	}
}

// makeRoom sees to it that something is free.
func (s *shareStream) makeRoom() {
	free := 0
	if s.slab != nil {
		free = len(s.slab.buf) - s.end
	}
	if free > 0 && (s.start == 0 || free > len(s.slab.buf)/8) {
		return
	}
	tail := s.unfinished()
	size := s.size
	if len(tail) >= size {
		size = 2 * len(tail)
		if most := s.cutter.size + slabExtra; len(tail) < most {
			size = min(size, most)
			s.size = size
		}
	}
	next := newSlab(size, s.home)
	s.start, s.end = 0, copy(next.buf, tail)
	if s.slab != nil {
		s.slab.release()
	}
	s.slab = next
}

// header reads up to the end of the header, and returns it.
func (s *shareStream) header(h *ShareHeader) ([]byte, error) {
	for {
		p := s.unfinished()
		n, found, err := h.find(p, s.err != nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.in.name, err)
		}
		if found {
			s.start += n
			s.off += int64(n)
			return bytes.Clone(p[:n]), nil
		}
		if s.err != nil {
			return nil, s.err
		}
		s.fill()
	}
}
