//go:build amd64 || arm64

package startmode

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A vforker starts processes by its own clone3, with no lock and no copies.
//
// The child shares pmap's memory until it execs, and the thread that made it
// is stopped that long. It must not run Go code: a stack that grows, a write
// barrier or a preemption in it would happen to pmap. So Go writes down
// beforehand which system calls the child has to make (a program), and a few
// lines of assembly make them one after the other. They use registers only,
// so that the child needs no stack of its own: the frame below which the
// thread will return stays as it was.
//
//	pmap's thread                          the child
//	─────────────                          ─────────
//	write the program
//	entersyscall: pmap goes on meanwhile
//	block all signals
//	clone3 ── pid into the cell ─────────► prctl, getppid, setpgid,
//	   ·                                   dup3, prlimit64, chdir,
//	   ·  (stopped, CLONE_VFORK)           rt_sigprocmask
//	   ·                                   execve ── its own memory from here
//	restore the signal mask ◄──────────────┘
//	exitsyscall                            or, where a call did not return
//	look whether a step failed             what it should: note it, exit
//
// An execve can take long, or hang on a dead file server. Since the runtime
// counts the thread as being in a system call, neither the collector nor the
// goroutine that hears Ctrl-C waits for it.
//
// No handler of pmap's can run in the child: CLONE_CLEAR_SIGHAND takes them
// away as it is made, and leaves ignored what is ignored. Signals are blocked
// so that one that is sent to pmap's group meets the child only when it is set
// up. An fd that pmap opens must have CLOEXEC from its birth, because no lock
// keeps a start from happening in between.
type vforker struct {
	ppid     int
	programs sync.Pool // of *program
	refused  atomic.Bool
	fallback func() forkExec
}

func newVforker() *vforker {
	f := &vforker{ppid: os.Getpid(), fallback: sync.OnceValue(newForkExec)}
	f.programs.New = func() any { return newProgram() }
	silenceSIGCHLD()
	return f
}

// silenceSIGCHLD gives SIGCHLD its default, which is that nothing happens. The
// Go runtime has a handler for it, and that would run once per job, on a thread
// that may be waiting for another one. os/signal can't have the signal again;
// package os doesn't use it.
func silenceSIGCHLD() {
	var act struct{ handler, flags, restorer, mask uintptr }
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), address(&act), 0, sigsetSize, 0, 0)
}

// Start is the fast path. Where clone3 is not to be had (an old kernel, a
// seccomp filter, a tracer) that shows the first time, and from then on it is
// the fallback.
func (f *vforker) Start(spec *Spec) (int, error) {
	if f.refused.Load() {
		return f.fallback().Start(spec)
	}
	pid, err := f.start(spec)
	if errors.Is(err, errNoClone3) {
		f.refused.Store(true)
		return f.fallback().Start(spec)
	}
	return pid, err
}

var errNoClone3 = errors.New("clone3 is not available")

func (f *vforker) start(spec *Spec) (int, error) {
	p := f.programs.Get().(*program)
	defer f.programs.Put(p)
	p.yield()
	if err := p.write(spec, f.ppid); err != nil {
		return 0, err
	}
	r := vfork(p)
	runtime.KeepAlive(spec)
	p.closeSpare()
	if r < 0 {
		return 0, refusal(spec, unix.Errno(-r))
	}
	if p.failed == 0 {
		return r, nil
	}
	if spec.Cell != nil {
		atomic.StoreInt32(spec.Cell, 0)
	}
	if spec.PIDFD != nil {
		unix.Close(int(*spec.PIDFD))
		*spec.PIDFD = -1
	}
	var status unix.WaitStatus
	Wait(r, 0, &status, nil)
	return 0, p.failure(spec)
}

// refusal is why there was no child.
func refusal(spec *Spec, errno unix.Errno) error {
	switch errno {
	case unix.EAGAIN, unix.ENOMEM, unix.EMFILE, unix.ENFILE:
		return &StartError{Op: "fork", Path: spec.Path.String(), Err: errno}
	}
	return errNoClone3
}

// vfork makes the child, which carries out p, and returns its pid, or a
// negative errno. When it returns, the child has exec'd or has failed.
//
//go:noescape
func vfork(p *program) int

// What the assembly needs to know.
const (
	sysClone3      = unix.SYS_CLONE3
	sysExitGroup   = unix.SYS_EXIT_GROUP
	sysSigprocmask = unix.SYS_RT_SIGPROCMASK
	sigSetmask     = unix.SIG_SETMASK
	sigsetSize     = 8
)

// yieldEvery is well below the 10 ms after which the Go runtime thinks that a
// goroutine has run for too long.
const yieldEvery = 4 * time.Millisecond

// yield passes through the Go scheduler now and then. A slot that only starts
// and waits never does so by itself; then the runtime's monitor stays awake to
// take its P away in one system call after the other, every 20 µs, for some 3 %
// of the CPU.
func (p *program) yield() {
	if now := time.Now(); now.Sub(p.yielded) > yieldEvery {
		runtime.Gosched()
		p.yielded = now
	}
}
