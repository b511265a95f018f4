package runner

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/startmode"
)

// graceOver reports whether the program has been told to end, and had its time.
func (e *coprocEngine) graceOver(looked time.Time) bool {
	p := e.slot.pool
	return p.ending.Load() != 0 && looked.UnixNano() > p.killAt.Load() || e.late && !looked.Before(e.killAt)
}

// overdue reports whether the first in flight had waited for its answer too long
// at a time from which on answers have been looked for, see job.mind.
func (e *coprocEngine) overdue(looked time.Time) bool {
	p := e.slot.pool
	limit, ok := p.limit()
	return ok && p.ending.Load() == 0 && e.flight.size() > 0 && looked.Sub(e.since)-(p.suspendedFor()-e.paused) > limit
}

// timeOut tells the program to end. What it still answers is too late.
func (e *coprocEngine) timeOut() {
	e.late, e.killAt = true, time.Now().Add(e.slot.pool.cfg.Jobs.KillAfter)
	e.got, e.seen = nil, 0
	e.closeInput()
	e.slot.signal(unix.SIGTERM)
}

// abandoned reports whether whoever else holds the output of a program that has
// ended has had the time that what jobs leave behind has.
func (e *coprocEngine) abandoned(looked time.Time) bool {
	p := e.slot.pool
	if !e.idle {
		return false
	}
	if e.late || p.ending.Load() != 0 {
		return true
	}
	e.lull.add(time.Since(looked))
	if e.lull.left(p.hold) > 0 {
		return false
	}
	p.leftHolding("the program of --coproc")
	return true
}

// tellMute tells the user, once, that a program has been sent all that it may be,
// and seems to wait for more.
func (e *coprocEngine) tellMute(looked time.Time) {
	p := e.slot.pool
	if e.in >= 0 && len(e.send) == 0 && e.flight.size() > 0 && e.room() == 0 &&
		looked.Sub(e.since)-(p.suspendedFor()-e.paused) > coprocMute {
		e.mute = false
		p.muted.Do(func() {
			p.notice(fmt.Sprintf("the program of --coproc has answered none of %d items: "+
				"if it keeps its answers until it gets more, have it write each at once, as stdbuf -oL, sed -u and awk's fflush() do", e.flight.size()))
		})
	}
}

// end reaps the program, by force where it doesn't end by itself once its
// streams are closed, and returns how it ended.
func (e *coprocEngine) end() (status unix.WaitStatus) {
	e.closeInput()
	unix.Close(e.out)
	e.out = -1
	leave := coprocLeave
	if e.late {
		leave = max(0, min(leave, time.Until(e.killAt)))
	}
	if e.pidfd >= 0 {
		unix.Poll([]unix.PollFd{{Fd: int32(e.pidfd), Events: unix.POLLIN}}, milliseconds(leave))
		unix.Close(e.pidfd)
		e.pidfd = -1
	}
	unix.Kill(e.pid, unix.SIGKILL)
	if e.late || e.slot.pool.ending.Load() != 0 {
		startmode.SignalGroup(e.pid, unix.SIGKILL)
	}
	startmode.Wait(e.pid, 0, &status, &e.slot.rusage)
	atomic.StoreInt32(e.slot.cell, 0)
	e.pid, e.send = 0, nil
	return status
}

// ended settles what the program leaves. Where it hasn't answered all that it
// was asked, that costs the first one a try, and the others begin again. An answer
// that the end of the output has cut off counts if the program has ended well.
func (e *coprocEngine) ended() {
	p := e.slot.pool
	finished := e.in < 0 && !e.broken
	status := e.end()
	asked := !e.late && p.ending.Load() == 0 // it wasn't told to end
	well := asked && status.Exited() && status.ExitStatus() == 0
	switch {
	case len(e.got) == 0 || !asked:
	case e.flight.size() == 0:
		e.misunderstood(nil)
	case well && e.framing == FramedByLength:
		e.misunderstood(errors.New("its output ends within an answer"))
	case well:
		e.settle(e.got)
	}
	e.got, e.seen = nil, 0
	flight := e.flight.takeAll()
	e.sizes, e.bytes = nil, 0
	if len(flight) == 0 {
		if asked && !well {
			p.failedIdle.Do(func() {
				p.notice("the program of --coproc answered all that it was asked, and then ended with " + endReason(status))
			})
		}
		return
	}
	if finished && well {
		e.misunderstood(fmt.Errorf("it ended by itself and left %d unanswered, the first of them #%d", len(flight), flight[0].Seq()))
	}
	for i, t := range flight {
		switch {
		case i == 0:
			p.settle(&Result{Task: t, Status: e.lostStatus(), Reason: endReason(status), Took: time.Since(e.since)})
		case p.ending.Load() != 0:
			p.giveBack(t)
		default:
			t.capture.discard()
			p.sched.untouched(t)
		}
	}
}

func (e *coprocEngine) lostStatus() Status {
	switch {
	case e.slot.pool.ending.Load() != 0:
		return Status{Kind: Cancelled}
	case e.late:
		return Status{Kind: TimedOut, Code: 124}
	}
	return Status{Kind: WorkerLost, Code: 1}
}

// endReason is how a program ended, for the user.
func endReason(ws unix.WaitStatus) string {
	if ws.Signaled() {
		return unix.SignalName(ws.Signal())
	}
	return fmt.Sprintf("exit %d", ws.ExitStatus())
}
