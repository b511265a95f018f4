package runner

import (
	"container/heap"
	"sync"
	"time"

	"pmap/chunker"
)

// maxRetrying is how many jobs may wait for another try before no new ones
// are started: the memory of a run in which everything fails is bounded too.
const maxRetrying = 10_000

const (
	// queueLow is how many chunks are left when the next ones are taken in, so
	// that no slot has to wait for intake to wake up.
	queueLow = 64

	// queueItems is how many items these may have, if they are more than one
	// chunk's: a chunk can have a hundred thousand.
	queueItems = 4096
)

// A scheduler decides what a slot runs next: a retry that is due, otherwise
// the next chunk. It knows no processes.
type scheduler struct {
	tries   int // 0: unlimited
	delay   time.Duration
	crowded func() bool // no new job may start now
	now     func() time.Time

	mu       sync.Mutex
	work     sync.Cond // there may be something for one waiter
	more     sync.Cond // intake may bring more
	queue    []chunker.Chunk
	low      int // chunks of the queue with which the next are taken in
	shares   int // jobs with shares that may wait for another try before no new ones are started
	retries  retryHeap
	idle     int // slots in next
	running  int // tasks out
	atEnd    bool
	stopped  bool
	earliest time.Time   // of the next start, under delay
	timer    *time.Timer // see wakeAfter
}

func newScheduler(tries int, delay time.Duration, shares int, crowded func() bool) *scheduler {
	s := &scheduler{tries: tries, delay: delay, shares: shares, crowded: crowded, now: time.Now}
	s.work.L, s.more.L = &s.mu, &s.mu
	return s
}

// offer hands over what intake has read, waiting until the last is nearly used
// up. It returns how many slots could be put to work besides the idle ones, or -1
// if the run is stopping; then the chunks are kept for leftover.
func (s *scheduler) offer(chunks []chunker.Chunk) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.low = lowFor(chunks)
	for len(s.queue) > s.low && !s.stopped {
		s.more.Wait()
	}
	s.queue = append(s.queue, chunks...)
	if s.stopped {
		return -1
	}
	s.work.Signal()
	return max(0, len(s.queue)-s.idle)
}

// lowFor is how many chunks may be left where those are to follow.
func lowFor(chunks []chunker.Chunk) int {
	switch {
	case chunks[0].Share != nil:
		return 0 // it may be large
	case chunks[0].Block != nil:
		return blocksAhead
	}
	if len(chunks) > batchMax {
		return len(chunks) / 2 // for workers, which take many at a time
	}
	return max(1, min(queueLow, queueItems/max(1, len(chunks[0].Items))))
}

// end says that there will be no more chunks.
func (s *scheduler) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.atEnd = true
	s.work.Broadcast()
}

// next waits for a task to run. ok is false when the run is over or stopped.
func (s *scheduler) next() (t *Task, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle++
	defer func() { s.idle-- }()
	for !s.stopped {
		t, wait := s.pick()
		if t != nil {
			s.running++
			if len(s.queue)+len(s.retries) > 0 && s.idle > 1 {
				s.work.Signal()
			}
			return t, true
		}
		if s.atEnd && len(s.queue) == 0 && len(s.retries) == 0 && s.running == 0 {
			s.work.Broadcast()
			return nil, false
		}
		if wait > 0 {
			s.wakeAfter(wait)
		}
		s.work.Wait()
	}
	return nil, false
}

// take is next for up to n tasks at once, of which one of so many slots gets
// its share. Without wait it returns none where it would have to wait.
func (s *scheduler) take(n, slots int, wait bool) []*Task {
	var tasks []*Task
	if wait {
		t, ok := s.next()
		if !ok {
			return nil
		}
		tasks = append(tasks, t)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n = min(n, max(1, (len(s.queue)+len(tasks))/slots))
	for len(tasks) < n && !s.stopped {
		t, _ := s.pick()
		if t == nil {
			break
		}
		s.running++
		tasks = append(tasks, t)
	}
	return tasks
}

// untouched takes back a task that was not begun after all. It gets its turn
// before any other.
func (s *scheduler) untouched(t *Task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if t.Chunk.Block == nil { // which is gone on with
		t = &Task{Chunk: t.Chunk, Try: t.Try, final: s.tries > 0 && t.Try >= s.tries}
	}
	heap.Push(&s.retries, t)
	s.work.Signal()
}

// pick takes what may start now, or says when to look again (0: not before
// something happens).
func (s *scheduler) pick() (*Task, time.Duration) {
	var wait time.Duration
	if s.delay > 0 {
		if wait = s.earliest.Sub(s.now()); wait > 0 {
			return nil, wait
		}
	}
	t := s.pickRetry(&wait)
	if t == nil && len(s.queue) > 0 && len(s.retries) < s.mostRetrying() && (s.running == 0 || !s.crowded()) {
		t = s.pickNew()
	}
	if t != nil && s.delay > 0 && t.Chunk.Done == nil {
		s.earliest = s.now().Add(s.delay)
	}
	return t, wait
}

// mostRetrying is how many jobs may wait for another try before the next is
// started.
func (s *scheduler) mostRetrying() int {
	if b := s.queue[0].Share; b != nil && b.Data != nil {
		return s.shares
	}
	return maxRetrying
}

func (s *scheduler) pickRetry(wait *time.Duration) *Task {
	if len(s.retries) == 0 {
		return nil
	}
	if d := s.retries[0].due.Sub(s.now()); d > 0 {
		*wait = d
		return nil
	}
	return heap.Pop(&s.retries).(*Task)
}

func (s *scheduler) pickNew() *Task {
	t := &Task{Chunk: s.queue[0], Try: 1, final: s.tries == 1}
	s.queue = s.queue[1:]
	if len(s.queue) == s.low {
		s.more.Signal()
	}
	return t
}

// done takes a task back that has ended for good.
func (s *scheduler) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if s.atEnd && s.running == 0 {
		s.work.Broadcast()
	}
}

// again takes a task back for another try at the given time.
func (s *scheduler) again(t *Task, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	next := &Task{Chunk: t.Chunk, Try: t.Try + 1, due: due}
	next.final = s.tries > 0 && next.Try >= s.tries
	heap.Push(&s.retries, next)
	s.work.Signal()
}

// takeRetry takes job seq's next try, if that is due. Where the run is stopped
// it is not to be run any more: over.
func (s *scheduler) takeRetry(seq int64) (t *Task, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range s.retries {
		if t.Seq() == seq && (s.stopped || !t.due.After(s.now())) {
			heap.Remove(&s.retries, i)
			s.running++
			return t, s.stopped
		}
	}
	return nil, false
}

// wake lets the idle slots look again.
func (s *scheduler) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.work.Broadcast()
}

// wakeAfter has the slots look again then; the caller holds mu.
func (s *scheduler) wakeAfter(wait time.Duration) {
	if s.timer == nil {
		s.timer = time.AfterFunc(wait, s.wake)
		return
	}
	s.timer.Reset(wait)
}

// stop makes next and offer return at once, and forever.
func (s *scheduler) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	if s.timer != nil {
		s.timer.Stop()
	}
	s.work.Broadcast()
	s.more.Broadcast()
}

// leftover is what was read and will not be run (again): retries by number,
// then the queue. It is called when every slot and intake have ended.
func (s *scheduler) leftover() (retrying []*Task, unstarted []chunker.Chunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.retries, s.queue
}

// look is for Progress.
func (s *scheduler) look() (running, retrying int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running, len(s.retries)
}

// drained reports whether nothing waits to be run any more, as far as the
// tasks out leave it so.
func (s *scheduler) drained() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped || s.atEnd && len(s.queue) == 0 && len(s.retries) == 0
}

// A retryHeap orders tasks by when they are due, then by number.
type retryHeap []*Task

func (h retryHeap) Len() int { return len(h) }
func (h retryHeap) Less(i, j int) bool {
	if !h[i].due.Equal(h[j].due) {
		return h[i].due.Before(h[j].due)
	}
	return h[i].Seq() < h[j].Seq()
}
func (h retryHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *retryHeap) Push(x any)   { *h = append(*h, x.(*Task)) }
func (h *retryHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return t
}
