package startmode

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"pmap/ipc"
)

// WorkerEnv is the environment variable of a process that is a worker: the fd
// of its connection.
const WorkerEnv = "PMAP_WORKER"

// Where a worker finds what it was given. Fd 2 is pmap's own stderr.
const (
	workerConn  = 0
	workerTable = 1
)

// workerName is how workers appear in the process table.
const workerName = "pmap-worker"

// A WorkerSpec says what worker to start.
type WorkerSpec struct {
	Starter Starter
	Table   *ipc.Table
	Environ []string
	Hello   ipc.Hello
	Cell    *int32 // gets the worker's own pid; may be nil
	Files   []int  // that come with the Hello, CLOEXEC; they stay the caller's
}

// A WorkerProcess is this program, started to run or to start jobs. It leads a
// process group of its own, so that what is typed at a terminal doesn't reach
// it, and ends when its connection does.
type WorkerProcess struct {
	Conn *ipc.Conn
	pid  int
	cell *int32
	fini bool // it has something to do at its end
}

// StartWorker starts a worker and greets it. Until it has taken that in, it dies
// with the thread that calls.
func StartWorker(w *WorkerSpec) (*WorkerProcess, error) {
	program, err := self()
	if err != nil {
		return nil, fmt.Errorf("cannot find this program: %w", err)
	}
	ours, theirs, err := ipc.SocketPair()
	if err != nil {
		return nil, &StartError{Op: "fork", Path: program, Err: err.(unix.Errno)}
	}
	pid, err := w.start(program, theirs)
	unix.Close(theirs)
	if err != nil {
		unix.Close(ours)
		return nil, err
	}
	p := &WorkerProcess{Conn: ipc.NewConn(ours), pid: pid, cell: w.Cell, fini: w.Hello.Fini != ""}
	p.Conn.Write(ipc.AppendHello(nil, &w.Hello), w.Files...) // where it has ended already, a read will tell
	return p, nil
}

func (w *WorkerSpec) start(program string, conn int) (pid int, err error) {
	var argv, env Strings
	argv.AppendString(workerName)
	for _, kv := range w.Environ {
		env.AppendString(kv)
	}
	env.AppendString(WorkerEnv + "=0")
	return w.Starter.Start(&Spec{
		Path: MakePath(program), Argv: &argv, Env: &env,
		Files: [3]int{workerConn: conn, workerTable: w.Table.FD(), 2: 2},
		Group: true, Cell: w.Cell,
	})
}

// PID is the worker's, until Close.
func (w *WorkerProcess) PID() int { return w.pid }

// Retire lets the worker run what it has to run at its end, and then is Close.
// Its pid stands in its cell meanwhile.
func (w *WorkerProcess) Retire() error {
	if !w.fini {
		return w.Close()
	}
	if w.cell != nil {
		storeCell(w.cell, w.pid)
	}
	var fault error
	w.Conn.CloseWrite()
	for {
		f, err := w.Conn.Read()
		if err != nil {
			break
		}
		if f.Type == ipc.FrameFault {
			fault = Fault(f)
		}
	}
	return errors.Join(fault, w.Close())
}

// Fault is what a FrameFault says.
func Fault(f ipc.Frame) error { return &WorkerFault{string(f.Payload.Bytes())} }

// Close ends the worker, with what its --init and --fini have left running in its
// group, and reaps it.
func (w *WorkerProcess) Close() error {
	err := w.Conn.Close()
	unix.Kill(w.pid, unix.SIGKILL)
	SignalGroup(w.pid, unix.SIGKILL)
	if w.cell != nil {
		storeCell(w.cell, 0)
	}
	Wait(w.pid, 0, new(unix.WaitStatus), nil)
	return err
}

// IsWorker reports whether WorkerEnv, with that value, was set by StartWorker.
func IsWorker(value string) bool {
	var st unix.Stat_t
	return value == "0" && unix.Fstat(workerConn, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK
}

// EnterWorker takes over what a worker was given. WorkerEnv has been taken out
// of the environment.
func EnterWorker() (c *ipc.Conn, t *ipc.Table, h ipc.Hello, err error) {
	settle()
	conn, err := moveUp(workerConn, unix.O_RDONLY)
	if err != nil {
		return nil, nil, h, err
	}
	table, err := moveUp(workerTable, unix.O_WRONLY)
	if err != nil {
		return nil, nil, h, err
	}
	if t, err = ipc.OpenTable(table); err != nil {
		return nil, nil, h, err
	}
	c = ipc.NewConn(conn)
	f, err := c.Read()
	if err == nil {
		h, err = ipc.ParseHello(f)
	}
	if err != nil {
		c.Write(ipc.AppendText(nil, ipc.FrameFault, err.Error()))
	}
	if h.Bare {
		for _, fd := range foreignFDs() {
			unix.Close(fd)
		}
	}
	return c, t, h, err
}

// moveUp moves an fd out of the way of processes to be started, and leaves
// /dev/null in its place.
func moveUp(fd, mode int) (int, error) {
	moved, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return -1, err
	}
	null, err := unix.Open("/dev/null", mode|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(null)
	return moved, unix.Dup2(null, fd)
}

// Live is a worker's life: what it runs first, its work, and what it runs last.
// work returns when pmap has no more for it. Where pmap itself is gone that is
// not waited for: gone is called, and the worker's group ends with it.
func Live(c *ipc.Conn, h ipc.Hello, s Starter, work, gone func()) {
	go func() {
		awaitHangup(c.FD())
		gone()
		if unix.Getpgrp() == unix.Getpid() {
			unix.Kill(0, unix.SIGKILL)
		}
		unix.Exit(1)
	}()
	if err := ritual(s, "--init", h.Init); err != nil {
		c.Write(ipc.AppendText(nil, ipc.FrameFault, err.Error()))
		return
	}
	work()
	if err := ritual(s, "--fini", h.Fini); err != nil {
		c.Write(ipc.AppendText(nil, ipc.FrameFault, err.Error()))
	}
}

// Serve is the life of a worker that starts processes. Those that still run
// when pmap is gone are killed.
func Serve(c *ipc.Conn, t *ipc.Table, h ipc.Hello, s Starter) {
	srv := &server{table: t, starter: s, stops: h.Stops}
	Live(c, h, s, func() {
		srv.serve(c, h.Cell)
		srv.killAll() // of other slots, which pmap leaves so only when it is gone
	}, srv.killAll)
}

// A server makes processes on request, for any number of slots.
type server struct {
	table   *ipc.Table
	starter Starter
	stops   bool

	mu      sync.Mutex
	over    bool
	running []int // not reaped: their numbers are their own
}

// awaitHangup blocks until the other side has closed the connection, whatever
// may still be there to be read.
func awaitHangup(fd int) {
	set := []unix.PollFd{{Fd: int32(fd)}}
	for {
		if n, err := unix.Poll(set, -1); n > 0 || err != nil && err != unix.EINTR {
			return
		}
	}
}

func (s *server) killAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	for _, pid := range s.running {
		unix.Kill(-pid, unix.SIGKILL)
		unix.Kill(pid, unix.SIGKILL)
	}
}

// serve answers one slot.
func (s *server) serve(c *ipc.Conn, cell int) {
	runtime.LockOSThread() // processes die with their thread
	defer runtime.UnlockOSThread()
	one := &serving{server: s, conn: c, cell: new(int32)}
	if cell >= 0 && cell < s.table.Slots() {
		one.cell = s.table.Cell(cell)
	}
	for {
		f, err := c.Read()
		if err == nil {
			err = one.request(f)
		}
		if err != nil {
			return
		}
	}
}

// A serving is a slot's side in a server.
type serving struct {
	*server
	conn      *ipc.Conn
	cell      *int32
	argv, env Strings
	out       []byte
}

func (s *serving) request(f ipc.Frame) error {
	switch f.Type {
	case ipc.FrameStart:
		return s.start(f.Payload)
	case ipc.FrameJoin:
		return s.join(f.Payload)
	}
	return fmt.Errorf("a frame of type %d came where a request was expected", f.Type)
}

func (s *serving) join(p ipc.Payload) error {
	cell := int(p.Uint()) - 1
	fds := s.conn.TakeFDs()
	if err := p.Err(); err != nil || len(fds) != 1 {
		return fmt.Errorf("a request to join came with %d connections: %w", len(fds), err)
	}
	c := ipc.NewConn(fds[0])
	go func() {
		defer c.Close()
		s.serve(c, cell)
	}()
	return nil
}

func (s *serving) start(p ipc.Payload) error {
	s.argv.Reset()
	s.env.Reset()
	want := ipc.Start{Argv: &s.argv, Env: &s.env}
	if err := want.Parse(p); err != nil {
		return err
	}
	fds := s.conn.TakeFDs()
	if len(fds) != 3 {
		return fmt.Errorf("a request to start came with %d files", len(fds))
	}
	spec := Spec{
		Path: MakePath(want.Path), Argv: &s.argv, Env: &s.env, Dir: want.Dir,
		Files: [3]int(fds), Group: want.Group, Cell: s.cell,
	}
	pid, err := s.make(&spec)
	for _, fd := range fds {
		unix.Close(fd)
	}
	if err != nil {
		return s.refuse(err)
	}
	if err := s.tell(ipc.FrameStarted, uint64(pid)); err != nil {
		return err
	}
	return s.attend(pid)
}

// make starts the process, unless the server is about to end.
func (s *serving) make(spec *Spec) (int, error) {
	pid, err := s.starter.Start(spec)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = append(s.running, pid)
	if s.over {
		unix.Kill(pid, unix.SIGKILL)
	}
	return pid, nil
}

func (s *serving) refuse(err error) error {
	se, ok := err.(*StartError)
	if !ok {
		return err
	}
	s.out = ipc.AppendRefusal(s.out[:0], &ipc.Refusal{Op: se.Op, Path: se.Path, Errno: uint64(se.Err)})
	return s.conn.Write(s.out)
}

func (s *serving) tell(typ ipc.FrameType, n uint64) error {
	s.out = ipc.AppendNumber(s.out[:0], typ, n)
	return s.conn.Write(s.out)
}

// attend tells what happens to the process, and reaps it when it may.
func (s *serving) attend(pid int) error {
	for {
		var ru unix.Rusage
		status, err := awaitEnd(pid, s.stops, &ru)
		if err != nil {
			return err
		}
		if status.Stopped() {
			if err := s.tell(ipc.FrameStopped, uint64(status.StopSignal())); err != nil {
				return err
			}
			continue
		}
		s.out = ipc.AppendEnd(s.out[:0], &ipc.End{
			Status: uint64(status), Peak: uint64(ru.Maxrss),
			User: uint64(ru.Utime.Nano() / 1000), System: uint64(ru.Stime.Nano() / 1000),
		})
		if err := s.conn.Write(s.out); err != nil {
			return err
		}
		return s.reap(pid)
	}
}

func (s *serving) reap(pid int) error {
	f, err := s.conn.Read()
	if err != nil {
		return err
	}
	if f.Type != ipc.FrameReap {
		return fmt.Errorf("a frame of type %d came where leave to reap was expected", f.Type)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.running, pid); i >= 0 {
		s.running = slices.Delete(s.running, i, i+1)
	}
	var status unix.WaitStatus
	Wait(pid, 0, &status, nil)
	return nil
}

// Program is the path of this program, good for as long as it runs.
func Program() (string, error) { return self() }
