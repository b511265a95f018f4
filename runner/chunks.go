package runner

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"pmap/startmode"
)

const (
	chunksInFlight = 2  // one that is run, and one that is there when it ends
	barrenMax      = 20 // workers lost in a row that did nothing at all
	overdueTicks   = 20 // looks at a task within its timeout
)

// A chunkEngine feeds one worker, several tasks to a message:
//
//	scheduler ──► chunk ──► worker ──► answers ──► settle
//	    ▲                      │ lost
//	    └──── the untouched ───┘
//
// A worker that is lost costs the task that it was running one try. What it
// had not begun goes back to the scheduler as it was.
type chunkEngine struct {
	slot   *slot
	worker Worker
	flight *flight // the slot's
	chunks []chunk // that flight is made of
	given  int     // tasks that this worker got
	barren int
	sizer  sizer

	current int // place in flight of what the worker runs, and since when
	since   time.Time
	paused  time.Duration // of the run until then
}

// A chunk is a message on its way: how many of its tasks are unanswered.
type chunk struct {
	left, tasks int
	took        time.Duration
}

func (e *chunkEngine) loop() {
	for e.fill() {
		e.step()
	}
	e.retire()
}

func (e *chunkEngine) close() {
	if e.worker != nil {
		e.worker.Close()
		e.worker, e.given = nil, 0
	}
}

// fill sends what may be sent now. Where nothing is in flight it waits for a
// task; false says that there will be none.
func (e *chunkEngine) fill() bool {
	for len(e.chunks) < e.depth() {
		n, ok := e.room()
		if !ok {
			return e.flight.size() > 0
		}
		if n == 0 {
			break
		}
		tasks := e.slot.takeTasks(n, e.flight.size() == 0)
		if len(tasks) == 0 {
			break
		}
		if tasks, ok = e.begin(tasks); !ok {
			return false
		}
		if len(tasks) > 0 {
			e.send(tasks)
		}
	}
	return e.flight.size() > 0
}

// depth is how many chunks may be on their way.
func (e *chunkEngine) depth() int {
	if e.onebyone() {
		return 1
	}
	return chunksInFlight
}

// onebyone reports whether a task must not be sent before the last has its
// answer: what has been sent starts when it will, and can't be held back.
func (e *chunkEngine) onebyone() bool {
	cfg := &e.slot.pool.cfg
	return cfg.Jobs.Delay > 0 || cfg.Halt.When != HaltNever
}

// room is how many tasks can be sent, making a worker where there is none; ok
// is false where there can't be one.
func (e *chunkEngine) room() (n int, ok bool) {
	opt := &e.slot.pool.cfg.Chunking
	if opt.MaxTasks > 0 && e.given >= opt.MaxTasks {
		if e.flight.size() > 0 {
			return 0, true
		}
		e.retire()
	}
	if n = e.sizer.next(opt.Size); e.onebyone() || e.slot.pool.cfg.Blocks != nil {
		n = 1 // a block is a chunk by itself
	}
	if opt.MaxTasks > 0 {
		n = min(n, opt.MaxTasks-e.given)
	}
	if e.worker != nil {
		n = min(n, e.worker.Room())
	}
	return n, true
}

// begin makes the worker for tasks, if there is none. left are those that are the
// slot's still; ok is false where there can't be a worker.
func (e *chunkEngine) begin(tasks []*Task) (left []*Task, ok bool) {
	if e.worker != nil {
		return tasks, true
	}
	return e.slot.engage(tasks, func() error {
		w, err := e.slot.pool.cfg.Worker(e.slot.place)
		if err == nil {
			e.worker = w
		}
		return err
	})
}

// send sends tasks as one chunk.
func (e *chunkEngine) send(tasks []*Task) {
	p := e.slot.pool
	now := time.Now()
	if e.flight.size() == 0 {
		e.watch(-1)
	}
	for _, t := range tasks {
		p.arm(t, e.slot.number, now)
		p.seq.begin(t)
		if p.cfg.Observer != nil {
			p.cfg.Observer.Started(t)
		}
	}
	e.flight.add(tasks...)
	e.chunks = append(e.chunks, chunk{left: len(tasks), tasks: len(tasks)})
	e.given += len(tasks)
	if err := e.worker.Send(tasks); err != nil {
		e.failed(err)
	}
}

// step waits for the worker, and settles what it has answered.
func (e *chunkEngine) step() {
	looked := time.Now()
	answers, err := e.worker.Step(e.patience())
	for i := range answers {
		e.answered(&answers[i])
	}
	switch {
	case err != nil:
		e.failed(err)
	case e.overdue(looked):
		e.lost(TimedOut, "")
	}
}

// failed gives the worker up, and the run where no other could do better.
func (e *chunkEngine) failed(err error) {
	var fault *startmode.WorkerFault
	if errors.As(err, &fault) {
		e.slot.pool.fail(fault)
		e.lost(Cancelled, "")
		return
	}
	e.lost(WorkerLost, lossReason(err))
}

// lossReason is what is worth telling about a worker's end.
func lossReason(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		return ""
	}
	return err.Error()
}

// answered settles one task, which is always the first in flight.
func (e *chunkEngine) answered(a *Answer) {
	p := e.slot.pool
	e.barren = 0
	if a.Records > 0 && !a.last() {
		e.partAnswered(a)
		return
	}
	if e.flight.shift() == nil {
		return
	}
	if e.current > 0 {
		e.current--
	} else {
		e.watch(0)
	}
	c := &e.chunks[0]
	c.left--
	c.took += a.Took
	if c.left == 0 {
		e.sizer.add(c.tasks, c.took)
		e.chunks = e.chunks[1:]
	}
	if a.Records > 0 {
		e.partAnswered(a)
		return
	}
	if p.ending.Load() != 0 && !p.cfg.Retry.succeeds(a.Status) {
		a.Status.Kind = Cancelled
	}
	p.settle(&Result{Task: a.Task, Status: a.Status, Reason: a.Reason, Took: a.Took})
}

// last reports whether with these records all of the block have their answer.
func (a *Answer) last() bool {
	return a.Task.answered.Records+a.Records == a.Task.Chunk.Block.Records
}

// partAnswered settles records of a block. With the last ones its output may go
// out, and hang in that.
func (e *chunkEngine) partAnswered(a *Answer) {
	p := e.slot.pool
	if !a.Task.singly {
		p.timed(a.Len, a.Took)
	}
	p.partDone(a.Task, a.Records, a.Records, a.Len)
}

// whyLost is what ends workers that have done nothing wrong.
const whyLost = "what --init does, a lack of memory or a limit may be what ends them"

// lost ends the worker, if it still runs, and settles what it leaves: the task
// that it is running now ended so, the others count as not begun.
func (e *chunkEngine) lost(how Kind, reason string) {
	p := e.slot.pool
	current := e.worker.Current()
	if how == TimedOut {
		current = e.current // it may have got further since
	}
	e.close()
	flight := e.flight.takeAll()
	e.chunks = nil
	e.sizer.again()
	if current >= 0 {
		e.barren = 0
	} else if e.barren++; e.barren > barrenMax {
		p.fail(fmt.Errorf("workers end before they do anything, %d in a row: %s", e.barren, cmp.Or(reason, whyLost)))
	}
	for i, t := range flight {
		switch {
		case i == current && t.Chunk.Block != nil:
			p.blockLost(t, e.lostStatus(how), reason)
		case i == current:
			p.settle(&Result{Task: t, Status: e.lostStatus(how), Reason: reason, Took: time.Since(e.since)})
		case p.ending.Load() != 0:
			p.giveBack(t)
		default:
			t.capture.discard()
			p.sched.untouched(t)
		}
	}
}

func (e *chunkEngine) lostStatus(how Kind) Status {
	switch {
	case e.slot.pool.ending.Load() != 0:
		return Status{Kind: Cancelled}
	case how == TimedOut:
		return Status{Kind: TimedOut, Code: 124}
	}
	return Status{Kind: WorkerLost, Code: 1}
}

// retire ends a worker that has nothing left to do.
func (e *chunkEngine) retire() {
	if e.worker == nil {
		return
	}
	e.worker.Retire()
	var err error
	for err == nil && (e.slot.pool.ending.Load() == 0 || !e.overdue(time.Now())) {
		_, err = e.worker.Step(e.patience())
	}
	var fault *startmode.WorkerFault
	if errors.As(err, &fault) && e.slot.pool.unbroken() {
		e.slot.pool.notice(fault.Error())
	}
	e.close()
}

// patience is how long the slot may wait before it looks at the time.
func (e *chunkEngine) patience() time.Duration {
	if e.slot.pool.ending.Load() != 0 {
		return waitTick
	}
	if limit, ok := e.slot.pool.limit(); ok {
		return min(max(limit/overdueTicks, time.Millisecond), medianTick)
	}
	if e.slot.pool.cfg.Jobs.Timeout.Percent > 0 {
		return medianTick
	}
	return never
}

// overdue reports whether the worker had been at one task for too long at a time
// from which on answers have been looked for, see job.mind. Until it has begun
// one, time is that of its start and of its --init.
func (e *chunkEngine) overdue(looked time.Time) bool {
	p := e.slot.pool
	if at := p.killAt.Load(); p.ending.Load() != 0 && looked.UnixNano() > at {
		return true
	}
	limit, ok := p.limit()
	if !ok || p.ending.Load() != 0 || e.flight.size() == 0 {
		return false
	}
	at := e.worker.Current()
	if at != e.current {
		e.watch(at)
	}
	return at >= 0 && looked.Sub(e.since)-(p.suspendedFor()-e.paused) > limit
}

// watch notes that the worker has just begun what is at that place; -1: that it
// has something to begin.
func (e *chunkEngine) watch(at int) {
	e.current, e.since, e.paused = at, time.Now(), e.slot.pool.suspendedFor()
}
