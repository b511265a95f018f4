package chunker

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// An Input is a file descriptor that a Source reads. One goroutine reads it;
// Interrupt of its Source may come from any.
type Input struct {
	fd    int
	name  string // for messages
	owned bool   // Close closes fd
	waits bool   // read(2) may block, so poll(2) comes first
	stops bool   // see StopInBackground

	stopped atomic.Bool

	mu   sync.Mutex // guards bell against Interrupt and Close
	bell *bell      // made by the first read that may block
}

// OpenFile opens a file, fifo or device for reading. It returns at once where
// it can: a fifo that nobody writes to yet makes the first Next wait, not the
// open.
func OpenFile(path string) (*Input, error) {
	fd, err := openRetrying(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open %q: %w", path, err)
	}
	in := newInput(fd, strconv.Quote(path))
	in.owned = true
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
		in.Close()
		return nil, fmt.Errorf("cannot read %q: %w", path, unix.EISDIR)
	}
	return in, nil
}

func openRetrying(path string) (int, error) {
	for {
		fd, err := unix.Open(path, openFlags, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// NewInput reads from fd, which stays the caller's: its flags are never
// changed, and Close leaves it open.
func NewInput(fd int) *Input {
	name := "fd " + strconv.Itoa(fd)
	if fd == 0 {
		name = "standard input"
	}
	return newInput(fd, name)
}

func newInput(fd int, name string) *Input {
	in := &Input{fd: fd, name: name, waits: true}
	var st unix.Stat_t
	if unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
		in.waits = false
	}
	return in
}

// Close releases what the Input holds. It must not be called while a Next
// runs; an Interrupt after it does nothing.
func (in *Input) Close() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.bell != nil {
		in.bell.close()
		in.bell = nil
	}
	if !in.owned || in.fd < 0 {
		return nil
	}
	fd := in.fd
	in.fd = -1
	return unix.Close(fd)
}

func (in *Input) interrupted() bool { return in.stopped.Load() }

// interrupt makes a waiting read, and all later ones, return ErrInterrupted.
// The flag is set before the lock is taken: a reader that makes its bell
// afterwards looks at the flag before it waits.
func (in *Input) interrupt() {
	in.stopped.Store(true)
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.bell != nil {
		in.bell.ring()
	}
}

// read reads what is there, waiting for something if need be: at least one
// byte, io.EOF, ErrInterrupted or what read(2) said.
func (in *Input) read(p []byte) (int, error) { return in.readUntil(p, time.Time{}) }

// errOverdue says that nothing came in time.
var errOverdue = errors.New("nothing to read in time")

// readUntil is read that waits up to a time; zero is for ever. Then it returns
// errOverdue.
func (in *Input) readUntil(p []byte, until time.Time) (int, error) {
	for {
		if err := in.wait(until); err != nil {
			return 0, err
		}
		n, err := unix.Read(in.fd, p)
		switch {
		case err == unix.EINTR, err == unix.EAGAIN && in.waits:
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// wait returns once read(2) won't block, or with ErrInterrupted. What another
// process takes from a shared pipe between poll and read can't be helped: then
// the read waits uninterrupted, unless the pipe is in non-blocking mode.
func (in *Input) wait(until time.Time) error {
	if !in.waits {
		return in.check()
	}
	bell, err := in.hang()
	if err != nil {
		return err
	}
	for {
		if err := in.check(); err != nil {
			return err
		}
		fds := [2]unix.PollFd{
			{Fd: int32(in.fd), Events: unix.POLLIN},
			{Fd: bell, Events: unix.POLLIN},
		}
		n, err := unix.Poll(fds[:], millisecondsUntil(until))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			return errOverdue
		case fds[0].Revents != 0:
			if err := in.foreground(bell); err != nil {
				return err
			}
			return in.check()
		}
	}
}

// millisecondsUntil is a time as poll(2) wants it, rounded up; zero is for ever.
func millisecondsUntil(t time.Time) int {
	if t.IsZero() {
		return -1
	}
	return int(max(0, (time.Until(t)+time.Millisecond-1)/time.Millisecond))
}

// readAt fills p with what a regular file has at off, and leaves its offset as
// it is. That there is less of it is an error.
func (in *Input) readAt(p []byte, off int64) error {
	for len(p) > 0 {
		n, err := unix.Pread(in.fd, p, off)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return err
		case n == 0:
			return ErrShortened
		}
		p, off = p[n:], off+int64(n)
	}
	return nil
}

func (in *Input) check() error {
	if in.stopped.Load() {
		return ErrInterrupted
	}
	return nil
}

// hang makes the bell where there is none yet and returns the fd to poll.
func (in *Input) hang() (int32, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.fd < 0 {
		return 0, fs.ErrClosed
	}
	if in.bell == nil {
		b, err := newBell()
		if err != nil {
			return 0, err
		}
		in.bell = b
	}
	return int32(in.bell.fd()), nil
}
