package chunker

import (
	"errors"
	"io"
	"regexp"
	"time"

	"golang.org/x/sys/unix"
)

// ShareOptions say how a ShareSource divides its inputs.
type ShareOptions struct {
	// Size is how many bytes a share has at most, unless one record has more.
	Size int

	// Parts, where not 0, is about how many shares the inputs make, all about
	// as long. It is for regular files (see AllRegular), and for whole records:
	// neither Records nor Lines nor RecordPattern is set.
	Parts int

	// Records is how many records a share has, whatever their size; 0: as many
	// as Size allows. Lines is of how many lines, as the other fields have it, a
	// record consists; 0: of one.
	Records, Lines int

	// A record ends behind RecordEnd, if what follows is RecordStart. One of
	// them may be empty; both are for newlines. RecordPattern is in place of
	// both: a record ends where its first group does.
	RecordEnd, RecordStart []byte
	RecordPattern          *regexp.Regexp

	Header ShareHeader // of each input

	// Timeout, where not 0, is how long a share waits, counted from its first
	// byte, before it goes out with the records that it has.
	Timeout time.Duration
}

// ErrShortened says that a file has become shorter while it was read.
var ErrShortened = errors.New("it has become shorter during the run")

// A ShareSource yields the shares of its inputs, one input after the other. No
// share has bytes of two. It is used as a Source is.
type ShareSource struct {
	inputs []*Input
	opt    ShareOptions
	parts  []int
	at     int         // the present input
	reader shareReader // of it; nil: not begun
	head   []byte      // of it
}

// A shareReader yields the shares of one input.
type shareReader interface {
	next() (*Share, error)
	header(*ShareHeader) ([]byte, error)
}

// NewShareSource divides the inputs, which stay the caller's to close, once no
// share is used any more.
func NewShareSource(inputs []*Input, opt ShareOptions) *ShareSource {
	s := &ShareSource{inputs: inputs, opt: opt}
	if opt.Parts > 0 {
		s.parts = divide(inputs, opt.Parts)
	}
	return s
}

// divide divides parts among the inputs by what there is to be read of them.
func divide(inputs []*Input, parts int) []int {
	total, lengths := int64(0), make([]int64, len(inputs))
	for i, in := range inputs {
		if off, end, ok := in.extent(); ok {
			lengths[i] = end - off
			total += lengths[i]
		}
	}
	shares := make([]int, len(inputs))
	for i, n := range lengths {
		shares[i] = 1
		if total > 0 {
			shares[i] = max(1, int((int64(parts)*n+total/2)/total))
		}
	}
	return shares
}

// AllRegular reports whether all inputs are regular files.
func AllRegular(inputs []*Input) bool {
	for _, in := range inputs {
		if in.waits {
			return false
		}
	}
	return true
}

// Next returns the next share as soon as it is complete, io.EOF after the
// last, or ErrInterrupted once the records already read are used up. Errors
// are final.
func (s *ShareSource) Next() (Chunk, error) {
	for s.at < len(s.inputs) {
		b, err := s.read()
		if err == nil {
			b.Header = s.head
			return Chunk{Share: b}, nil
		}
		if err != io.EOF {
			return Chunk{}, err
		}
		s.at, s.reader, s.head = s.at+1, nil, nil
	}
	return Chunk{}, io.EOF
}

func (s *ShareSource) read() (*Share, error) {
	if s.reader == nil {
		s.reader = s.newReader(s.inputs[s.at])
		var err error
		if s.head, err = s.readHeader(); err != nil {
			return nil, err
		}
	}
	return s.reader.next()
}

func (s *ShareSource) readHeader() ([]byte, error) {
	if s.opt.Header.none() {
		return nil, nil
	}
	return s.reader.header(&s.opt.Header)
}

// newReader chooses how the input is read. Where the ends of the shares can be
// found without reading all of it, they are.
func (s *ShareSource) newReader(in *Input) shareReader {
	opt := s.opt
	if s.parts != nil {
		opt.Parts = s.parts[s.at]
	}
	off, end, inFile := in.extent()
	if inFile && opt.Records == 0 && opt.Lines <= 1 && opt.RecordPattern == nil {
		return newShareRanges(in, &opt, off, end)
	}
	r := newShareStream(in, &opt)
	r.inFile, r.off = inFile, off
	return r
}

// Interrupt makes a Next that waits for input, and all later ones, return
// ErrInterrupted once the records already read are used up.
func (s *ShareSource) Interrupt() {
	for _, in := range s.inputs {
		in.interrupt()
	}
}

// extent is what there is to be read of a regular file. Some that the system
// makes up as they are read say that they have no bytes: not ok.
func (in *Input) extent() (off, end int64, ok bool) {
	var st unix.Stat_t
	if in.waits || unix.Fstat(in.fd, &st) != nil || st.Size == 0 {
		return 0, 0, false
	}
	off, err := unix.Seek(in.fd, 0, io.SeekCurrent)
	return off, max(off, st.Size), err == nil
}

// FD is the file descriptor.
func (in *Input) FD() int { return in.fd }
