package chunker

import (
	"bytes"
	"slices"
)

const (
	minBlock        = 64 << 10  // the first block
	maxBlock        = 1 << 20   // of a regular file
	maxWaitingBlock = 256 << 10 // of anything else: a pipe gives 64 KiB at most
)

// A splitter cuts blocks of input into records, which alias the blocks.
//
//	        records handed out      unfinished tail      free
//	block  |aaaa.bbb.cccccc.|......|dddddddd        |          |
//	       0                       pos       scan   end        len
//
// Reads go only into the free part, so nothing that has been handed out is
// written again. Once too little is free, a new block comes, to which a short
// tail is copied; the old block is the garbage collector's as soon as nobody
// refers to its records. A long tail is held where it is, and joined with the
// rest when its delimiter has come: a huge record costs twice its size, once.
type splitter struct {
	delim []byte
	block []byte
	pos   int // where the next record begins, or goes on if something is held
	scan  int // no delimiter begins in [pos,scan)
	end   int // of what has been read
	size  int // of the next block, more than twice the delimiter's
	limit int // to which size grows

	held [][]byte // beginning of the next record

	quotes *quoting // nil: every delimiter ends a record

	nuls bool // look for NULs
	nul  int  // the first one at or after the last record's beginning, or -1
}

func newSplitter(delim []byte, size, limit int, nuls bool) splitter {
	size = max(size, 4*len(delim))
	return splitter{delim: delim, size: size, limit: max(size, limit), nuls: nuls, nul: -1}
}

// skip drops a prefix of the input. It reports false while too little has been
// read to tell whether it is there.
func (s *splitter) skip(prefix []byte) bool {
	have := s.block[s.pos:s.end]
	if len(have) < len(prefix) && bytes.HasPrefix(prefix, have) {
		return false
	}
	if bytes.HasPrefix(have, prefix) {
		s.pos += len(prefix)
		s.scan = s.pos
	}
	return true
}

// next cuts off the next record that is there completely.
func (s *splitter) next() (Record, bool) {
	var i int
	switch {
	case s.quotes != nil:
		i = s.quotes.newline(s.block[s.scan:s.end])
	case len(s.delim) == 1:
		i = bytes.IndexByte(s.block[s.scan:s.end], s.delim[0])
	default:
		i = bytes.Index(s.block[s.scan:s.end], s.delim)
	}
	if i < 0 {
		s.scan = max(s.pos, s.end-len(s.delim)+1)
		return nil, false
	}
	from, to := s.pos, s.scan+i
	s.pos = to + len(s.delim)
	s.scan = s.pos
	return s.join(s.block[from:to:to]), true
}

// join returns the record that tail ends: the tail itself where nothing is
// held.
func (s *splitter) join(tail []byte) Record {
	if s.held == nil {
		return tail
	}
	record := slices.Concat(append(s.held, tail)...)
	s.held = nil
	return slices.Clip(record)
}

// open reports whether what is left of the input can't be a record.
func (s *splitter) open() bool { return s.quotes != nil && s.quotes.open() }

// rest gives up the block and returns the unfinished record.
func (s *splitter) rest() Record {
	record := s.join(s.block[s.pos:s.end:s.end])
	s.block, s.pos, s.scan, s.end, s.nul = nil, 0, 0, 0, -1
	return record
}

// space returns where to read to, never nothing. What was read is reported to
// added before anything else is asked for.
func (s *splitter) space() []byte {
	free := len(s.block) - s.end
	if free == 0 || s.pos > 0 && free <= len(s.block)/8 {
		s.move()
	}
	return s.block[s.end:]
}

// move goes on to a new block. Of a held tail, what may be the beginning of a
// delimiter comes along, so that the search never spans two blocks.
func (s *splitter) move() {
	tail := s.block[s.pos:s.end]
	if len(tail) > s.size/2 {
		keep := len(tail) - (s.end - s.scan)
		s.held = append(s.held, tail[:keep])
		tail = tail[keep:]
	}
	block := make([]byte, s.size)
	moved := s.end - len(tail)
	s.end = copy(block, tail)
	s.scan -= moved
	if s.nul >= 0 {
		s.nul -= moved
	}
	s.block, s.pos = block, 0
}

// added says that n bytes have been read into the space. A read that filled
// it makes the next block larger.
func (s *splitter) added(n int) {
	from := s.end
	s.end += n
	if s.end == len(s.block) {
		s.size = min(2*s.size, s.limit)
	}
	if s.nuls && s.nul < 0 {
		if i := bytes.IndexByte(s.block[from:s.end], 0); i >= 0 {
			s.nul = from + i
		}
	}
}

// nulInLast reports whether the record cut off last holds a NUL. Nothing is
// cut off after such a record.
func (s *splitter) nulInLast() bool { return s.nul >= 0 && s.nul < s.pos }

// nulInTail reports whether the unfinished record holds a NUL. Nothing is read
// after it.
func (s *splitter) nulInTail() bool { return s.nul >= s.pos }
