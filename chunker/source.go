package chunker

import (
	"errors"
	"fmt"
	"io"
)

// ErrInterrupted is what Next returns after Interrupt, once the records that
// had been read completely are used up.
var ErrInterrupted = errors.New("input interrupted")

// Options say how a Source cuts its input.
type Options struct {
	// Delimiter ends a record; empty is a newline. The last record may lack it.
	Delimiter []byte

	// Lines is for input that people take for lines of text: a NUL in a record
	// is an error, and the first record that ends in CR gets a Notice.
	Lines bool

	// CSV, where not 0, separates columns: a newline between quotes doesn't end
	// a record. Delimiter is a newline then.
	CSV byte

	// Mark drops a byte order mark before the first record.
	Mark bool

	// SkipBlank leaves out records that hold nothing but white space. They
	// get no number.
	SkipBlank bool

	// Name stands for the input in messages; empty is the Input's own name.
	Name string

	// Notice, where not nil, is told what the user should know. It is called
	// from within Next or Ready.
	Notice func(text string)
}

// A Source yields the records of an Input. It implements what a pool asks of
// its source: one goroutine calls Next and Ready, any may call Interrupt.
type Source struct {
	in      feed
	name    string
	lines   bool
	skip    bool
	mark    bool
	notice  func(string) // nil once it has spoken
	split   splitter
	err     error // final: Next returns it when no record is left
	records int64 // cut so far, blank ones too
	seq     int64 // of the item handed out last
	pending Record
	found   bool // pending is the next item's
}

// A feed is where a Source reads from: an Input, or a test.
type feed interface {
	// read reads at least one byte, or returns io.EOF, ErrInterrupted or
	// another error.
	read(p []byte) (int, error)
	interrupt()
	interrupted() bool
}

// NewSource reads in, which stays the caller's to close.
func NewSource(in *Input, opt Options) *Source {
	if opt.Name == "" {
		opt.Name = in.name
	}
	limit := maxBlock
	if in.waits {
		limit = maxWaitingBlock
	}
	return newSource(in, limit, opt)
}

func newSource(in feed, limit int, opt Options) *Source {
	delim := opt.Delimiter
	if len(delim) == 0 {
		delim = []byte{'\n'}
	}
	s := &Source{
		in:     in,
		name:   opt.Name,
		lines:  opt.Lines,
		skip:   opt.SkipBlank,
		mark:   opt.Mark,
		notice: opt.Notice,
		split:  newSplitter(delim, minBlock, limit, opt.Lines),
	}
	if opt.CSV != 0 {
		s.split.quotes = &quoting{sep: opt.CSV}
		s.notice = nil // a carriage return belongs to the end of a record
	}
	return s
}

// Next returns the next item as soon as its delimiter has been read, io.EOF
// after the last item, or ErrInterrupted. Errors are final.
func (s *Source) Next() (Item, error) {
	for !s.find() {
		if s.err != nil {
			return Item{}, s.err
		}
		s.fill()
	}
	record := s.pending
	s.pending, s.found = nil, false
	s.seq++
	return Item{Seq: s.seq, Record: record}, nil
}

// Ready reports whether Next can answer without reading.
func (s *Source) Ready() bool {
	return s.find() || s.err != nil || s.in.interrupted()
}

// Interrupt makes a Next that waits for input, and all later ones, return
// ErrInterrupted once the records already read are used up. What has been read
// of an unfinished record is dropped.
func (s *Source) Interrupt() { s.in.interrupt() }

// find looks for the next item in what has been read.
func (s *Source) find() bool {
	if s.mark && s.err == nil {
		if !s.split.skip(byteOrderMark) {
			return false
		}
		s.mark = false
	}
	for !s.found && s.err == nil {
		record, ok := s.split.next()
		if !ok {
			break
		}
		s.accept(record)
	}
	if !s.found && s.err == nil && s.split.nulInTail() {
		s.err = nulError(s.name, s.records+1)
	}
	return s.found
}

// fill reads once. Only what is left in the splitter when the input ends is a
// record without delimiter.
func (s *Source) fill() {
	n, err := s.in.read(s.split.space())
	switch err {
	case nil:
		s.split.added(n)
	case io.EOF:
		if s.split.open() {
			s.err = fmt.Errorf("%s: record %d %w", s.name, s.records+1, errOpenQuote)
			s.split.rest()
			return
		}
		if tail := s.split.rest(); len(tail) > 0 {
			s.accept(tail)
		}
		if s.err == nil {
			s.err = io.EOF
		}
	case ErrInterrupted:
		s.split.rest()
		s.err = err
	default:
		s.split.rest()
		s.err = fmt.Errorf("cannot read %s: %w", s.name, err)
	}
}

// byteOrderMark is what some programs put before UTF-8.
var byteOrderMark = []byte("\xef\xbb\xbf")

// accept makes record the next item's, unless it is one to leave out or one
// that ends the run.
func (s *Source) accept(record Record) {
	s.records++
	if s.lines && !s.checkLine(record) {
		return
	}
	if s.skip && Blank(record) {
		return
	}
	s.pending, s.found = record, true
}

func (s *Source) checkLine(record Record) bool {
	if s.split.nulInLast() {
		s.err = nulError(s.name, s.records)
		return false
	}
	if n := len(record); s.notice != nil && n > 0 && record[n-1] == '\r' {
		s.notice(crNotice(s.name, s.records))
		s.notice = nil
	}
	return true
}

func nulError(name string, record int64) error {
	return fmt.Errorf("%s: record %d holds a NUL: did you mean -0?", name, record)
}

func crNotice(name string, record int64) string {
	return fmt.Sprintf(`%s: record %d ends in a carriage return, which is kept; for lines that end in CR LF use -d '\r\n'`, name, record)
}

// Blank reports whether a record holds nothing but ASCII white space.
func Blank(record Record) bool {
	for _, c := range record {
		switch c {
		case ' ', '\t', '\n', '\v', '\f', '\r':
		default:
			return false
		}
	}
	return true
}
