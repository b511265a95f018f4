package journal

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/ipc"
)

// syncEvery is how much a power cut can cost.
const syncEvery = time.Second

// ErrInUse says that another process writes to the file.
var ErrInUse = errors.New("another pmap is writing to it")

// A File is one that lines are added to: each by one write at its end, so that
// whatever kills the process leaves whole lines, and at most one torn one at
// the end of a full disk. A regular file is brought to the disk once a second.
//
// Append may be called from many goroutines.
type File struct {
	name  string
	fd    int
	owned bool // Close closes it

	mu    sync.Mutex
	err   error // of a write or sync: nothing is written after it
	dirty atomic.Bool
	quit  chan struct{}
	ended chan struct{}
}

// OpenFile opens a file for adding to it, and makes it where it isn't there.
// A regular one is this process's alone until Close.
func OpenFile(name string) (*File, error) {
	fd, err := openAppending(name)
	if err != nil {
		return nil, fmt.Errorf("cannot open %q: %w", name, err)
	}
	f := &File{name: name, fd: fd, owned: true}
	if !isRegular(fd) {
		return f, nil
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err == unix.EWOULDBLOCK {
		unix.Close(fd)
		return nil, fmt.Errorf("cannot write to %q: %w", name, ErrInUse)
	}
	f.quit, f.ended = make(chan struct{}), make(chan struct{})
	go f.syncLoop()
	return f, nil
}

// LockFolder makes a folder that records are kept in this process's alone, until
// what it returns is closed or the process ends. Where the file system has no
// locks, that is left to luck, as it is for a File.
func LockFolder(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the folder %q: %w", path, err.(*os.PathError).Err)
	}
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == unix.EWOULDBLOCK {
		f.Close()
		return nil, fmt.Errorf("cannot write to %q: %w", path, ErrInUse)
	}
	return f, nil
}

// NewFile adds to what fd is. It stays the caller's.
func NewFile(name string, fd int) *File { return &File{name: name, fd: fd} }

// openAppending waits for a reader where the name is a fifo's.
func openAppending(name string) (fd int, err error) {
	for {
		fd, err = unix.Open(name, unix.O_WRONLY|unix.O_APPEND|unix.O_CREAT|unix.O_CLOEXEC, 0o666)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

func isRegular(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG
}

// FD is the file's descriptor, which stays its own.
func (f *File) FD() int { return f.fd }

// Append adds a line, which ends in a newline. After an error it adds nothing
// any more.
func (f *File) Append(line []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	_, err := ipc.WriteAll(f.fd, line)
	if err != nil {
		f.err = fmt.Errorf("cannot write to %q: %w", f.name, err)
		return f.err
	}
	f.dirty.Store(true)
	return nil
}

// AppendFrom adds what f writes, which nothing else is put into.
func (f *File) AppendFrom(write func(*bufio.Writer) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	w := bufio.NewWriterSize(rawWriter(f.fd), 64<<10)
	err := write(w)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		f.err = fmt.Errorf("cannot write to %q: %w", f.name, err)
	}
	f.dirty.Store(true)
	return f.err
}

// A rawWriter is a file descriptor.
type rawWriter int

func (w rawWriter) Write(p []byte) (int, error) { return ipc.WriteAll(int(w), p) }

func (f *File) syncLoop() {
	defer close(f.ended)
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-f.quit:
			return
		case <-tick.C:
			f.sync()
		}
	}
}

// sync brings what has been written to the disk.
func (f *File) sync() {
	if !f.dirty.Swap(false) {
		return
	}
	if err := fdatasync(f.fd); err != nil && err != unix.EINVAL && err != unix.EINTR {
		f.mu.Lock()
		if f.err == nil {
			f.err = fmt.Errorf("cannot bring %q to the disk: %w", f.name, err)
		}
		f.mu.Unlock()
	}
}

// Close brings everything to the disk and lets go of the file. The error is the
// first that there was. Whoever comes later, such as a job that nobody could wait
// for, writes nothing.
func (f *File) Close() error {
	if f.quit != nil {
		close(f.quit)
		<-f.ended
		f.sync()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.owned {
		unix.Close(f.fd)
	}
	err := f.err
	f.err = cmp.Or(err, os.ErrClosed)
	return err
}
