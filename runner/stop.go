package runner

import (
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/startmode"
)

// haltSignal ends the jobs of a run that its halt rule has stopped.
const haltSignal = unix.SIGTERM

// Interrupt stops intake and ends the jobs: sig (INT or TERM) to their groups,
// KILL after the grace. What has been written by then is emitted. It returns
// at once; the first call counts.
func (p *Pool) Interrupt(sig unix.Signal) {
	p.failMu.Lock()
	if p.signal == 0 {
		p.signal = sig
	}
	p.failMu.Unlock()
	p.abort(sig)
}

// Kill ends the jobs at once and drops the output that waits. Run returns
// even if stdout accepts nothing more.
func (p *Pool) Kill() {
	p.out.emit.dropped.Store(true)
	p.abort(unix.SIGKILL)
	p.killAt.Store(time.Now().UnixNano())
	p.signalJobs(unix.SIGKILL, true)
	p.killOnce.Do(func() { close(p.killed) })
}

// abort stops intake and ends the jobs by sig.
func (p *Pool) abort(sig unix.Signal) {
	if p.deal != nil {
		p.deal.cut()
	}
	p.stopIntake()
	p.endJobs(sig)
}

// unbroken reports whether the run goes on, or has come to an end that its halt
// rule wants.
func (p *Pool) unbroken() bool {
	if p.ending.Load() == 0 {
		return true
	}
	p.failMu.Lock()
	defer p.failMu.Unlock()
	return p.halted && p.signal == 0 && p.fault == nil && !p.gone
}

// isKilled reports whether Kill has been called.
func (p *Pool) isKilled() bool {
	select {
	case <-p.killed:
		return true
	default:
		return false
	}
}

// stopIntake lets no further job begin.
func (p *Pool) stopIntake() {
	p.stopOnce.Do(func() {
		p.sched.stop()
		if p.cfg.Asker != nil {
			p.cfg.Asker.Interrupt()
		}
		if p.deal != nil {
			p.deal.end()
		}
		switch {
		case p.cfg.Blocks != nil:
			p.cfg.Blocks.Interrupt()
		case p.cfg.Chunks != nil:
			p.cfg.Chunks.Interrupt()
		default:
			p.cfg.Source.Interrupt()
		}
	})
}

// Stop lets no further job begin. Those that run end by themselves. It returns
// at once, and may be called by an Observer.
func (p *Pool) Stop() { p.stopIntake() }

// endJobs ends the jobs that run, by sig and then KILL. A job that is being
// started sees ending and signals itself, see job.started.
func (p *Pool) endJobs(sig unix.Signal) {
	p.endOnce.Do(func() {
		p.killAt.Store(time.Now().Add(p.cfg.Jobs.KillAfter).UnixNano())
		p.ending.Store(int32(sig))
		p.signalJobs(sig, !p.unbroken())
		time.AfterFunc(p.cfg.Jobs.KillAfter, func() { p.signalJobs(unix.SIGKILL, true) })
	})
}

// signalJobs sends sig to every job, and with idle to workers that have nothing to
// do.
func (p *Pool) signalJobs(sig unix.Signal, idle bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signalMade(sig, idle)
}

// signalMade is signalJobs with p.mu held.
func (p *Pool) signalMade(sig unix.Signal, idle bool) {
	for _, s := range p.made {
		if idle || p.cfg.Worker == nil || s.flight.size() > 0 {
			s.signal(sig)
		}
	}
	if p.extra != nil {
		p.extra.signal(sig)
	}
}

// signal sends sig to the slot's job, if there is one. A job that is stopped
// is continued, or it would not get it.
func (s *slot) signal(sig unix.Signal) {
	pid := int(atomic.LoadInt32(s.cell))
	if pid <= 0 {
		return
	}
	send := unix.Kill
	if s.pool.cfg.Jobs.Group {
		send = startmode.SignalGroup
	}
	send(pid, sig)
	s.tellSignal(pid, sig)
	if sig == unix.SIGINT || sig == unix.SIGTERM || sig == unix.SIGHUP {
		send(pid, unix.SIGCONT)
	}
}

// endLate ends a job that came too late for endJobs to see it, maybe even for
// the KILL that follows.
func (s *slot) endLate(sig unix.Signal) {
	s.signal(sig)
	if time.Now().UnixNano() >= s.pool.killAt.Load() {
		s.signal(unix.SIGKILL)
	}
}

// tellSignal tells the observer of a signal that is to end the slot's job.
func (s *slot) tellSignal(pid int, sig unix.Signal) {
	if sig == unix.SIGTSTP || sig == unix.SIGCONT || s.pool.cfg.Observer == nil {
		return
	}
	if t := s.task.Load(); t != nil {
		s.pool.cfg.Observer.Signaled(t, pid, sig)
	}
}

// Suspend stops the running jobs (TSTP); Resume lets them go on. Time in
// between doesn't count against timeouts. A job that is being started sees that
// the run is suspended and stops itself, see job.started.
func (p *Pool) Suspend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since.CompareAndSwap(0, time.Now().UnixNano())
	p.signalMade(unix.SIGTSTP, true)
}

// Resume lets suspended jobs go on.
func (p *Pool) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if since := p.since.Load(); since != 0 {
		p.suspended.Add(time.Now().UnixNano() - since)
		p.since.Store(0)
	}
	p.signalMade(unix.SIGCONT, true)
}

// suspendedFor is for how long the run has been suspended in all. While Resume
// runs it may be too much, never too little.
func (p *Pool) suspendedFor() time.Duration {
	since := p.since.Load()
	total := p.suspended.Load()
	if since != 0 {
		total += time.Now().UnixNano() - since
	}
	return time.Duration(total)
}
