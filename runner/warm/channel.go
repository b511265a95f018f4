package warm

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"pmap/ipc"
)

// A channel is what pmap and one interpreter say to each other with: pmap's
// side of it, and until the interpreter has opened its own, that side too.
type channel struct {
	requests, statuses int // this side
	theirs             [2]int
	values             int // shared memory, written anew for each item
	complaints         int // what the interpreter itself writes to stderr
}

// closed is the channel that has no fds.
var closed = channel{-1, -1, [2]int{-1, -1}, -1, -1}

func openChannel() (c channel, err error) {
	c = closed
	if c.theirs[0], c.requests, err = ipc.Pipe(); err == nil {
		c.statuses, c.theirs[1], err = ipc.Pipe()
	}
	if err == nil {
		c.values, err = ipc.Memory()
	}
	if err == nil {
		c.complaints, err = ipc.Memory()
	}
	if err != nil {
		c.close()
		return c, err
	}
	return c, nil
}

// opened closes the interpreter's side, which it has opened for itself: from
// now on its end can be seen.
func (c *channel) opened() {
	for i, fd := range c.theirs {
		closeIf(fd)
		c.theirs[i] = -1
	}
}

func (c *channel) close() {
	c.opened()
	for _, fd := range []int{c.requests, c.statuses, c.values, c.complaints} {
		closeIf(fd)
	}
	*c = closed
}

func closeIf(fd int) {
	if fd >= 0 {
		unix.Close(fd)
	}
}

// put writes the values of the next item and sends for it.
func (c *channel) put(values []byte) error {
	if err := unix.Ftruncate(c.values, 0); err != nil {
		return err
	}
	for off := 0; off < len(values); {
		n, err := unix.Pwrite(c.values, values[off:], int64(off))
		if err != nil && err != unix.EINTR {
			return err
		}
		off += max(n, 0)
	}
	for {
		if _, err := unix.Write(c.requests, []byte{'\n'}); err != unix.EINTR {
			return err
		}
	}
}

// complained reports whether the interpreter has written to its own stderr
// since the last call.
func (c *channel) complained() bool {
	var st unix.Stat_t
	if unix.Fstat(c.complaints, &st) != nil || st.Size == 0 {
		return false
	}
	unix.Ftruncate(c.complaints, 0)
	return true
}

// where is how an interpreter finds its side.
type where struct {
	dir                string
	requests, statuses int
	values, complaints int
}

func (c *channel) where() where {
	return where{fdDir(), c.theirs[0], c.theirs[1], c.values, c.complaints}
}

func fdDir() string { return "/proc/" + strconv.Itoa(os.Getpid()) + "/fd" }

// words are what an interpreter is given.
func (w where) words() []string {
	words := []string{w.dir}
	for _, fd := range []int{w.requests, w.statuses, w.values, w.complaints} {
		words = append(words, strconv.Itoa(fd))
	}
	return words
}
