package warm

import (
	"bytes"
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
	values     int    // shared memory, written anew for each item,
	size       int    // and its length
	complaints int    // shared memory: what the interpreter itself writes to stderr
	dir        string // where the interpreter finds all these, and the items their files

	greets   bool // items send a byte, by which they can be asked how they ended
	greeting int  // items that may have done so, and wasn't received
}

// greetingMax is how many greetings are left in the socket. It takes more.
const greetingMax = 64

// closed is the channel that has no fds.
var closed = channel{requests: -1, statuses: -1, theirs: [2]int{-1, -1}, values: -1, complaints: -1}

// openChannel makes a channel. greets asks for greetings, where the system
// tells by them what they are for.
func openChannel(greets bool) (c channel, err error) {
	c = closed
	c.dir = "/proc/" + strconv.Itoa(os.Getpid()) + "/fd/"
	if c.requests, c.theirs[0], err = ipc.SocketPair(); err == nil {
		c.greets = greets && knowSenders(c.requests)
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
	}
	return c, err
}

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
	for _, fd := range []int{c.requests, c.statuses, c.theirs[0], c.theirs[1], c.values, c.complaints} {
		closeIf(fd)
	}
	*c = closed
}

func closeIf(fd int) {
	if fd >= 0 {
		unix.Close(fd)
	}
}

// put writes the values of the next item and sends for it, by what the
// interpreter reads.
func (c *channel) put(values []byte, call string) error {
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
	c.makeRoom()
	for {
		if _, err := unix.Write(c.requests, []byte(call)); err != unix.EINTR {
			return err
		}
	}
}

// makeRoom is for the greeting of an item that is to be sent for.
func (c *channel) makeRoom() {
	if c.greets && c.greeting == greetingMax {
		c.itemEnd()
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

// where is how an interpreter finds its side.
type where struct{ statuses, values, complaints string }

func (c *channel) where() where {
	return where{c.name(c.theirs[1]), c.name(c.values), c.name(c.complaints)}
}

// name is the file name of one of pmap's fds.
func (c *channel) name(fd int) string { return c.dir + strconv.Itoa(fd) }

// A told is what a shell says of itself when it is ready.
type told struct {
	requests, stdout, stderr int  // its fds: the socket, and what it was given as 1 and 2
	back                     bool // there is something for items to evaluate first
}

// parseReady reads the line; ok is false where it says something else.
func parseReady(line []byte) (t told, ok bool) {
	words := bytes.Fields(line)
	if len(words) == 0 || string(words[0]) != "ready" {
		return t, false
	}
	var n [4]int
	for i := range min(len(n), len(words)-1) {
		n[i], _ = strconv.Atoi(string(words[1+i]))
	}
	return told{n[0], n[1], n[2], n[3] > 0}, true
}
