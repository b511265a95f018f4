package ipc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A FrameType says what a frame's payload is; doc.go has the list.
type FrameType byte

const (
	FrameHello   FrameType = 1 + iota // Hello
	FrameFault                        // text: why the worker can't go on
	FrameJoin                         // cell of another slot; its connection comes as an fd
	FrameStart                        // Start; fds 0, 1 and 2 of the process come with it
	FrameStarted                      // pid
	FrameRefused                      // Refusal
	FrameStopped                      // signal that stopped the process
	FrameEnded                        // End: it is a zombie from now on
	FrameReap                         // nothing: it may be reaped
	FrameItems                        // records, any number
	FrameAnswers                      // Answer, any number
	FrameBlock                        // Block
	FramePart                         // Part
	frameTypes
)

const (
	frameHead = 5 // a length and a type

	// MaxFrame bounds a payload. It is the length in a broken head that this
	// is for: memory is only taken for what has really come.
	MaxFrame = 1 << 30

	readAtOnce = 64 << 10
)

// A Frame is one message.
type Frame struct {
	Type    FrameType
	Payload Payload
}

// BeginFrame appends the head of a frame, whose payload is appended next.
// EndFrame, with what BeginFrame has returned as place, completes it.
func BeginFrame(b []byte, typ FrameType) (buf []byte, place int) {
	return append(b, 0, 0, 0, 0, byte(typ)), len(b)
}

// EndFrame enters the length of the frame that begins at place.
func EndFrame(b []byte, place int) []byte {
	binary.LittleEndian.PutUint32(b[place:], uint32(len(b)-place-frameHead))
	return b
}

// A FrameReader cuts a stream into frames.
type FrameReader struct {
	r          io.Reader
	buf        []byte
	start, end int // of what has been read and not handed out

	// Sparing lets a Fill read nothing beyond the frame at hand, so that what
	// follows shows in poll(2).
	Sparing bool
}

// NewFrameReader reads r. A Read that returns fewer bytes than it could is not
// taken for the end.
func NewFrameReader(r io.Reader) *FrameReader { return &FrameReader{r: r} }

// Next reads the next frame. It says io.EOF where the stream ends between two
// frames, and io.ErrUnexpectedEOF where it ends in one. The payload is valid
// until the next call of Next or Fill.
func (f *FrameReader) Next() (Frame, error) {
	for {
		if fr, ok, err := f.Buffered(); ok || err != nil {
			return fr, err
		}
		if err := f.Fill(); err != nil {
			return Frame{}, err
		}
	}
}

// Buffered is the next frame, if all of it has been read.
func (f *FrameReader) Buffered() (fr Frame, ok bool, err error) {
	have := f.buf[f.start:f.end]
	if len(have) < frameHead {
		return Frame{}, false, nil
	}
	size, typ := binary.LittleEndian.Uint32(have), FrameType(have[4])
	switch {
	case size > MaxFrame:
		return Frame{}, false, fmt.Errorf("cannot read a frame: it claims %d bytes, and %d are the most", size, MaxFrame)
	case typ == 0 || typ >= frameTypes:
		return Frame{}, false, fmt.Errorf("cannot read a frame: there is no type %d", typ)
	case len(have) < frameHead+int(size):
		return Frame{}, false, nil
	}
	end := frameHead + int(size)
	f.start += end
	return Frame{typ, have[frameHead:end:end]}, true, nil
}

// Fill reads once.
func (f *FrameReader) Fill() error {
	f.makeRoom()
	space := f.buf[f.end:]
	if f.Sparing {
		space = space[:min(len(space), f.missing())]
	}
	n, err := f.r.Read(space)
	f.end += n
	if n > 0 {
		return nil
	}
	if err == io.EOF && f.end > f.start {
		return io.ErrUnexpectedEOF
	}
	return err
}

// missing is how many bytes of the frame at hand, or of its head, are to come.
func (f *FrameReader) missing() int {
	have := f.end - f.start
	if have < frameHead {
		return frameHead - have
	}
	return frameHead + int(binary.LittleEndian.Uint32(f.buf[f.start:])) - have
}

// makeRoom sees to it that something can be read. The buffer at most doubles,
// when it is full: so it stays below twice what has come.
func (f *FrameReader) makeRoom() {
	if f.start == f.end {
		f.start, f.end = 0, 0
	}
	if f.end < len(f.buf) {
		return
	}
	if f.start >= len(f.buf)/2 && f.start > 0 {
		f.end = copy(f.buf, f.buf[f.start:f.end])
		f.start = 0
		return
	}
	grown := make([]byte, max(readAtOnce, 2*(f.end-f.start)))
	f.end = copy(grown, f.buf[f.start:f.end])
	f.buf, f.start = grown, 0
}

// A Payload is read from its front, field by field. The zero value is what a
// field is after the first that isn't there; Err tells.
type Payload []byte

var errField = errors.New("cannot read a frame: a field is missing or cut short")

// Uint takes a number.
func (p *Payload) Uint() uint64 {
	n, used := binary.Uvarint(*p)
	if used <= 0 {
		p.spoil()
		return 0
	}
	*p = (*p)[used:]
	return n
}

// Uint8 takes a single byte.
func (p *Payload) Uint8() byte {
	if len(*p) == 0 || p.Err() != nil {
		p.spoil()
		return 0
	}
	b := (*p)[0]
	*p = (*p)[1:]
	return b
}

// Bytes takes a string of bytes, which aliases the payload.
func (p *Payload) Bytes() []byte {
	n := p.Uint()
	if n > uint64(len(*p)) {
		p.spoil()
		return nil
	}
	b := (*p)[:n:n]
	*p = (*p)[n:]
	return b
}

// spoil makes everything that follows be missing too.
func (p *Payload) spoil() { *p = spoiled }

// spoiled is told from every other payload by its address.
var spoiled = Payload{0x80}

// Err says whether a field was missing.
func (p *Payload) Err() error {
	if len(*p) == 1 && &(*p)[0] == &spoiled[0] {
		return errField
	}
	return nil
}

// More reports whether there are further fields.
func (p *Payload) More() bool { return len(*p) > 0 && p.Err() == nil }

// AppendUint appends a number.
func AppendUint(b []byte, n uint64) []byte { return binary.AppendUvarint(b, n) }

// AppendBytes appends a string of bytes.
func AppendBytes[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
