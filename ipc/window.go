package ipc

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A Window is memory that two processes share, in halves which one of them
// fills in turn and the other empties. Their messages say whose turn it is.
type Window struct {
	fd  int
	mem []byte
}

// NewWindow makes a window with halves of so many bytes.
func NewWindow(half int) (*Window, error) {
	fd, err := sharedMemory(2 * int64(half))
	if err != nil {
		return nil, fmt.Errorf("cannot make shared memory: %w", err)
	}
	return OpenWindow(fd)
}

// OpenWindow maps the window that the other process has made. It takes over
// fd.
func OpenWindow(fd int) (*Window, error) {
	mem, err := mapShared(fd)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("cannot map shared memory: %w", err)
	}
	return &Window{fd, mem}, nil
}

// FD is the memory, CLOEXEC. It stays the window's.
func (w *Window) FD() int { return w.fd }

// Half is one of the halves, by turns as n counts up.
func (w *Window) Half(n int64) []byte {
	half := len(w.mem) / 2
	at := int(n&1) * half
	return w.mem[at : at+half : at+half]
}

// Close unmaps the window.
func (w *Window) Close() error {
	err := unix.Munmap(w.mem)
	if e := unix.Close(w.fd); err == nil {
		err = e
	}
	return err
}
