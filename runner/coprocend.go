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

// tellMute tells the user, once, that a program has been sent items, and may wait
// for more than these.
func (e *coprocEngine) tellMute(looked time.Time) {
	p := e.slot.pool
	if e.in >= 0 && len(e.send) == 0 && e.flight.size() > 0 &&
		looked.Sub(e.since)-(p.suspendedFor()-e.paused) > coprocMute {
		e.mute = false
		p.muted.Do(func() {
			p.notice("the program of --coproc has answered nothing yet: " +
				"if it keeps its answers until it gets more, have it write each at once, as stdbuf -oL, sed -u and awk's fflush() do")
		})
	}
}

// end reaps the program and returns how it ended. Where it doesn't end by itself
// once its streams are closed it is ended by force; then left is false.
func (e *coprocEngine) end() (status unix.WaitStatus, left bool) {
	e.closeInput()
	unix.Close(e.out)
	e.out = -1
	leave := coprocLeave
	if e.late {
		leave = max(0, min(leave, time.Until(e.killAt)))
	}
	if left = e.leaves(leave, &status); e.pidfd >= 0 {
		unix.Close(e.pidfd)
	}
	if e.pidfd >= 0 || !left {
		unix.Kill(e.pid, unix.SIGKILL)
		if !left || e.late || e.slot.pool.ending.Load() != 0 {
			startmode.SignalGroup(e.pid, unix.SIGKILL)
		}
		startmode.Wait(e.pid, 0, &status, &e.slot.rusage)
	}
	e.pidfd = -1
	atomic.StoreInt32(e.slot.cell, 0)
	e.pid, e.send = 0, nil
	return status, left
}

// leaves reports whether the program ends within the time. Without a pidfd it has
// been reaped then.
func (e *coprocEngine) leaves(d time.Duration, status *unix.WaitStatus) bool {
	for until := time.Now().Add(d); ; d = max(0, time.Until(until)) {
		if e.pidfd < 0 {
			if pid, err := startmode.Wait(e.pid, unix.WNOHANG, status, &e.slot.rusage); pid > 0 || err != nil {
				return true
			}
			d = min(d, holdTick)
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(e.pidfd), Events: unix.POLLIN}}, milliseconds(d))
		if n > 0 || e.pidfd >= 0 && err != unix.EINTR || d == 0 {
			return n > 0
		}
	}
}

// ended settles what the program leaves. Where it hasn't answered all that it
// was asked, that costs the first one a try, and the others begin again. An answer
// that the end of the output has cut off counts if the program has ended well.
func (e *coprocEngine) ended() {
	p := e.slot.pool
	finished := e.in < 0 && !e.broken
	status, left := e.end()
	asked := !e.late && p.ending.Load() == 0 // it wasn't told to end
	well := asked && (!left || status.Exited() && status.ExitStatus() == 0)
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
		switch {
		case asked && !left:
			p.failedIdle.Do(func() {
				p.notice(fmt.Sprintf("the program of --coproc closed its output and went on: it was ended after %v", coprocLeave))
			})
		case !well && asked:
			p.failedIdle.Do(func() {
				p.notice("the program of --coproc answered all that it was asked, and then ended with " + endReason(status))
			})
		}
		return
	}
	if finished && well && left {
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
