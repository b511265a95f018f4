package runner

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/ipc"
	"pmap/runner/template"
	"pmap/startmode"
)

// CoprocOptions say how a program that answers items is spoken to.
type CoprocOptions struct {
	Framing Framing
	Window  int // items that may be unanswered; 0: as many as make coprocBytes
}

const (
	coprocBytes = 64 << 10              // of requests unanswered
	coprocTake  = 512                   // tasks taken at once
	coprocTick  = 20 * time.Millisecond // between looks for more items while answers are awaited
	coprocLeave = 5 * time.Second       // for a program to end once it has closed its stdout
	coprocMute  = 10 * time.Second      // without a first answer, after which the user is told
)

// A coprocEngine keeps one program running, which the template starts, and
// sends it items as requests. Each is answered once, and in order:
//
//	scheduler ──► flight ──► stdin of the program ──► stdout ──► settle
//	    ▲            │ crash
//	    └── all but the first
//
// A program may keep answers in its buffer until more requests fill that, or
// until its input ends. So requests are sent ahead, and once there will be no
// more items, or none before there is room for more output, the input is closed
// while answers are still awaited.
type coprocEngine struct {
	slot    *slot
	framing Framing
	window  int

	pid     int
	pidfd   int       // -1: the program's end shows in its output's alone, or
	gone    bool      // it has ended, and somebody else holds its output
	lull    lull      // since then
	in, out int       // -1: closed
	late    bool      // the program is being ended for one item's time,
	killAt  time.Time // by force from then on
	broken  bool      // it doesn't read on

	flight *flight // the slot's
	sizes  []int   // of their requests
	bytes  int     // of all that is unanswered
	mean   int     // bytes of a request, roughly
	send   []byte
	got    []byte
	seen   int  // bytes of got that hold no end of an answer
	idle   bool // nothing was answered in the last tick
	mute   bool // nor anything before, by this program

	since  time.Time // the first in flight is waited for, and
	paused time.Duration
}

func newCoprocEngine(s *slot) *coprocEngine {
	opt := s.pool.cfg.Coproc
	return &coprocEngine{slot: s, flight: &s.flight, framing: opt.Framing, window: opt.Window, pidfd: -1, in: -1, out: -1, mean: 64}
}

func (e *coprocEngine) loop() {
	e.slot.prepare()
	for e.fill() {
		e.step()
	}
}

// close ends a program that still runs: the run is over.
func (e *coprocEngine) close() {
	if e.pid != 0 {
		e.end()
	}
}

// fill takes what may be sent now, and closes the program's input where there
// will be nothing more. Where nothing is in flight it waits; false says that
// all is done.
func (e *coprocEngine) fill() bool {
	if e.pid != 0 && (e.in < 0 || e.gone) {
		return true // until it has ended
	}
	p := e.slot.pool
	wait := e.flight.size() == 0
	if n := e.room(); n > 0 {
		tasks := e.slot.takeTasks(n, wait)
		if len(tasks) == 0 && wait {
			if e.pid == 0 {
				return false
			}
			e.closeInput()
			return true
		}
		e.accept(tasks)
	}
	if len(e.send) == 0 && (p.sched.drained() || e.starved()) {
		e.closeInput()
	}
	return true
}

// starved reports whether the program may keep answers until it gets more items,
// of which there are none before there is room for output: maybe that of these.
func (e *coprocEngine) starved() bool {
	return e.idle && e.flight.size() > 0 && e.slot.pool.crowded()
}

// room is how many tasks may be taken now: a share of those that fit.
func (e *coprocEngine) room() int {
	if e.window > 0 {
		return min(e.window-e.flight.size(), coprocTake)
	}
	switch {
	case e.flight.size() == 0:
		return coprocTake
	case e.bytes >= coprocBytes || e.bytes > coprocBytes/2 && !e.idle:
		return 0
	}
	return max(1, min((coprocBytes-e.bytes)/e.mean, coprocTake))
}

// accept makes requests of tasks.
func (e *coprocEngine) accept(tasks []*Task) {
	p := e.slot.pool
	if len(tasks) > 0 {
		tasks = e.begin(tasks)
	}
	now := time.Now()
	for _, t := range tasks {
		p.arm(t, e.slot.number, now)
		p.seq.begin(t)
		if p.cfg.Observer != nil {
			p.cfg.Observer.Started(t)
		}
		before := len(e.send)
		send, err := e.framing.Request(e.send, t.Chunk.Items[0].Text())
		if err != nil {
			p.settle(&Result{Task: t, Status: Status{Kind: Refused, Code: 1}, Reason: err.Error()})
			continue
		}
		e.send = send
		if e.flight.size() == 0 {
			e.watch()
		}
		size := len(send) - before
		e.flight.add(t)
		e.sizes = append(e.sizes, size)
		e.bytes += size
		e.mean += (size - e.mean) / 16
		e.mean = max(1, e.mean)
	}
}

// begin starts the program for tasks, if it doesn't run. It returns those that
// are the slot's still: none where there can't be a program.
func (e *coprocEngine) begin(tasks []*Task) (left []*Task) {
	if e.pid == 0 {
		tasks, _ = e.slot.engage(tasks, e.start)
	}
	return tasks
}

func (e *coprocEngine) start() error {
	s := e.slot
	theirIn, in, err := ipc.Pipe()
	if err != nil {
		return &startmode.StartError{Op: "fork", Path: s.pool.cfg.Template.Source(), Err: unix.EMFILE}
	}
	defer unix.Close(theirIn)
	out, theirOut, err := ipc.Pipe()
	if err != nil {
		unix.Close(in)
		return &startmode.StartError{Op: "fork", Path: s.pool.cfg.Template.Source(), Err: unix.EMFILE}
	}
	defer unix.Close(theirOut)
	if err := s.pool.cfg.Template.Render(&s.argv, template.Job{Slot: s.number}); err != nil {
		return err
	}
	path, err := s.paths.lookup(&s.argv)
	if err == nil {
		e.pid, err = s.pool.cfg.Starter.Start(&startmode.Spec{
			Path: path, Argv: &s.argv, Env: &s.env, Group: s.pool.cfg.Jobs.Group, Cell: s.cell,
			Files: [3]int{theirIn, theirOut, s.pool.cfg.Output.Fds[1]},
		})
	}
	if err != nil {
		e.pid = 0
		unix.Close(in)
		unix.Close(out)
		return err
	}
	atomic.StoreInt32(s.cell, int32(e.pid))
	unix.SetNonblock(in, true)
	unix.SetNonblock(out, true)
	e.in, e.out, e.late, e.broken = in, out, false, false
	e.gone, e.lull, e.mute = false, lull{}, true
	if e.pidfd, err = startmode.OpenPIDFD(e.pid); err != nil {
		e.pidfd = -1
	}
	e.joinEnding()
	return nil
}

// joinEnding is for a program that came too late for the run's signals.
func (e *coprocEngine) joinEnding() {
	s := e.slot
	if s.pool.since.Load() != 0 {
		s.suspend()
	}
	if sig := s.pool.ending.Load(); sig != 0 {
		s.signal(unix.Signal(sig))
	}
}

func (e *coprocEngine) closeInput() {
	if e.in >= 0 {
		unix.Close(e.in)
		e.in = -1
	}
}

// step waits for the program and passes on what goes in either direction.
func (e *coprocEngine) step() {
	if e.pid == 0 {
		return
	}
	set := []unix.PollFd{{Fd: int32(e.out), Events: unix.POLLIN}, {Fd: -1, Events: unix.POLLIN}, {Fd: -1, Events: unix.POLLOUT}}
	if !e.gone {
		set[1].Fd = int32(e.pidfd)
		if len(e.send) > 0 {
			set[2].Fd = int32(e.in)
		}
	}
	looked := time.Now()
	n, err := poll(set, e.patience())
	e.idle = n == 0
	if n > 0 && err == nil {
		if set[2].Revents != 0 {
			e.write()
		}
		if set[0].Revents != 0 {
			e.read()
		}
		e.gone = e.gone || set[1].Revents != 0
	}
	switch {
	case e.pid == 0:
	case e.gone && e.abandoned(looked):
		e.ended()
	case e.graceOver(looked):
		startmode.SignalGroup(e.pid, unix.SIGKILL)
		e.ended()
	case !e.late && e.overdue(looked):
		e.timeOut()
	case e.mute && e.idle:
		e.tellMute(looked)
	}
}

// patience is how long nothing needs to be looked at.
func (e *coprocEngine) patience() time.Duration {
	p := e.slot.pool
	d := never
	if limit, ok := p.limit(); ok {
		d = max(limit/overdueTicks, time.Millisecond)
	} else if p.cfg.Jobs.Timeout.Percent > 0 {
		d = medianTick
	}
	if p.ending.Load() != 0 || e.late || e.in >= 0 && !p.sched.drained() {
		d = min(d, coprocTick)
	}
	if e.gone {
		d = min(d, max(0, min(e.lull.left(p.hold), holdTick)))
	}
	return d
}

// watch notes that the first in flight is waited for from now on.
func (e *coprocEngine) watch() { e.since, e.paused = time.Now(), e.slot.pool.suspendedFor() }

func (e *coprocEngine) write() {
	n, err := unix.Write(e.in, e.send)
	switch {
	case n > 0:
		e.send = e.send[n:]
	case err == unix.EAGAIN || err == unix.EINTR:
		return
	default:
		e.send, e.broken = nil, true
		e.closeInput() // what it still answers counts
	}
	if len(e.send) == 0 && cap(e.send) < coprocBytes {
		e.send = nil
	}
}

func (e *coprocEngine) read() {
	s := e.slot
	if s.buf == nil {
		s.buf = make([]byte, readSize)
	}
	n, err := unix.Read(e.out, s.buf)
	switch {
	case n > 0 && e.late:
	case n > 0:
		e.mute, e.lull.silence = false, 0
		e.got = append(e.got, s.buf[:n]...)
		e.answers()
	case err == unix.EAGAIN || err == unix.EINTR:
	default:
		e.ended()
	}
}

// answers settles the tasks whose answers are complete.
func (e *coprocEngine) answers() {
	emit := &e.slot.pool.out.emit
	emit.cork()
	defer emit.uncork()
	done := 0
	for {
		shown, n, err := e.framing.answer(e.got[done:], e.seen)
		if err == io.ErrShortBuffer {
			e.seen = len(e.got) - done
			break
		}
		e.seen = 0
		if err != nil || e.flight.size() == 0 {
			e.misunderstood(err)
			return
		}
		e.settle(shown)
		done += n
	}
	if done > 0 { // a long answer comes in many parts
		e.got = append(e.got[:0], e.got[done:]...)
	}
}

// misunderstood ends a run whose program doesn't answer as it should. One that
// was killed may have taken away what the answers are for.
func (e *coprocEngine) misunderstood(err error) {
	e.got, e.seen = nil, 0
	if e.slot.pool.isKilled() {
		return
	}
	if err == nil {
		err = errors.New("it answers what it wasn't asked")
	}
	e.slot.pool.fail(fmt.Errorf("cannot match the answers of %s to the items: %w", e.slot.pool.cfg.Template.Source(), err))
}

// settle ends the first task in flight with its answer.
func (e *coprocEngine) settle(answer []byte) {
	t := e.flight.shift()
	if t == nil {
		return
	}
	e.bytes -= e.sizes[0]
	e.sizes = e.sizes[1:]
	begun := e.since
	e.watch()
	took := e.since.Sub(begun)
	t.capture.write(stdout, answer)
	e.slot.pool.settle(&Result{Task: t, Took: took})
}
