package chunker

import "bytes"

const (
	minBlock        = 64 << 10  // the first block
	maxBlock        = 1 << 20   // of a regular file, and at most read at once
	maxWaitingBlock = 256 << 10 // of anything else: a pipe gives 64 KiB at most
)

// A splitter cuts blocks of input into records without copying them.
//
//	        records handed out      unfinished tail      free
//	block  |aaaa.bbb.cccccc.|......|dddddddd        |          |
//	       0                       pos       scan   end        len
//
// Records alias the block. Reads go only into the free part, so nothing that
// has been handed out is written again; once too little is free, the tail
// moves to a new block, and the old one is the garbage collector's as soon as
// nobody refers to its records.
type splitter struct {
	delim []byte
	block []byte
	pos   int // where the next record begins
	scan  int // no delimiter begins in [pos,scan)
	end   int // of what has been read
	size  int // of the next block
	limit int // to which size grows

	nuls bool // look for NULs
	nul  int  // the first one at or after the last record's beginning, or -1
}

func newSplitter(delim []byte, limit int, nuls bool) splitter {
	return splitter{delim: delim, size: minBlock, limit: limit, nuls: nuls, nul: -1}
}

// next cuts off the next record that is there completely.
func (s *splitter) next() (Record, bool) {
	var i int
	if len(s.delim) == 1 {
		i = bytes.IndexByte(s.block[s.scan:s.end], s.delim[0])
	} else {
		i = bytes.Index(s.block[s.scan:s.end], s.delim)
	}
	if i < 0 {
		s.scan = max(s.pos, s.end-len(s.delim)+1)
		return nil, false
	}
	from, to := s.pos, s.scan+i
	s.pos = to + len(s.delim)
	s.scan = s.pos
	return Record(s.block[from:to:to]), true
}

// rest gives up the block and returns what is left in it.
func (s *splitter) rest() Record {
	tail := Record(s.block[s.pos:s.end:s.end])
	s.block, s.pos, s.scan, s.end, s.nul = nil, 0, 0, 0, -1
	return tail
}

// space returns where to read to. What was read is reported to added before
// anything else is asked for.
func (s *splitter) space() []byte {
	if s.cramped() {
		s.move()
	}
	return s.block[s.end:min(len(s.block), s.end+maxBlock)]
}

// cramped reports whether the next read should go to a new block: little is
// free, or the block was made for a huge record that is out by now, and small
// ones would keep it alive. A block that is all tail is filled up first.
func (s *splitter) cramped() bool {
	free := len(s.block) - s.end
	if s.pos == 0 {
		return free == 0
	}
	return free <= len(s.block)/8 || len(s.block) > s.limit
}

// move takes the tail to a new block. A tail that fills a block gets one of
// twice the size, so that a huge record is copied a logarithmic number of
// times.
func (s *splitter) move() {
	tail := s.block[s.pos:s.end]
	block := make([]byte, max(s.size, 2*len(tail)))
	copy(block, tail)
	s.block = block
	if s.nul >= 0 {
		s.nul -= s.pos
	}
	s.scan -= s.pos
	s.end -= s.pos
	s.pos = 0
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

// nulInTail reports whether what is left holds a NUL.
func (s *splitter) nulInTail() bool { return s.nul >= s.pos }
