package cmd

import (
	"bytes"
	"io"

	"golang.org/x/sys/unix"
)

const (
	mostCounted = 1 << 30   // bytes: reading more of a file only to count isn't worth it
	countBuffer = 256 << 10 // bytes
)

// A countable is a regular file whose items can be counted without reading
// them from where the run does.
type countable struct {
	path  string // or, where empty,
	fd    int    // which stays the caller's, and whose offset stays as it is
	from  int64  // where the items begin
	delim byte
	taken func(int64) int64 // how many of so many records are items
}

// countable returns the input where its items can be counted, else nil.
func (o *inputOptions) countable(words *commandLine, stdin int) *countable {
	delim := o.delim()
	if len(words.sources) != 1 || o.columns.csv {
		return nil
	}
	src := &words.sources[0]
	st, ok := src.stat(stdin)
	if !ok || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size > mostCounted ||
		len(delim) != 1 || o.skipBlank || o.endMark != "" {
		return nil
	}
	taken := func(n int64) int64 { return o.selection.of(max(0, n-o.columns.headers())) }
	if src.file != standardInput {
		return &countable{path: src.file, delim: delim[0], taken: taken}
	}
	from, err := unix.Seek(stdin, 0, io.SeekCurrent)
	if err != nil {
		return nil
	}
	return &countable{fd: stdin, from: from, delim: delim[0], taken: taken}
}

// count returns the number of items, or -1 where it can't be told or stop is
// closed first.
func (c *countable) count(stop <-chan struct{}) int64 {
	fd := c.fd
	if c.path != "" {
		opened, err := unix.Open(c.path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			return -1
		}
		defer unix.Close(opened)
		fd = opened
	}
	n := countRecords(fd, c.from, c.delim, stop)
	if n < 0 {
		return n
	}
	return c.taken(n)
}

func countRecords(fd int, off int64, delim byte, stop <-chan struct{}) (items int64) {
	buf := make([]byte, countBuffer)
	last := delim
	for {
		select {
		case <-stop:
			return -1
		default:
		}
		n, err := unix.Pread(fd, buf, off)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return -1
		case n == 0 && last != delim:
			return items + 1
		case n == 0:
			return items
		}
		items += int64(bytes.Count(buf[:n], []byte{delim}))
		last = buf[n-1]
		off += int64(n)
	}
}
