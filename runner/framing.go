package runner

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Framing is how a coprocess finds the ends of its requests, and how its
// answers end.
type Framing int

const (
	FramedByLine   Framing = iota // each ends in a newline
	FramedByNUL                   // each ends in a NUL
	FramedByLength                // four bytes before each: its length, most significant byte first
)

// answerMax is how long an answer can be.
const answerMax = 1 << 30

// Request adds an item to what is sent; the error says why it can't be.
func (f Framing) Request(dst, item []byte) ([]byte, error) {
	switch {
	case f == FramedByLine && bytes.IndexByte(item, '\n') >= 0:
		return dst, errors.New("the item holds a newline, where requests are lines: --coproc-framing nul or length")
	case f == FramedByNUL && bytes.IndexByte(item, 0) >= 0:
		return dst, errors.New("the item holds a NUL, where requests end with one: --coproc-framing length")
	case f == FramedByLength && len(item) > answerMax:
		return dst, fmt.Errorf("the item is longer than %d bytes", answerMax)
	case f == FramedByLength:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(item)))
		return append(dst, item...), nil
	}
	return append(append(dst, item...), f.end()), nil
}

func (f Framing) end() byte {
	if f == FramedByNUL {
		return 0
	}
	return '\n'
}

// answer finds the first answer in what has come: what is shown of it, and how
// many bytes it takes. io.ErrShortBuffer says that it isn't complete; the first
// seen bytes are known to hold no end then.
func (f Framing) answer(got []byte, seen int) (shown []byte, n int, err error) {
	if f != FramedByLength {
		n = bytes.IndexByte(got[seen:], f.end()) + 1
		if n == 0 {
			return nil, 0, io.ErrShortBuffer
		}
		n += seen
		return got[:n], n, nil
	}
	if len(got) < 4 {
		return nil, 0, io.ErrShortBuffer
	}
	size := binary.BigEndian.Uint32(got)
	if size > answerMax {
		return nil, 0, fmt.Errorf("an answer would be %d bytes long", size)
	}
	if n = 4 + int(size); len(got) < n {
		return nil, 0, io.ErrShortBuffer
	}
	return got[4:n], n, nil
}
