package chunker

import (
	"bytes"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// A Block is a stretch of a file that holds whole records.
type Block struct {
	Off, Len int64 // in bytes
	First    int64 // number of its first record, from 1
	Records  int64
}

// scanSize is how much of a file is looked at at once: what a core's cache
// holds.
const scanSize = 128 << 10

// Blocks cuts a regular file into blocks that others read. It reads the file
// itself only to find where records end and how many they are, and stays away
// from the file's offset until Close. One goroutine calls Next, any may call
// Interrupt and Bytes.
type Blocks struct {
	in      *Input
	name    string
	delim   byte
	lines   bool
	notice  func(string) // nil once it has spoken
	off     int64        // where the next block begins
	records int64        // of the blocks so far
	err     error        // final: what the next Next returns
	buf     []byte
}

// NewBlocks cuts in, from its present offset on; ok is false where it isn't a
// regular file whose records end in one byte and are all wanted. in stays the
// caller's to close, after the Blocks.
func NewBlocks(in *Input, opt Options) (b *Blocks, ok bool) {
	delim := opt.Delimiter
	if len(delim) == 0 {
		delim = []byte{'\n'}
	}
	off, _, regular := in.extent()
	if !regular || len(delim) != 1 || opt.SkipBlank {
		return nil, false
	}
	b = &Blocks{
		in: in, name: opt.Name, delim: delim[0], lines: opt.Lines, notice: opt.Notice,
		off: off, buf: make([]byte, scanSize),
	}
	if b.name == "" {
		b.name = in.name
	}
	return b, true
}

// FD is the file. It stays the Input's.
func (b *Blocks) FD() int { return b.in.FD() }

// Interrupt makes later calls of Next return ErrInterrupted.
func (b *Blocks) Interrupt() { b.in.interrupt() }

// Close leaves the file's offset behind what has been cut, as reading it would
// have done.
func (b *Blocks) Close() error {
	_, err := unix.Seek(b.in.fd, b.off, io.SeekStart)
	return err
}

// Next returns a block of at most size bytes, or of somewhat more than its
// first record has where that is longer; io.EOF after the last, or
// ErrInterrupted. Errors are final.
func (b *Blocks) Next(size int64) (Block, error) {
	if b.err == nil && b.in.interrupted() {
		b.err = ErrInterrupted
	}
	if b.err != nil {
		return Block{}, b.err
	}
	blk := Block{Off: b.off, First: b.records + 1}
	b.scan(&blk, size)
	b.off += blk.Len
	b.records += blk.Records
	if blk.Records == 0 {
		return Block{}, b.err
	}
	return blk, nil
}

// scan makes blk as long as it is to be.
func (b *Blocks) scan(blk *Block, size int64) {
	cr := false // what was scanned last ends in one
	for at := blk.Off; b.err == nil; {
		left := size - (at - blk.Off)
		if left <= 0 && blk.Records > 0 {
			return
		}
		if left <= 0 {
			left = scanSize
		}
		n, err := pread(b.in.fd, b.buf[:min(left, scanSize)], at)
		switch {
		case err != nil:
			b.err = fmt.Errorf("cannot read %s: %w", b.name, err)
			return
		case n == 0:
			b.err = io.EOF
			if at > blk.Off+blk.Len {
				blk.Len, blk.Records = at-blk.Off, blk.Records+1
				b.noteCR(cr, b.records+blk.Records)
			}
			return
		}
		cr = b.look(blk, at, b.buf[:n], cr)
		at += int64(n)
	}
}

// look takes into account what stands at offset at; cr tells how what comes
// before it ends, and what it returns how this does.
func (b *Blocks) look(blk *Block, at int64, p []byte, cr bool) bool {
	nul := -1
	if b.lines {
		if nul = bytes.IndexByte(p, 0); nul >= 0 {
			p = p[:nul]
		}
		b.lookForCR(p, cr, b.records+blk.Records)
	}
	if last := bytes.LastIndexByte(p, b.delim); last >= 0 {
		blk.Records += int64(bytes.Count(p[:last+1], []byte{b.delim}))
		blk.Len = at + int64(last) + 1 - blk.Off
	}
	if nul >= 0 {
		b.err = nulError(b.name, b.records+blk.Records+1)
	}
	return len(p) > 0 && p[len(p)-1] == '\r'
}

// lookForCR looks for the first line that ends in CR. before is how many ended
// before p.
func (b *Blocks) lookForCR(p []byte, cr bool, before int64) {
	if len(p) > 0 && p[0] == '\n' {
		b.noteCR(cr, before+1)
	}
	for i := 0; b.notice != nil; i++ {
		next := bytes.IndexByte(p[i:], '\r')
		if next < 0 {
			return
		}
		i += next
		b.noteCR(i+1 < len(p) && p[i+1] == '\n', before+1+int64(bytes.Count(p[:i], []byte{'\n'})))
	}
}

func (b *Blocks) noteCR(cr bool, record int64) {
	if cr && b.lines && b.notice != nil {
		b.notice(crNotice(b.name, record))
		b.notice = nil
	}
}

// Bytes reads what stands at an offset.
func (b *Blocks) Bytes(off, n int64) ([]byte, error) {
	p := make([]byte, n)
	if err := b.in.readAt(p, off); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", b.name, err)
	}
	return p, nil
}

func pread(fd int, p []byte, off int64) (int, error) {
	for {
		n, err := unix.Pread(fd, p, off)
		if err != unix.EINTR {
			return n, err
		}
	}
}
