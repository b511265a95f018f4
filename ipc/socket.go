package ipc

import (
	"io"

	"golang.org/x/sys/unix"
)

// A Conn is one end of a connection between two processes of pmap: frames, and
// fds that travel with them. One goroutine reads it and one writes it. All is
// done by system calls that block their thread alone.
type Conn struct {
	fd  int
	in  *FrameReader
	fds []int // that have come and were not taken
}

// NewConn takes over a connected socket.
func NewConn(fd int) *Conn {
	c := &Conn{fd: fd}
	c.in = NewFrameReader(socketReader{c})
	return c
}

// FD is the socket; it stays the Conn's.
func (c *Conn) FD() int { return c.fd }

// SetSparing is FrameReader.Sparing.
func (c *Conn) SetSparing() { c.in.Sparing = true }

// Read waits for the next frame, as FrameReader.Next does.
func (c *Conn) Read() (Frame, error) { return c.in.Next() }

// Buffered is a frame that has been read already.
func (c *Conn) Buffered() (Frame, bool, error) { return c.in.Buffered() }

// Fill reads once.
func (c *Conn) Fill() error { return c.in.Fill() }

// TakeFDs is what came with the frames so far. They are the caller's from now
// on, and CLOEXEC.
func (c *Conn) TakeFDs() []int {
	fds := c.fds
	c.fds = nil
	return fds
}

// Write sends whole frames, and fds with the first of their bytes.
func (c *Conn) Write(frames []byte, fds ...int) error {
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	for len(frames) > 0 {
		n, err := unix.SendmsgN(c.fd, frames, rights, nil, noSignal)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		frames, rights = frames[n:], nil
	}
	return nil
}

// TryWrite sends what can be sent at once and returns what is left.
func (c *Conn) TryWrite(frames []byte) (left []byte, err error) {
	for len(frames) > 0 {
		n, err := unix.SendmsgN(c.fd, frames, nil, nil, noSignal|unix.MSG_DONTWAIT)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return frames, nil
		case err != nil:
			return frames, err
		}
		frames = frames[n:]
	}
	return nil, nil
}

// Send sends data as a stream, and waits where there is no room. What there is
// room for goes without a word to Go's scheduler: the kernel often lets the one
// who gets it run at once, and Go would take it that the call waits.
func Send(socket int, data []byte) error {
	n, err := sendNow(socket, data)
	for data = data[n:]; len(data) > 0 && err == nil; data = data[n:] {
		if n, err = unix.SendmsgN(socket, data, nil, nil, noSignal); err == unix.EINTR {
			n, err = 0, nil
		}
	}
	return err
}

// CloseWrite tells the other side that nothing more will come.
func (c *Conn) CloseWrite() error { return unix.Shutdown(c.fd, unix.SHUT_WR) }

// Close closes the socket and what came and was not taken.
func (c *Conn) Close() error {
	for _, fd := range c.TakeFDs() {
		unix.Close(fd)
	}
	err := unix.Close(c.fd)
	c.fd = -1
	return err
}

// A socketReader reads a Conn's socket and collects the fds that come.
type socketReader struct{ c *Conn }

// maxFDs is how many fds one message brings at most.
const maxFDs = 3

func (s socketReader) Read(p []byte) (int, error) {
	var oob [64]byte // more than the space of maxFDs
	for {
		n, oobn, _, _, err := unix.Recvmsg(s.c.fd, p, oob[:], receiveCloexec)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return 0, err
		}
		if oobn > 0 {
			s.c.fds = append(s.c.fds, rights(oob[:oobn])...)
		}
		if n == 0 {
			return 0, io.EOF
		}
		return n, nil
	}
}

func rights(oob []byte) (fds []int) {
	messages, _ := unix.ParseSocketControlMessage(oob)
	for i := range messages {
		got, _ := unix.ParseUnixRights(&messages[i])
		fds = append(fds, got...)
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
	}
	return fds
}
