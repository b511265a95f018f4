//go:build amd64 || arm64

package startmode

import (
	"slices"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"pmap/startmode/inherited"
)

// cloneArgs is struct clone_args as far as its first version goes.
type cloneArgs struct {
	flags, pidfd, childTID, parentTID, exitSignal, stack, stackSize, tls uint64
}

// A step is a system call of the child, and the only result with which it goes
// on. (On 64-bit linux a result is negative where there is an error.)
type step struct {
	nr, a, b, c, d uintptr
	want           uintptr
}

// A program is what a child does. It lies in the heap, and so does all that
// its addresses point to; the Spec keeps its part alive.
type program struct {
	clone  cloneArgs
	all    unix.Sigset_t // every signal
	mask   unix.Sigset_t // the thread's own mask, saved here by the assembly
	failed uintptr       // address of the step that failed, written by the child
	result uintptr       // and what it returned
	steps  [10]step      // execve is the last one, since it always fails

	n       int           // steps written
	none    unix.Sigset_t // no signal
	limit   unix.Rlimit   // to be restored
	now     unix.Rlimit   // pmap's own
	dir     []byte        // with its NUL
	spare   int           // a duplicate needed by crossing Files; -1 if none
	yielded time.Time     // see yield
}

func newProgram() *program {
	p := &program{spare: -1}
	for i := range p.all.Val {
		p.all.Val[i] = ^p.all.Val[i]
	}
	// A blocked signal is kept even if it would be ignored: the end of a job
	// that is quicker than this thread would interrupt some other one.
	p.all.Val[0] &^= 1 << (unix.SIGCHLD - 1)
	p.limit = unix.Rlimit{Cur: inherited.NoFile.Cur, Max: inherited.NoFile.Max}
	return p
}

// write makes p the program of spec. ppid is pmap's pid.
func (p *program) write(spec *Spec, ppid int) error {
	if err := checkSpec(spec); err != nil {
		return err
	}
	p.n, p.failed = 0, 0
	p.setClone(spec)
	p.add(step{nr: unix.SYS_PRCTL, a: unix.PR_SET_PDEATHSIG, b: uintptr(unix.SIGKILL)})
	p.add(step{nr: unix.SYS_GETPPID, want: uintptr(ppid)})
	if spec.Group {
		p.add(step{nr: unix.SYS_SETPGID})
	}
	p.addLimit()
	if err := p.addFiles(spec.Files); err != nil {
		return &StartError{Op: "dup2", Path: spec.Path.String(), Err: err.(unix.Errno)}
	}
	if err := p.addDir(spec.Dir); err != nil {
		p.closeSpare()
		return err
	}
	p.add(step{nr: sysSigprocmask, a: sigSetmask, b: address(&p.none), d: sigsetSize})
	p.add(step{
		nr: unix.SYS_EXECVE,
		a:  spec.Path.address(),
		b:  address(unsafe.SliceData(spec.Argv.Pointers())),
		c:  address(unsafe.SliceData(spec.Env.Pointers())),
	})
	return nil
}

func (p *program) setClone(spec *Spec) {
	p.clone = cloneArgs{
		flags:      unix.CLONE_VM | unix.CLONE_VFORK | unix.CLONE_CLEAR_SIGHAND,
		exitSignal: uint64(unix.SIGCHLD),
	}
	if spec.Cell != nil {
		p.clone.flags |= unix.CLONE_PARENT_SETTID
		p.clone.parentTID = uint64(address(spec.Cell))
	}
	if spec.PIDFD != nil {
		*spec.PIDFD = -1
		p.clone.flags |= unix.CLONE_PIDFD
		p.clone.pidfd = uint64(address(spec.PIDFD))
	}
}

func (p *program) add(s step) {
	p.steps[p.n] = s
	p.n++
}

// addLimit puts back the soft limit of open files, provided that it is still
// the one that the Go runtime set: somebody may have changed pmap's limits
// from outside, and then means the jobs too.
func (p *program) addLimit() {
	if p.limit.Cur+1 >= p.limit.Max || unix.Getrlimit(unix.RLIMIT_NOFILE, &p.now) != nil {
		return
	}
	if p.now.Max == p.limit.Max && p.now.Cur == p.limit.Max-1 {
		p.add(step{nr: unix.SYS_PRLIMIT64, b: unix.RLIMIT_NOFILE, c: address(&p.limit)})
	}
}

func (p *program) addDir(dir string) error {
	if dir == "" {
		return nil
	}
	if strings.IndexByte(dir, 0) >= 0 {
		return &StartError{Op: "chdir", Path: dir, Err: unix.EINVAL}
	}
	p.dir = append(append(p.dir[:0], dir...), 0)
	p.add(step{nr: unix.SYS_CHDIR, a: address(unsafe.SliceData(p.dir))})
	return nil
}

// addFiles moves files to fds 0, 1 and 2, in an order in which no fd is
// replaced while another still has to be made of it. Where they go in a circle
// there is no such order, and a duplicate breaks it.
func (p *program) addFiles(files [3]int) error {
	var done [3]bool
	for left := len(files); left > 0; left-- {
		fd := nextMove(&files, &done)
		if fd < 0 {
			fd = slices.Index(done[:], false)
			if err := p.spareOf(fd, &files); err != nil {
				return err
			}
		}
		p.addMove(files[fd], fd)
		done[fd] = true
	}
	return nil
}

// nextMove finds an fd that is still to be made and of which no other is; -1
// where there is none.
func nextMove(files *[3]int, done *[3]bool) int {
	for fd := range files {
		free := !done[fd]
		for other, from := range files {
			if from == fd && other != fd && !done[other] {
				free = false
			}
		}
		if free {
			return fd
		}
	}
	return -1
}

// spareOf duplicates fd, and has whatever was to be made of it made of the
// duplicate.
func (p *program) spareOf(fd int, files *[3]int) error {
	spare, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, len(files))
	if err != nil {
		return err
	}
	p.spare = spare
	for i, from := range files {
		if from == fd && i != fd {
			files[i] = spare
		}
	}
	return nil
}

// addMove makes fd of from, without CLOEXEC.
func (p *program) addMove(from, fd int) {
	if from == fd {
		p.add(step{nr: unix.SYS_FCNTL, a: uintptr(fd), b: unix.F_SETFD})
		return
	}
	p.add(step{nr: unix.SYS_DUP3, a: uintptr(from), b: uintptr(fd), want: uintptr(fd)})
}

func (p *program) closeSpare() {
	if p.spare >= 0 {
		unix.Close(p.spare)
		p.spare = -1
	}
}

// failure tells of the step at which the child gave up.
func (p *program) failure(spec *Spec) error {
	e := &StartError{Op: "fork", Path: spec.Path.String(), Err: unix.Errno(-p.result)}
	switch p.steps[(p.failed-address(&p.steps))/unsafe.Sizeof(step{})].nr {
	case unix.SYS_EXECVE:
		e.Op = "exec"
	case unix.SYS_DUP3, unix.SYS_FCNTL:
		e.Op = "dup2"
	case unix.SYS_CHDIR:
		e.Op, e.Path = "chdir", spec.Dir
	}
	return e
}

// address is a pointer as a system call takes it.
func address[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }
