package chunker

import (
	"bytes"
	"io"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A Share is a stretch of the input that one job reads as its own: whole
// records as they stand there, with what ends or starts them. Nobody changes
// its bytes.
type Share struct {
	Header []byte // goes before the records; all shares of an input share it
	Size   int64  // bytes of the records

	Data []byte // the records, in memory; where that is nil,
	From *Input // the regular file in which they stand
	Off  int64  // from here on

	slab *slab // of Data
}

// Release gives Data's memory back. It is called at most once, when nobody
// refers to Data any more; without it the garbage collector does.
func (b *Share) Release() {
	if s := b.slab; s != nil {
		b.slab, b.Data = nil, nil
		s.release()
	}
}

// CopyTo writes the records to w, without the header. The error is a *ReadError
// or w's own.
func (b *Share) CopyTo(w io.Writer) error {
	if b.Data != nil {
		_, err := w.Write(b.Data)
		return err
	}
	buf := make([]byte, min(b.Size, copySize))
	for done := int64(0); done < b.Size; done += int64(len(buf)) {
		buf = buf[:min(b.Size-done, copySize)]
		if err := b.From.readAt(buf, b.Off+done); err != nil {
			return &ReadError{b.From.name, err}
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// EndsIn reports whether the records end in mark, as all but the last ones of
// an input do where a record ends in that. The error is a *ReadError.
func (b *Share) EndsIn(mark []byte) (bool, error) {
	if b.Data != nil || b.Size < int64(len(mark)) {
		return bytes.HasSuffix(b.Data, mark), nil
	}
	end := make([]byte, len(mark))
	if err := b.From.readAt(end, b.Off+b.Size-int64(len(mark))); err != nil {
		return false, &ReadError{b.From.name, err}
	}
	return bytes.Equal(end, mark), nil
}

// Name is what messages call the input that the share is of.
func (b *Share) Name() string {
	if b.From == nil {
		return "the input"
	}
	return b.From.name
}

// Shortened reports whether the file is too short by now to hold the share.
func (b *Share) Shortened() bool {
	var st unix.Stat_t
	return b.From != nil && unix.Fstat(b.From.fd, &st) == nil && st.Size < b.Off+b.Size
}

// A ReadError says that a share could not be read again.
type ReadError struct {
	Name string // of the input
	Err  error
}

func (e *ReadError) Error() string { return "cannot read " + e.Name + ": " + e.Err.Error() }
func (e *ReadError) Unwrap() error { return e.Err }

const copySize = 256 << 10

// A slab is memory that is read into. A share, or many small ones, are views
// of it; the last that is released gives it back, to be read into again.
type slab struct {
	buf  []byte
	uses atomic.Int32 // by shares, and by the reader
	home chan *slab
}

// slabsKept bounds how many slabs wait to be used again.
const slabsKept = 4

// newSlab takes a slab of just that size from home, or makes one.
func newSlab(size int, home chan *slab) *slab {
	for {
		select {
		case s := <-home:
			if len(s.buf) != size {
				continue // of another time
			}
			s.uses.Store(1)
			return s
		default:
			s := &slab{buf: make([]byte, size), home: home}
			s.uses.Store(1)
			return s
		}
	}
}

// share makes a share of part of the slab.
func (s *slab) share(from, to int) *Share {
	s.uses.Add(1)
	return &Share{Data: s.buf[from:to:to], Size: int64(to - from), slab: s}
}

func (s *slab) release() {
	if s.uses.Add(-1) > 0 {
		return
	}
	select {
	case s.home <- s:
	default:
	}
}
