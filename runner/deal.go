package runner

import (
	"sync"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/ipc"
)

// A deal hands out the shares of the input to jobs that go on reading: to
// whichever has room in its stdin first.
//
//	intake ──► queue ──► feed ──► stdin of job 1 … n
//	              └─token─┘
//
// A job's slot can wait for a share, for room and for output at once, since a
// token in a pipe tells of each: a byte for every share in the queue, and one
// for each job once there are no more.
type deal struct {
	r, w int // of the tokens

	jobs int // that read at most

	mu      sync.Mutex
	room    sync.Cond // in the queue, or no use for it
	queue   []*chunker.Share
	readers int  // jobs that read, or will
	atEnd   bool // nothing more comes
}

// dealAhead is how many shares wait to be dealt.
const dealAhead = 1

func newDeal(jobs int) (*deal, error) {
	r, w, err := ipc.Pipe()
	if err != nil {
		return nil, err
	}
	d := &deal{r: r, w: w, jobs: jobs, readers: jobs}
	d.room.L = &d.mu
	unix.SetNonblock(r, true)
	unix.SetNonblock(w, true)
	return d, nil
}

func (d *deal) close() {
	unix.Close(d.r)
	unix.Close(d.w)
}

// put waits until there is room for a share. It reports false where nobody
// reads any more, or the end came first.
func (d *deal) put(s *chunker.Share) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.queue) >= dealAhead && d.readers > 0 && !d.atEnd {
		d.room.Wait()
	}
	if d.readers == 0 || d.atEnd {
		return false
	}
	d.queue = append(d.queue, s)
	d.tell(1)
	return true
}

// end says that no more shares come: jobs get those that wait, and then the
// end of their stdin. It makes put return. Only the first call counts.
func (d *deal) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.atEnd {
		return
	}
	d.atEnd = true
	d.tell(d.jobs)
	d.room.Broadcast()
}

// cut is end where the jobs are about to be ended: they don't get the end of
// their stdin, which they would take for the end of the input.
func (d *deal) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.atEnd = true
	d.room.Broadcast()
}

// tell writes tokens.
func (d *deal) tell(n int) { unix.Write(d.w, make([]byte, n)) }

// take returns a share if there is one. Where there will be none, over is true.
func (d *deal) take() (s *chunker.Share, over bool) {
	var token [1]byte
	if n, _ := unix.Read(d.r, token[:]); n != 1 {
		return nil, false // another job was quicker
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queue) == 0 {
		return nil, d.atEnd
	}
	s, d.queue = d.queue[0], d.queue[1:]
	d.room.Signal()
	return s, false
}

// back returns a share of which nothing has been read.
func (d *deal) back(s *chunker.Share) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = append(d.queue, s)
	d.tell(1)
}

// leave says that a job reads no more. It reports whether that was the last.
func (d *deal) leave() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.readers--
	d.room.Signal()
	return d.readers == 0
}

// leaveDeal is for a job that reads no more, or that never could. After the last
// one the input is left alone.
func (p *Pool) leaveDeal() {
	if p.deal.leave() {
		p.cfg.Chunks.Interrupt()
	}
}

// readDealt waits for a share. The first ones make a job each, the others are
// dealt.
func (p *Pool) readDealt(int) ([]chunker.Chunk, error) {
	c, err := p.cfg.Chunks.Next()
	switch {
	case err != nil:
		p.deal.end()
		return nil, err
	case p.read.Load() < int64(p.cfg.Jobs.Slots):
		c.Seq = p.read.Add(1)
		return []chunker.Chunk{c}, nil
	case !p.deal.put(c.Share):
		return nil, chunker.ErrInterrupted
	}
	return nil, nil
}
