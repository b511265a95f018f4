package runner

import (
	"fmt"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/ipc"
)

const (
	plainPipe = 64 << 10 // bytes that a pipe holds by itself
	largePipe = 1 << 20  // that the stdin of a job is made to hold, where that is allowed
	allPipes  = 32 << 20 // that those of all slots hold together: a user's pipes have a common limit
)

// A feed writes a share into the pipe that is a job's stdin. It writes what
// there is room for and never waits, since the slot has the job's output to
// read meanwhile. Bytes that stand in a file go from there into the pipe
// without being copied, where the system can do that.
type feed struct {
	w     int // the pipe's write end
	share *chunker.Share
	head  []byte // what isn't written of the header
	sent  int64  // bytes of the records that are
	err   error  // the share could not be read
}

// openShare makes the job's stdin a pipe with its share, of which it has the
// beginning already when it starts.
func (j *job) openShare(b *chunker.Share) error {
	r, w, err := ipc.Pipe()
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(w, true); err != nil {
		unix.Close(r)
		unix.Close(w)
		return err
	}
	if b.Size > plainPipe {
		enlargePipe(w, max(plainPipe, min(largePipe, allPipes/j.slot.pool.cfg.Jobs.Slots)))
	}
	j.files[0], j.own[0] = r, true
	j.feed = &feed{w: w, share: b, head: b.Header}
	j.feeding = true
	j.feedMore()
	return j.feed.err
}

// feedMore writes what there is room for.
func (j *job) feedMore() {
	done, err := j.feed.write(j.slot)
	if err != nil {
		j.feed.err = fmt.Errorf("cannot read %s: %w", j.feed.share.From.Name(), err)
		j.slot.pool.fail(j.feed.err)
	}
	if done || err != nil {
		j.stopFeeding()
	}
}

// stopFeeding ends the job's stdin.
func (j *job) stopFeeding() {
	if j.feeding {
		unix.Close(j.feed.w)
		j.feeding = false
	}
}

// write writes until there is no room left. done says that there is nothing
// more to write, or that nobody reads it.
func (f *feed) write(s *slot) (done bool, err error) {
	for len(f.head) > 0 || f.sent < f.share.Size {
		n, err := f.writeSome(s)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return false, nil
		case err == unix.EPIPE:
			return true, nil
		case err != nil:
			return true, err
		case n == 0:
			return true, chunker.ErrShortened
		}
	}
	return true, nil
}

// writeSome writes once. Only a file can have nothing to write.
func (f *feed) writeSome(s *slot) (n int, err error) {
	if len(f.head) > 0 {
		n, err = unix.Write(f.w, f.head)
		f.head = f.head[max(0, n):]
		return n, err
	}
	if b := f.share; b.Data != nil {
		n, err = unix.Write(f.w, b.Data[f.sent:])
	} else {
		n, err = f.pass(s, b.From.FD(), b.Off+f.sent, b.Size-f.sent)
	}
	f.sent += int64(max(0, n))
	return n, err
}

// copy is pass by way of the slot's buffer.
func (f *feed) copy(s *slot, fd int, off, size int64) (int, error) {
	n, err := unix.Pread(fd, s.buffer()[:min(size, readSize)], off)
	if n <= 0 || err != nil {
		return n, err
	}
	return unix.Write(f.w, s.buf[:n])
}
