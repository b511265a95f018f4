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
	requests   int    // socket
	statuses   int    // pipe
	theirs     [2]int // socket, which is the interpreter's stdin, and pipe
	values     int    // shared memory, written anew for an item, or -1,
	size       int    // and its length
	complaints int    // shared memory: what the interpreter itself writes to stderr
	offered    [3]int // what items open as their fds 0 to 2, which isn't the channel's; -1: nothing
	files      [3]int // or what one has of its own, while it runs; -1: it has the interpreter's
	null       int    // what they are between items, which isn't the channel's

	greets   bool // items send a byte, by which they can be asked how they ended
	greeting int  // items that may have done so, and wasn't received
}

// greetingMax is how many greetings are left in the socket. It takes more.
const greetingMax = 64

// closed is the channel that has no fds.
var closed = channel{
	requests: -1, statuses: -1, theirs: [2]int{-1, -1}, values: -1, complaints: -1,
	offered: [3]int{-1, -1, -1}, files: [3]int{-1, -1, -1},
}

// needs are what a channel is made for.
type needs struct {
	own     [3]bool // fds that items have of their own,
	offered [3]int  // those of them that they open for themselves, or -1,
	null    int     // and /dev/null
	values  bool    // memory for the items' values
	greets  bool    // greetings, where the system tells by them what they are for
}

// openChannel makes a channel. What it needs of fds stays the caller's.
func openChannel(n needs) (c channel, err error) {
	c = closed
	c.null, c.offered = n.null, n.offered
	if c.requests, c.theirs[0], err = ipc.SocketPair(); err == nil {
		c.greets = n.greets && knowSenders(c.requests)
		c.statuses, c.theirs[1], err = ipc.Pipe()
	}
	if n.values && err == nil {
		c.values, err = ipc.Memory()
	}
	if err == nil {
		c.complaints, err = ipc.Memory()
	}
	for i, own := range n.own {
		if own && n.offered[i] < 0 && err == nil {
			c.files[i], err = unix.FcntlInt(uintptr(n.null), unix.F_DUPFD_CLOEXEC, 3)
		}
	}
	if err != nil {
		c.close()
	}
	return c, err
}

// hold keeps an item's own files open under the names that the interpreter
// knows, until the item's child has opened them. They stay the caller's.
func (c *channel) hold(files [3]int) error {
	for i, fd := range c.files {
		if fd < 0 {
			continue
		}
		if err := ipc.Replace(fd, files[i]); err != nil {
			return err
		}
	}
	return nil
}

// release lets go of the item's files.
func (c *channel) release() { c.hold([3]int{c.null, c.null, c.null}) }

// opened closes the interpreter's side, which it has for itself now: from now
// on its end can be seen. Reading statuses doesn't block any more.
func (c *channel) opened() {
	unix.SetNonblock(c.statuses, true)
	for i, fd := range c.theirs {
		closeIf(fd)
		c.theirs[i] = -1
	}
}

func (c *channel) close() {
	for _, fd := range []int{c.requests, c.statuses, c.theirs[0], c.theirs[1], c.values, c.complaints, c.files[0], c.files[1], c.files[2]} {
		closeIf(fd)
	}
	*c = closed
}

func closeIf(fd int) {
	if fd >= 0 {
		unix.Close(fd)
	}
}

// store writes the values of the next item.
func (c *channel) store(values []byte) error {
	if len(values) < c.size {
		if err := unix.Ftruncate(c.values, int64(len(values))); err != nil {
			return err
		}
	}
	c.size = len(values)
	for off := 0; off < len(values); {
		n, err := unix.Pwrite(c.values, values[off:], int64(off))
		if err != nil && err != unix.EINTR {
			return err
		}
		off += max(n, 0)
	}
	return nil
}

// call sends for the next item, by what the interpreter reads.
func (c *channel) call(message []byte) error {
	c.makeRoom()
	return ipc.Send(c.requests, message)
}

// makeRoom is for the greeting of an item that is to be sent for.
func (c *channel) makeRoom() {
	if c.greets && c.greeting == greetingMax {
		c.greets = dropGreetings(c.requests)
		c.greeting = 0
	}
	c.greeting++
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

// where is how an interpreter finds its side: the names of files, which are
// empty for those that an item has of the interpreter, and of greets where items
// do not greet.
type where struct {
	statuses, values, complaints string
	files                        [3]string
	greets                       string
}

func (c *channel) where() (w where) {
	w = where{statuses: name(c.theirs[1]), complaints: name(c.complaints)}
	if c.values >= 0 {
		w.values = name(c.values)
	}
	for i, fd := range c.files {
		if fd = max(fd, c.offered[i]); fd >= 0 {
			w.files[i] = name(fd)
		}
	}
	if c.greets {
		w.greets = "greets"
	}
	return w
}

// name is the file name of one of pmap's fds.
func name(fd int) string { return "/proc/" + strconv.Itoa(os.Getpid()) + "/fd/" + strconv.Itoa(fd) }
