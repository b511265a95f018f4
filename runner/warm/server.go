package warm

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/ipc"
	"pmap/startmode"
)

const (
	stopTick  = 250 * time.Millisecond // between looks whether the group is stopped
	closeWait = 5 * time.Second        // for an interpreter that has nothing to do to end
)

// An Interpreter is a kind of server: how it is started, told of an item, and
// understood.
type Interpreter struct {
	argv    func(where) []string
	request func(dst []byte, r *request) []byte
	lead    int // words of a job's argv before the item's own

	// A request is stored, and call is what has the interpreter read it there; one
	// of ASCII, of at most brief bytes, is sent in its place. Where brief isn't 0
	// it reads so many bytes at a time: spaces are added. Without a call it reads
	// all requests, as the commands of a script that begins with setup and ends
	// with farewell.
	call            func(where) string
	brief           int
	setup, farewell string

	// status is what the number means that the interpreter gives of an item's
	// end; complained says whether it has complained too.
	status func(code int, complained func() bool) unix.WaitStatus
	vague  bool // the number leaves open whether it was a signal
}

// A Config says what a Server is made with.
type Config struct {
	Interpreter Interpreter
	Path        startmode.Path // the interpreter's program
	Name        string         // what the user knows it by, such as --preload FILE
	Starter     startmode.Starter

	// Own are the fds 0 to 2 that an item has of its own, which its Spec names, or
	// that of Prepare. The others are those of Files: the first is /dev/null, and
	// the interpreter has the last two. They stay the caller's.
	Own   [3]bool
	Files [3]int
}

// A Server is one interpreter. It is a startmode.Preparer whose processes have
// the number of the interpreter itself, which leads their group. Where the
// interpreter has ended, Start says startmode.ErrLost: another Server is needed.
type Server struct {
	cfg  Config
	pid  int // 0: none runs
	base int // strings of the environment that it was started with
	cell *int32
	ch   channel
	call []byte // see Interpreter; empty: requests are sent

	buf      []byte
	reply    [64]byte
	req      request
	answered bool
	lost     bool
	result   unix.WaitStatus
}

// NewServer makes a server; no interpreter runs before Prepare.
func NewServer(cfg Config) *Server {
	return &Server{cfg: cfg, ch: closed}
}

// Prepare starts the interpreter and waits until it has read its file. spec
// gives the environment, group and cell that all items have. An error is a
// *startmode.PrepareError or a *startmode.StartError.
func (s *Server) Prepare(spec *startmode.Spec) (err error) {
	lang := &s.cfg.Interpreter
	s.ch, err = openChannel(needs{
		own: s.cfg.Own, offered: spec.Files, null: s.cfg.Files[0], values: lang.call != nil, greets: lang.vague,
	})
	if err != nil {
		return &startmode.StartError{Op: "fork", Path: s.cfg.Path.String(), Err: errnoOf(err)}
	}
	where := s.ch.where()
	if lang.call != nil {
		s.call = lang.pad([]byte(lang.call(where)))
	}
	var argv startmode.Strings
	for _, word := range lang.argv(where) {
		argv.AppendString(word)
	}
	s.base, s.cell = spec.Env.Len(), spec.Cell
	s.pid, err = s.cfg.Starter.Start(&startmode.Spec{
		Path: s.cfg.Path, Argv: &argv, Env: spec.Env,
		Files: [3]int{s.ch.theirs[0], s.cfg.Files[1], s.cfg.Files[2]}, Group: spec.Group, Cell: spec.Cell,
	})
	if err == nil {
		ipc.Send(s.ch.requests, []byte(lang.setup)) // an error shows as an interpreter that ends
		err = s.awaitReady()
	}
	if err != nil {
		s.ch.close()
	}
	return err
}

// awaitReady waits until the interpreter says so, or has ended.
func (s *Server) awaitReady() error {
	pidfd, err := startmode.OpenPIDFD(s.pid)
	if err != nil {
		s.end()
		return &startmode.PrepareError{Msg: fmt.Sprintf("cannot watch the interpreter of %s: %v", s.cfg.Name, err)}
	}
	defer unix.Close(pidfd)
	set := []unix.PollFd{{Fd: int32(s.ch.statuses), Events: unix.POLLIN}, {Fd: int32(pidfd), Events: unix.POLLIN}}
	for {
		if n, err := unix.Poll(set, -1); n <= 0 || err != nil {
			continue
		}
		if set[0].Revents&unix.POLLIN != 0 {
			break
		}
		return s.startupFailed()
	}
	line, _ := s.readLine()
	if string(line) != "ready\n" {
		s.end()
		return &startmode.PrepareError{Msg: fmt.Sprintf("internal error: the interpreter of %s said %q, not that it is ready", s.cfg.Name, line)}
	}
	s.ch.opened()
	return nil
}

// startupFailed tells how an interpreter ended that never got ready.
func (s *Server) startupFailed() error {
	ws := s.end()
	how := fmt.Sprintf("exit %d", ws.ExitStatus())
	if ws.Signaled() {
		how = unix.SignalName(ws.Signal())
	}
	return &startmode.PrepareError{
		Msg:    fmt.Sprintf("%s: the interpreter ended before it was ready, with %s", s.cfg.Name, how),
		Killed: ws.Signaled(),
	}
}

// readLine reads a line from the interpreter, which writes each at once; nil
// where it has ended. said is false where it has nothing to say yet.
func (s *Server) readLine() (line []byte, said bool) {
	for {
		n, err := unix.Read(s.ch.statuses, s.reply[:])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return nil, false
		case n <= 0 || s.reply[n-1] != '\n':
			return nil, true
		default:
			return s.reply[:n], true
		}
	}
}

// Start makes the interpreter run an item: spec's Argv is the job's as it would
// be without a server.
func (s *Server) Start(spec *startmode.Spec) (pid int, err error) {
	if s.pid == 0 {
		return 0, startmode.ErrLost
	}
	s.answered, s.lost = false, false
	if err = s.ch.hold(spec.Files); err != nil {
		s.end()
		return 0, &startmode.StartError{Op: "fork", Path: s.cfg.Path.String(), Err: errnoOf(err)}
	}
	s.req.read(spec.Env, s.base, spec.Argv, s.cfg.Interpreter.lead)
	s.buf = s.cfg.Interpreter.request(s.buf[:0], &s.req)
	if err := s.tell(); err != nil {
		s.end()
		if err == unix.EPIPE {
			return 0, startmode.ErrLost // while it was idle
		}
		return 0, &startmode.StartError{Op: "fork", Path: s.cfg.Path.String(), Err: unix.EAGAIN}
	}
	if cap(s.buf) > bufferMax {
		s.buf = nil
	}
	return s.pid, nil
}

// tell has the interpreter know of the request in buf.
func (s *Server) tell() error {
	lang := &s.cfg.Interpreter
	if len(s.call) == 0 {
		return s.ch.call(s.buf)
	}
	if len(s.buf) <= lang.brief && isASCII(s.buf) {
		s.buf = lang.pad(s.buf)
		return s.ch.call(s.buf)
	}
	if err := s.ch.store(s.buf); err != nil {
		return err
	}
	return s.ch.call(s.call)
}

// pad makes a message as long as those that are read at once.
func (lang *Interpreter) pad(message []byte) []byte {
	for len(message) < lang.brief {
		message = append(message, ' ')
	}
	return message
}

// isASCII reports whether each byte is a character wherever ASCII is known.
func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// errnoOf is the system's reason for refusing an fd.
func errnoOf(err error) unix.Errno {
	var e unix.Errno
	if !errors.As(err, &e) {
		return unix.EMFILE
	}
	return e
}

// bufferMax is the longest request whose memory is kept for the next.
const bufferMax = 1 << 20

// readable reports whether the interpreter says something, or has ended,
// within the time; negative: for ever.
func (s *Server) readable(d time.Duration) bool {
	ms := -1
	if d >= 0 {
		ms = int(d / time.Millisecond)
	}
	set := []unix.PollFd{{Fd: int32(s.ch.statuses), Events: unix.POLLIN}}
	n, err := unix.Poll(set, ms)
	return n > 0 && err == nil
}

// Wait is for the item that was started last. See startmode.Parent.
func (s *Server) Wait(pid, options int, status *unix.WaitStatus, _ *unix.Rusage) (int, error) {
	for !s.answered && !s.lost {
		d := time.Duration(-1)
		if options&unix.WUNTRACED != 0 {
			if by, ok := s.stopped(); ok {
				*status = by
				return pid, nil
			}
			d = stopTick
		}
		if options&unix.WNOHANG != 0 {
			d = 0
		}
		if s.readable(d) {
			s.Ended()
		} else if options&unix.WNOHANG != 0 {
			return 0, nil
		}
	}
	if s.lost {
		s.end()
		return 0, startmode.ErrLost
	}
	*status = s.result
	return pid, nil
}

// stopped reports whether the interpreter has been stopped, as its whole group
// is where one of it wants the terminal.
func (s *Server) stopped() (status unix.WaitStatus, ok bool) {
	pid, err := startmode.Wait(s.pid, unix.WNOHANG|unix.WUNTRACED, &status, nil)
	if err == nil && pid > 0 && !status.Stopped() {
		startmode.SignalGroup(s.pid, unix.SIGKILL)
		s.forget()
		s.lost = true
		return status, false
	}
	return status, err == nil && pid > 0
}

// Watch returns the fd on which the interpreter tells of the item's end.
func (s *Server) Watch(int) (int, error) { return s.ch.statuses, nil }

// Unwatch has nothing to let go of.
func (s *Server) Unwatch(int) {}

// Prompt says that Watch costs nothing, and that without it the end of an item
// would not be noticed: the pipes stay open on this side.
func (s *Server) Prompt() bool { return true }

// Ended takes what the interpreter says of the item's end.
func (s *Server) Ended() bool {
	if s.answered || s.lost {
		return true
	}
	line, said := s.readLine()
	if !said {
		return false
	}
	s.ch.release()
	code, err := strconv.Atoi(string(bytes.TrimSuffix(line, []byte{'\n'})))
	if err != nil {
		// Its item goes on without it, and holds the pipes. The number is still
		// the interpreter's, which has not been waited for.
		startmode.SignalGroup(s.pid, unix.SIGKILL)
		s.lost = true
		return true
	}
	s.answered = true
	s.result = s.itemStatus(code)
	return true
}

// itemStatus is what the interpreter's number means, or what the system says
// where that number doesn't.
func (s *Server) itemStatus(code int) unix.WaitStatus {
	if s.ch.greets && code > 128 {
		if status, ok := s.ch.itemEnd(); ok {
			return status
		}
	}
	return s.cfg.Interpreter.status(code, s.ch.complained)
}

// Close ends the interpreter: it has its time to leave by itself, since no
// item runs.
func (s *Server) Close() error {
	if s.pid == 0 {
		return nil
	}
	ipc.Send(s.ch.requests, []byte(s.cfg.Interpreter.farewell)) // an error shows that it has left
	closeIf(s.ch.requests)
	s.ch.requests = -1
	if pidfd, err := startmode.OpenPIDFD(s.pid); err == nil {
		set := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
		until := time.Now().Add(closeWait)
		for left := closeWait; left > 0; left = time.Until(until) {
			if n, err := unix.Poll(set, int(left/time.Millisecond)+1); n > 0 && err == nil {
				break
			}
		}
		unix.Close(pidfd)
	}
	s.leave()
	return nil
}

// leave reaps an interpreter that has ended by itself, or ends it. What an
// item or FILE left running on purpose is left alone.
func (s *Server) leave() {
	unix.Kill(s.pid, unix.SIGKILL)
	startmode.Wait(s.pid, 0, new(unix.WaitStatus), nil)
	s.forget()
}

// end ends the interpreter and whatever is in its group by force.
func (s *Server) end() (status unix.WaitStatus) {
	if s.pid != 0 {
		startmode.SignalGroup(s.pid, unix.SIGKILL)
		unix.Kill(s.pid, unix.SIGKILL)
		startmode.Wait(s.pid, 0, &status, nil)
	}
	s.forget()
	return status
}

// forget lets go of an interpreter that has been waited for.
func (s *Server) forget() {
	if s.cell != nil {
		atomic.StoreInt32(s.cell, 0)
	}
	s.pid = 0
	s.ch.close()
}
