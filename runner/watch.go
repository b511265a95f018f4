package runner

import (
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/startmode"
)

const (
	// For so long a slot waits for nothing but the end of its job. The pipes of
	// a short job would wake it a moment before that, for nothing, and a second
	// wake costs a tenth of what the whole job does.
	glanceTime = 2 * time.Millisecond

	roomTick     = 5 * time.Millisecond   // between looks for room
	groupTick    = 10 * time.Millisecond  // between looks at a group that is ending
	waitTick     = 20 * time.Millisecond  // between looks for the end, where there are no pidfds
	terminalTick = 250 * time.Millisecond // between looks whether a job is stopped
	medianTick   = 100 * time.Millisecond // between looks at a median that moves
	hearTick     = time.Millisecond       // between looks whether pmap got the job's signal too,
	hearMax      = 200 * time.Millisecond // and for how long at most
	never        = time.Duration(1<<63 - 1)
)

// watch reads the job's pipes until it has ended, and reaps it.
func (j *job) watch() {
	j.glance(glanceTime)
	for !j.ended && !j.reaped {
		if j.pidfd < 0 && j.quiet() && !j.limited() {
			j.waitForEnd()
			continue
		}
		looked := time.Now()
		if j.holdPipes() {
			j.step(j.patience())
		} else {
			j.glance(min(j.patience(), roomTick))
		}
		j.mind(looked)
	}
	j.closeFiles() // of holdPipes
	j.stopFeeding()
	if j.beingEnded() {
		j.clearGroup()
	}
	j.drain()
	if !j.reaped {
		j.wait(0)
	}
}

// quiet reports whether all pipes of the job have come to their end.
func (j *job) quiet() bool { return !j.reading[stdout] && !j.reading[stderr] && !j.feeding }

// limited reports whether the slot may have to act on the job before its end.
func (j *job) limited() bool {
	t := &j.slot.pool.cfg.Jobs.Timeout
	return t.Fixed != 0 || t.Percent != 0 || j.why != 0
}

// beingEnded reports whether this slot or the whole run is ending the job.
func (j *job) beingEnded() bool { return j.why != 0 || j.slot.pool.ending.Load() != 0 }

// waitForEnd blocks until the process ends, or is stopped.
func (j *job) waitForEnd() {
	if j.slot.pool.cfg.Jobs.Terminal {
		j.wait(unix.WUNTRACED)
	} else {
		j.wait(0)
	}
}

// wait waits for the process and takes note of what it hears.
func (j *job) wait(options int) {
	var status unix.WaitStatus
	pid, err := j.slot.parent.Wait(j.pid, options, &status, &j.slot.rusage)
	switch {
	case errors.Is(err, startmode.ErrLost):
		j.lose()
	case err != nil:
		j.forget()
		j.slot.pool.fail(err)
	case pid == 0: // it still runs
	case status.Stopped():
		j.stopped(status.StopSignal())
	default:
		j.forget()
		j.status = status
		j.task.Usage.add(&j.slot.rusage)
	}
}

// forget marks the process as waited for: its pid may be somebody else's from
// now on.
func (j *job) forget() {
	atomic.StoreInt32(j.slot.cell, 0)
	j.reaped = true
}

// lose is for a job whose parent has ended. Its process got KILL by that; what
// it left in its group gets it here.
func (j *job) lose() {
	j.lost = true
	if j.slot.pool.cfg.Jobs.Group {
		startmode.SignalGroup(j.pid, unix.SIGKILL)
	}
	j.forget()
}

// stopped ends a job that was stopped because it wanted the terminal; one
// that somebody else stopped stays so until they continue it.
func (j *job) stopped(by unix.Signal) {
	if (by == unix.SIGTTIN || by == unix.SIGTTOU) && j.why == 0 {
		j.end(WantedTerm)
	}
}

// end sends TERM, and sees to it that KILL follows after the grace.
func (j *job) end(why Kind) {
	j.why = why
	j.killAt = time.Now().Add(j.slot.pool.cfg.Jobs.KillAfter)
	j.slot.signal(unix.SIGTERM)
}

// patience is how long the slot may sleep before it must look at the job
// again.
func (j *job) patience() time.Duration {
	d := never
	if j.pidfd < 0 {
		d = waitTick
	}
	if j.slot.pool.cfg.Jobs.Terminal {
		d = min(d, terminalTick)
	}
	if j.slot.pool.cfg.Jobs.Timeout.Percent > 0 {
		d = min(d, medianTick)
	}
	if deadline, ok := j.deadline(); ok {
		d = min(d, time.Until(deadline))
	}
	return max(d, 0)
}

// deadline is when the slot must signal the job next.
func (j *job) deadline() (at time.Time, ok bool) {
	if j.why != 0 {
		return j.killAt, !j.killed
	}
	limit, ok := j.slot.pool.limit()
	if !ok || j.beingEnded() {
		return at, false
	}
	return j.begun.Add(limit + j.slot.pool.suspendedFor() - j.suspendedBefore), true
}

// limit is how long a try may take; ok is false where that isn't bounded, or
// not yet.
func (p *Pool) limit() (d time.Duration, ok bool) {
	t := &p.cfg.Jobs.Timeout
	if t.Percent <= 0 {
		return t.Fixed, t.Fixed != 0
	}
	m, known := p.median.value()
	return time.Duration(float64(m) * t.Percent / 100), known
}

// mind acts on what is due for a job that still ran at a time from which on its
// end has been looked for. Had that been later than the look, a job that ended
// while pmap itself stood still would pass for one that took too long.
func (j *job) mind(looked time.Time) {
	if !j.ended && (j.pidfd < 0 || j.slot.pool.cfg.Jobs.Terminal) {
		j.wait(unix.WNOHANG | unix.WUNTRACED)
	}
	if j.ended || j.reaped {
		return
	}
	if at, ok := j.deadline(); ok && !looked.Before(at) {
		j.overdue()
	}
}

func (j *job) overdue() {
	if j.why == 0 {
		j.end(TimedOut)
		return
	}
	j.slot.signal(unix.SIGKILL)
	j.killed = true
}

// openPIDFD is for a process that came without one.
func (j *job) openPIDFD() {
	if fd, err := j.slot.parent.Watch(j.pid); err == nil {
		j.pidfd = int32(fd)
	}
}

// glance waits a moment for nothing but the job's end.
func (j *job) glance(d time.Duration) {
	if j.pidfd < 0 || j.quiet() || j.feeding {
		return
	}
	set := j.set[:1]
	set[0] = unix.PollFd{Fd: j.pidfd, Events: unix.POLLIN}
	poll(set, d)
	j.ended = set[0].Revents != 0 && j.slot.parent.Ended()
}

// step waits until something can be read or fed, the process has ended or d is
// over, and reads and feeds what there is room for.
func (j *job) step(d time.Duration) {
	set := j.set[:0]
	if j.pidfd >= 0 && !j.ended {
		set = append(set, unix.PollFd{Fd: j.pidfd, Events: unix.POLLIN})
	}
	end := len(set)
	for stream, open := range j.reading {
		if open {
			set = append(set, unix.PollFd{Fd: int32(j.slot.pipes[stream].r), Events: unix.POLLIN})
		}
	}
	if j.feeding {
		set = j.appendFeed(set)
	}
	if n, err := poll(set, d); n <= 0 || err != nil {
		return // nothing, or EINTR: the caller comes again
	}
	j.ended = j.ended || end > 0 && set[0].Revents != 0 && j.slot.parent.Ended()
	next, held := end, false
	for stream, open := range j.reading {
		if !open {
			continue
		}
		if events := set[next].Revents; events != 0 && !j.read(stream, events) {
			held = true
		}
		next++
	}
	if j.feeding {
		j.feedOn(set[next:])
	}
	if held { // whoever is refused a process needn't wait for this one's end
		j.slot.pool.denied.Add(1)
		poll(set[:end], roomTick)
		j.slot.pool.denied.Add(-1)
	}
}

// read takes what is in a pipe, or reports false where there is no room for
// it. A hang-up shows that nobody holds the write end, so that the pipe can serve
// again, once a read that ends before the buffer does has taken what is left.
func (j *job) read(stream int, events int16) bool {
	s := j.slot
	if events&unix.POLLIN == 0 && !hasData(s.pipes[stream].r) {
		j.reading[stream] = false
		return true
	}
	if !j.roomFor() {
		return false
	}
	n, err := unix.Read(s.pipes[stream].r, s.buffer())
	switch {
	case n > 0:
		j.task.capture.write(stream, s.buf[:n])
		j.reading[stream] = events&unix.POLLHUP == 0 || n == len(s.buf)
	case err == unix.EINTR || err == unix.EAGAIN:
	default:
		j.reading[stream] = false
	}
	return true
}

// hasData looks once more into a pipe whose writers are said to have gone. poll
// looks for data first and for writers after that, and the last of them may have
// written in between.
func hasData(fd int) bool {
	set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := poll(set, 0)
	return n > 0 && err == nil && set[0].Revents&unix.POLLIN != 0
}

// roomFor reports whether output of the job can be taken. Where there is no
// room it sees to it that somebody can go on: this job, if it is its turn, or
// the one whose turn it is.
func (j *job) roomFor() bool {
	if j.task.capture.room() {
		return true
	}
	if j.slot.pool.seq.commit(j.task) {
		return j.task.capture.room()
	}
	j.slot.rescueHead()
	return false
}

// clearGroup ends what the ended process has left in its group, since the job
// was ended by force. The process is still a zombie where that is possible,
// so that the group's number can't be another's.
func (j *job) clearGroup() {
	if !j.slot.pool.cfg.Jobs.Group {
		return
	}
	until := j.killAt
	if at := j.slot.pool.killAt.Load(); j.why == 0 || at != 0 && at < until.UnixNano() {
		until = time.Unix(0, at)
	}
	for startmode.GroupAlive(j.pid) {
		if !time.Now().Before(until) {
			startmode.SignalGroup(j.pid, unix.SIGKILL)
			return
		}
		j.step(groupTick)
	}
}

// verdict says how the job ended.
func (j *job) verdict() (Status, string) {
	if err := j.fed(); err != nil {
		return Status{Kind: OutputFailed, Code: 1}, err.Error()
	}
	switch {
	case j.why == TimedOut:
		return Status{Kind: TimedOut, Code: 124, Signal: signalOf(j.status)}, ""
	case j.why == WantedTerm:
		return Status{Kind: WantedTerm, Code: 1}, "use -o, sudo -n, ssh -o BatchMode=yes"
	case j.lost && j.slot.pool.ending.Load() != 0:
		return Status{Kind: Cancelled}, ""
	case j.lost:
		return Status{Kind: WorkerLost, Code: 1}, ""
	}
	st := Status{Kind: Exited, Code: j.status.ExitStatus()}
	if j.status.Signaled() {
		st = Status{Kind: Signaled, Signal: j.status.Signal()}
	}
	pool := j.slot.pool
	if !pool.cfg.Jobs.Group && (st.Signal == unix.SIGINT || st.Signal == unix.SIGQUIT) {
		j.hear()
	}
	if pool.ending.Load() != 0 && !pool.cfg.Retry.succeeds(st) {
		st.Kind = Cancelled
		return st, ""
	}
	return j.saveOutput(st)
}

// hear gives pmap a moment to learn of the signal that ended the job: one that
// is typed goes to all of a terminal's foreground group at once, to pmap and to
// a job that shares its group.
func (j *job) hear() {
	for waited := time.Duration(0); waited < hearMax && j.slot.pool.ending.Load() == 0; waited += hearTick {
		time.Sleep(hearTick)
	}
}

// signalOf is the signal that ended a process, or 0.
func signalOf(ws unix.WaitStatus) unix.Signal {
	if ws.Signaled() {
		return ws.Signal()
	}
	return 0
}

// milliseconds rounds up for poll; never is -1.
func milliseconds(d time.Duration) int {
	if d == never {
		return -1
	}
	return int(min((d+time.Millisecond-1)/time.Millisecond, 1<<30))
}
