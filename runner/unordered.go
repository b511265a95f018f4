package runner

import "sync/atomic"

// A sequence decides when the output of a job may go out.
type sequence interface {
	// begin enters a try, before its process starts.
	begin(t *Task)
	// again says that t is over, and that its job will have another try.
	again(t *Task)
	// end says that t was its job's last try.
	end(t *Task)
	// skip says that the job will have no (other) try.
	skip(seq int64)
	// commit is asked when t's output can neither go out nor be stored: it
	// makes this try the last and live, or reports that it is not t's turn.
	commit(t *Task) bool
	// look is for Progress.
	look() (head int64, t *Task, waiting int64)
}

// unordered is the sequence that emits jobs as they end.
type unordered struct {
	out   *output
	lines bool // emit whole lines as they come

	beyond atomic.Pointer[Task] // the one that may go beyond all room
}

func (u *unordered) begin(t *Task) {
	t.capture.live = u.lines && t.final
}

// again lets another job go beyond all room: it may be what t's next try waits
// for.
func (u *unordered) again(t *Task) { u.beyond.CompareAndSwap(t, nil) }

func (u *unordered) end(t *Task) {
	t.capture.finish()
	u.beyond.CompareAndSwap(t, nil)
	u.out.freed()
}

func (u *unordered) skip(int64) {}

// commit lets one job that has no room left write through, while all others
// wait for the emitter's lock.
func (u *unordered) commit(t *Task) bool {
	if t.capture.held {
		t.capture.beyond = u.beyond.CompareAndSwap(nil, t)
		return t.capture.beyond
	}
	if !u.out.emit.mu.TryLock() {
		return false
	}
	t.final = true
	t.capture.floor = true
	t.capture.goLive()
	return true
}

func (u *unordered) look() (int64, *Task, int64) { return 0, nil, 0 }
