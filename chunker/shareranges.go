package chunker

import (
	"bytes"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

const (
	leastWindow = 4 << 10
	mostWindow  = 1 << 20
)

// shareRanges divides a regular file by size. It reads only what lies about
// the shares' ends:
//
//	          off          off+size
//	file  ─────|──────────────|───────
//	                 ◄────────┤          the last record's end before,
//	                          ├──►       or else the first beyond
type shareRanges struct {
	in    *Input
	marks marks
	size  int64
	parts int64 // in place of size: how many shares the file is divided into

	off    int64 // of the next share
	begin  int64 // where the first one began
	cuts   int64 // shares so far
	length int64 // of the file, as last seen
	window []byte
}

func newShareRanges(in *Input, opt *ShareOptions, off, length int64) *shareRanges {
	return &shareRanges{
		in: in, marks: newMarks(opt), size: int64(max(1, opt.Size)), parts: int64(opt.Parts),
		off: off, begin: off, length: length,
	}
}

func (r *shareRanges) next() (*Share, error) {
	if r.in.interrupted() {
		return nil, ErrInterrupted
	}
	end, err := r.end()
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", r.in.name, err)
	}
	if end <= r.off {
		unix.Seek(r.in.fd, r.off, io.SeekStart) // as if it had been read
		return nil, io.EOF
	}
	b := &Share{From: r.in, Off: r.off, Size: end - r.off}
	r.off = end
	r.cuts++
	return b, nil
}

// end finds the end of the share that begins at off.
func (r *shareRanges) end() (int64, error) {
	target, beyond := r.off+r.size, int64(0)
	if r.parts > 0 {
		target = max(r.off+1, r.begin+(r.length-r.begin)*(r.cuts+1)/r.parts)
		beyond = target - 1
	}
	if target >= r.length {
		if err := r.look(); err != nil || target >= r.length {
			return r.length, err
		}
	}
	if r.parts == 0 {
		if end, err := r.last(target); err != nil || end > 0 {
			return end, err
		}
		beyond = target + int64(r.marks.end-len(r.marks.both)) // what starts the next one lay outside
	}
	return r.first(max(r.off, beyond))
}

// look finds out how long the file is now: it may be one that grows.
func (r *shareRanges) look() error {
	var st unix.Stat_t
	if err := unix.Fstat(r.in.fd, &st); err != nil {
		return err
	}
	r.length = st.Size
	return nil
}

// last finds the last record that ends between off and target, or 0. It looks
// at the end first.
func (r *shareRanges) last(target int64) (int64, error) {
	window, overlap := r.windows()
	for high := target; ; window = min(4*window, mostWindow) {
		low := max(r.off, high-window)
		p, err := r.read(low, high)
		if err != nil {
			return 0, err
		}
		if n := r.marks.last(p); n > 0 {
			return low + int64(n), nil
		}
		if low == r.off {
			return 0, nil
		}
		high = low + overlap
	}
}

// first finds the first record that ends beyond a place.
func (r *shareRanges) first(beyond int64) (int64, error) {
	window, _ := r.windows()
	low := max(r.off, beyond+1-int64(r.marks.end))
	for ; ; window = min(4*window, mostWindow) {
		high := min(low+window, r.length)
		p, err := r.read(low, high)
		if err != nil {
			return 0, err
		}
		n, resume := r.marks.first(p, 0, int(beyond-low))
		if n >= 0 {
			return low + int64(n), nil
		}
		if high == r.length {
			return high, nil
		}
		low += int64(resume)
	}
}

// windows is how much is read at first, and by how much two windows overlap.
func (r *shareRanges) windows() (window, overlap int64) {
	overlap = int64(len(r.marks.both))
	return max(leastWindow, 2*overlap), overlap
}

// read returns the bytes from low up to high, until the next read.
func (r *shareRanges) read(low, high int64) ([]byte, error) {
	n := int(high - low)
	if len(r.window) < n {
		r.window = make([]byte, n)
	}
	return r.window[:n], r.in.readAt(r.window[:n], low)
}

// header finds the header, which the shares begin behind.
func (r *shareRanges) header(h *ShareHeader) ([]byte, error) {
	for size := int64(firstSlab); ; size *= 2 {
		high := min(r.off+size, r.length)
		p, err := r.read(r.off, high)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", r.in.name, err)
		}
		n, found, err := h.find(p, high == r.length)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", r.in.name, err)
		case found:
			r.off += int64(n)
			r.begin = r.off
			return bytes.Clone(p[:n]), nil
		case high == r.length:
			return nil, io.EOF
		}
	}
}
