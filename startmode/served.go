package startmode

import (
	"sync/atomic"

	"golang.org/x/sys/unix"

	"pmap/ipc"
)

// served is a Parent whose processes a worker makes.
type served struct {
	conn   *ipc.Conn
	close  func() error
	retire func() error
	worker int // pid of the worker, where it is this slot's alone
	out    []byte
	ended  bool
	status unix.WaitStatus
	usage  unix.Rusage // of the process that has ended
	stop   unix.Signal // told and not asked for yet
	lost   bool
}

// Spawn starts a worker that makes the processes of one slot, by a thread as
// StartWorker needs it.
func Spawn(w *WorkerSpec) (Parent, error) {
	p, err := StartWorker(w)
	if err != nil {
		return nil, err
	}
	p.Conn.SetSparing()
	return &served{conn: p.Conn, close: p.Close, retire: p.Retire, worker: p.PID()}, nil
}

func (s *served) Start(spec *Spec) (int, error) {
	if err := checkSpec(spec); err != nil {
		return 0, err
	}
	s.ended, s.stop = false, 0
	s.out = ipc.AppendStart(s.out[:0], &ipc.Start{
		Path: spec.Path.String(), Dir: spec.Dir, Group: spec.Group, Argv: spec.Argv, Env: spec.Env,
	})
	if err := s.conn.Write(s.out, spec.Files[:]...); err != nil {
		return 0, s.lose(spec)
	}
	f, err := s.conn.Read()
	if err != nil {
		return 0, s.lose(spec)
	}
	return s.started(spec, f)
}

// started takes the answer to a request.
func (s *served) started(spec *Spec, f ipc.Frame) (int, error) {
	p := f.Payload
	switch f.Type {
	case ipc.FrameStarted:
		if pid := int(p.Uint()); p.Err() == nil {
			storeCell(spec.Cell, pid)
			return pid, nil
		}
	case ipc.FrameRefused:
		storeCell(spec.Cell, 0)
		if r, err := ipc.ParseRefusal(p); err == nil {
			return 0, &StartError{Op: r.Op, Path: r.Path, Err: unix.Errno(r.Errno)}
		}
	case ipc.FrameFault:
		storeCell(spec.Cell, 0)
		return 0, Fault(f)
	}
	return 0, s.lose(spec)
}

// lose is for a worker that has ended. Its own pid may stand in the cell, if
// it had no time to start anything.
func (s *served) lose(spec *Spec) error {
	s.lost = true
	if spec.Cell != nil && s.worker != 0 {
		atomic.CompareAndSwapInt32(spec.Cell, int32(s.worker), 0)
	}
	return ErrLost
}

func (s *served) Wait(pid, options int, status *unix.WaitStatus, ru *unix.Rusage) (int, error) {
	for {
		if s.lost {
			return 0, ErrLost
		}
		if s.ended {
			*status = s.status
			if ru != nil {
				*ru = s.usage
			}
			return pid, s.reap()
		}
		if s.stop != 0 && options&unix.WUNTRACED != 0 {
			*status = unix.WaitStatus(s.stop)<<8 | 0x7f
			s.stop = 0
			return pid, nil
		}
		if options&unix.WNOHANG != 0 && !s.readable() {
			return 0, nil
		}
		s.hear()
	}
}

// reap lets the worker reap the process. That it can't be told is no loss: how
// the process has ended is known.
func (s *served) reap() error {
	s.ended = false
	if s.conn.Write(ipc.AppendNumber(s.out[:0], ipc.FrameReap, 0)) != nil {
		s.lost = true
	}
	return nil
}

func (s *served) readable() bool {
	set := []unix.PollFd{{Fd: int32(s.conn.FD()), Events: unix.POLLIN}}
	n, err := unix.Poll(set, 0)
	return n > 0 && err == nil
}

// hear reads once, and takes in what it has got.
func (s *served) hear() {
	if s.conn.Fill() != nil {
		s.lost = true
		return
	}
	f, ok, err := s.conn.Buffered()
	switch {
	case err == nil && !ok: // only a part so far
	case f.Type == ipc.FrameEnded:
		s.take(f.Payload)
	case f.Type == ipc.FrameStopped:
		s.stop = unix.Signal(f.Payload.Uint())
	default:
		s.lost = true
	}
}

// take takes in how the process has ended.
func (s *served) take(p ipc.Payload) {
	e, err := ipc.ParseEnd(p)
	if err != nil {
		s.lost = true
		return
	}
	s.ended, s.status = true, unix.WaitStatus(e.Status)
	s.usage = unix.Rusage{
		Utime: unix.NsecToTimeval(int64(e.User) * 1000), Stime: unix.NsecToTimeval(int64(e.System) * 1000),
		Maxrss: int64(e.Peak),
	}
}

func (s *served) Watch(int) (int, error) { return s.conn.FD(), nil }

func (s *served) Unwatch(int) {}

func (s *served) Ended() bool {
	if !s.ended && !s.lost {
		s.hear()
	}
	for !s.ended && !s.lost && s.readable() { // the rest of what came in parts
		s.hear()
	}
	return s.ended || s.lost
}

func (s *served) Close() error { return s.close() }

func (s *served) Retire() error { return s.retire() }

// storeCell enters a pid into a cell that may be nil.
func storeCell(cell *int32, pid int) {
	if cell != nil {
		atomic.StoreInt32(cell, int32(pid))
	}
}
