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

// A feed writes shares of the input into the pipe that is a job's stdin: one,
// or, from a deal, as many as there are. It writes what there is room for and
// never waits, since the slot has the job's output to read meanwhile. Bytes
// that stand in a file go from there into the pipe without being copied, where
// the system can do that.
type feed struct {
	w     int            // the pipe's write end
	share *chunker.Share // nil: the next is to be had from the deal
	head  []byte         // what isn't written of the header
	sent  int64          // bytes of the share that are

	deal *deal // nil: there is one share
	room bool  // the pipe takes more, so that a share can be asked for
	err  error // a share could not be read
}

// openShare makes the job's stdin a pipe with its share, of which it has the
// beginning already when it starts.
func (j *job) openShare(s *chunker.Share) error {
	r, w, err := ipc.Pipe()
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(w, true); err != nil {
		unix.Close(r)
		unix.Close(w)
		return err
	}
	pool := j.slot.pool
	if s.Size > plainPipe {
		enlargePipe(w, max(plainPipe, min(largePipe, allPipes/pool.cfg.Jobs.Slots)))
	}
	j.files[0], j.own[0] = r, true
	j.feed = &feed{w: w, share: s, head: s.Header, deal: pool.deal}
	j.feeding = true
	j.feedMore()
	return j.feed.err
}

// appendFeed adds what the feed waits for.
func (j *job) appendFeed(set []unix.PollFd) []unix.PollFd {
	f := j.feed
	if f.share != nil || !f.room {
		return append(set, unix.PollFd{Fd: int32(f.w), Events: unix.POLLOUT})
	}
	return append(set, unix.PollFd{Fd: int32(f.w)}, unix.PollFd{Fd: int32(f.deal.r), Events: unix.POLLIN})
}

// feedOn does what is possible after a wait for that.
func (j *job) feedOn(set []unix.PollFd) {
	f := j.feed
	switch {
	case f.share != nil:
		if set[0].Revents != 0 {
			j.feedMore()
		}
	case set[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0:
		j.stopFeeding()
	case !f.room:
		f.room = set[0].Revents != 0
	case set[1].Revents != 0:
		j.feedNext()
	}
}

// feedNext takes a share from the deal.
func (j *job) feedNext() {
	s, over := j.feed.deal.take()
	if s != nil {
		j.feed.share, j.feed.sent, j.feed.room = s, 0, false
		j.feedMore()
	} else if over {
		j.stopFeeding()
	}
}

// feedMore writes what there is room for.
func (j *job) feedMore() {
	f := j.feed
	done, err := f.write(j.slot)
	switch {
	case err == unix.EPIPE:
		j.stopFeeding()
	case err != nil:
		f.fail(err, j.slot.pool)
		j.stopFeeding()
	case done && f.deal == nil:
		j.stopFeeding()
	case done:
		if f.share != j.task.Chunk.Share {
			f.share.Release()
		}
		f.share = nil
	}
}

// fail ends the run, since the share can't be read.
func (f *feed) fail(err error, p *Pool) {
	f.err = fmt.Errorf("cannot read %s: %w", f.share.Name(), err)
	p.fail(f.err)
}

// fed says why the job, which has ended, may not have read what it should have.
// Bytes of a file that were passed on may have changed until they were read,
// where the file became shorter.
func (j *job) fed() error {
	f := j.feed
	if f == nil {
		return nil
	}
	if f.err == nil && f.share != nil && f.share.Shortened() {
		f.fail(chunker.ErrShortened, j.slot.pool)
	}
	return f.err
}

// stopFeeding ends the job's stdin. Where no process has been made that could
// have read it, another start may follow, or the end of the task.
func (j *job) stopFeeding() {
	if !j.feeding {
		return
	}
	f := j.feed
	unix.Close(f.w)
	j.feeding = false
	if f.deal == nil || j.pid == 0 {
		return
	}
	if f.share != nil && f.sent == 0 && f.share != j.task.Chunk.Share {
		f.deal.back(f.share)
	}
	j.task.dealt = true
	j.slot.pool.leaveDeal()
}

// write writes until there is no room left, or nothing: done. The error is
// EPIPE where nobody reads it.
func (f *feed) write(s *slot) (done bool, err error) {
	for len(f.head) > 0 || f.sent < f.share.Size {
		n, err := f.writeSome(s)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return false, nil
		case err != nil:
			return false, err
		case n == 0:
			return false, chunker.ErrShortened
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
