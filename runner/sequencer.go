package runner

import "sync"

// A sequencer emits the output of jobs in the order of their numbers. It
// holds a window of entries from the head, the job whose turn it is, to the
// highest that has begun.
//
// One goroutine at a time advances the head: whichever ended the head job.
// Others that end meanwhile leave their entry and go on.
type sequencer struct {
	out *output

	mu        sync.Mutex
	head      int64   // number of the job whose turn it is
	window    []entry // ring: the entry of job n is at n % len
	size      int64   // entries from the head on, those not begun included
	waiting   int64   // entries that have ended and wait
	advancing bool
}

type entryState uint8

const (
	absent  entryState = iota // not begun yet
	running                   // or between two tries
	ended
)

// An entry is a job in the window.
type entry struct {
	state entryState
	live  bool
	cost  int32  // bookkeeping counted for it
	task  *Task  // while running; and ended, where its output isn't small
	text  []byte // ended: all its output, where that is a little stdout
}

const (
	entryCost   = 48  // bytes of an entry
	captureCost = 416 // of a task with its capture and segments
)

func newSequencer(out *output) *sequencer {
	return &sequencer{out: out, head: 1, window: make([]entry, 64)}
}

func (q *sequencer) at(seq int64) *entry { return &q.window[seq%int64(len(q.window))] }

// begin enters a try. If it is its job's turn and no later try can replace
// it, it is live from its first byte.
func (q *sequencer) begin(t *Task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.reach(t.Seq())
	e := q.at(t.Seq())
	e.state, e.task = running, t
	if t.Seq() == q.head && t.final && !t.capture.held && !q.advancing {
		e.live, t.capture.live = true, true
	}
}

// reach makes the window hold job seq.
func (q *sequencer) reach(seq int64) {
	q.size = max(q.size, seq-q.head+1)
	if q.size <= int64(len(q.window)) {
		return
	}
	old := q.window
	n := int64(len(old))
	for n < q.size {
		n *= 2
	}
	q.window = make([]entry, n)
	for s := q.head; s < q.head+int64(len(old)); s++ {
		q.window[s%n] = old[s%int64(len(old))]
	}
}

// end says that job t has ended for good. It emits what can be emitted now.
func (q *sequencer) end(t *Task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := q.at(t.Seq())
	e.state = ended
	e.cost = entryCost
	q.waiting++
	if !e.live && (t.Seq() != q.head || q.advancing) {
		e.pack()
	}
	q.out.budget.ledger.Add(int64(e.cost))
	q.advance()
}

// again leaves t's entry to the next try.
func (q *sequencer) again(*Task) {}

// pack keeps of an ended job only its bytes, where those are few and of
// stdout alone, so that a million waiting jobs cost little.
func (e *entry) pack() {
	c := &e.task.capture
	switch {
	case c.lines != nil || c.head != nil || len(c.segs) > 1:
	case len(c.segs) == 0:
		e.task = nil
		return
	case c.segs[0].mem != nil && c.segs[0].stream == stdout:
		e.text = c.segs[0].mem
		e.task = nil
		return
	}
	e.cost += captureCost + int32(cap(c.head))
}

// skip enters a job that never began, or that will get no other try.
func (q *sequencer) skip(seq int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.reach(seq)
	e := q.at(seq)
	*e = entry{state: ended}
	q.waiting++
	q.advance()
}

// commit makes t's present try its last, since its output can wait no longer;
// true where it is t's turn, so that it is live now.
func (q *sequencer) commit(t *Task) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if t.Seq() != q.head {
		return false
	}
	if t.capture.held {
		t.capture.beyond = true
		return true
	}
	t.final = true
	q.advance()
	return true
}

// advance emits the ended jobs at the head and turns the first that still
// runs live. The lock is given up while bytes are written.
func (q *sequencer) advance() {
	if q.advancing {
		return
	}
	q.advancing = true
	for q.size > 0 {
		e := q.at(q.head)
		switch {
		case e.state == ended:
			q.emitHead(*e)
		case e.state == running && e.task.final && !e.task.capture.held && !e.live:
			c := &e.task.capture
			e.live = true // from here on its end must not pack what goLive emits
			q.mu.Unlock()
			c.goLive()
			q.out.freed()
			q.mu.Lock()
		default:
			q.advancing = false
			return
		}
	}
	q.advancing = false
}

// emitHead writes the head's output and moves the head on.
func (q *sequencer) emitHead(e entry) {
	q.mu.Unlock()
	if e.task != nil {
		e.task.capture.finish()
	} else if e.text != nil {
		q.out.emit.mu.Lock()
		q.out.emit.write(stdout, e.text)
		q.out.emit.mu.Unlock()
		q.out.budget.data.Add(-int64(cap(e.text)))
		q.out.spare.give(e.text)
	}
	q.out.budget.ledger.Add(-int64(e.cost))
	q.out.freed()
	q.mu.Lock()
	*q.at(q.head) = entry{}
	q.head++
	q.size--
	q.waiting--
}

// look is what Progress shows: the head, its task if it runs, and how many
// wait behind it.
func (q *sequencer) look() (head int64, t *Task, waiting int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.size > 0 {
		if e := q.at(q.head); e.state == running {
			t = e.task
		}
	}
	return q.head, t, q.waiting
}
