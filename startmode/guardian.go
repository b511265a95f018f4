package startmode

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"pmap/ipc"
)

// A Guardian is a process that ends pmap's jobs where pmap itself no longer
// can, because it was killed. It waits for nothing but the end of its alive
// pipe, whose only write end pmap holds:
//
//	pmap ──alive──► guardian        EOF: pmap has ended, in whatever way
//	  └── table (shared memory) ──┘  kill the groups that still stand in it
//
// It is the same program, entered by Enter, in a session of its own (so that
// what happens to pmap's terminal doesn't reach it), with fds 0 to 2 on
// /dev/null and none that pmap was given. It is idle throughout.
type Guardian struct {
	pid   int
	alive int // write end of the alive pipe
}

// pids is what stands in the cells, as far as a process of pmap's can be meant.
func pids(t *ipc.Table) map[int]bool {
	set := make(map[int]bool)
	for slot := range t.Slots() {
		if pid := atomic.LoadInt32(t.Cell(slot)); pid > 1 {
			set[int(pid)] = true
		}
	}
	return set
}

// guardianName is how the guardian appears in the process table.
const guardianName = "pmap-guardian"

// StartGuardian starts a guardian over t, and over a directory, if that isn't
// empty: it is absolute, and goes with the jobs. The guardian does not die with
// the thread that calls it.
func StartGuardian(t *ipc.Table, dir string) (*Guardian, error) {
	session, err := unix.Getsid(0)
	if err != nil {
		return nil, fmt.Errorf("cannot find out pmap's session: %w", err)
	}
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open /dev/null: %w", err)
	}
	defer unix.Close(null)
	r, w, err := ipc.Pipe()
	if err != nil {
		return nil, fmt.Errorf("cannot make a pipe: %w", err)
	}
	defer unix.Close(r)
	pid, err := forkGuardian([]int{null, null, null, r, t.FD()}, session, dir)
	if err != nil {
		unix.Close(w)
		return nil, fmt.Errorf("cannot start the guardian: %w", err)
	}
	return &Guardian{pid, w}, nil
}

// forkGuardian runs this program with the given fds from 0 on.
func forkGuardian(fds []int, session int, dir string) (pid int, err error) {
	program, err := self()
	if err != nil {
		return 0, err
	}
	files := make([]uintptr, len(fds))
	for i, fd := range fds {
		files[i] = uintptr(fd)
	}
	return syscall.ForkExec(program, []string{guardianName}, &syscall.ProcAttr{
		Dir: "/",
		Env: []string{
			guardianEnv + "=" + strconv.Itoa(aliveFD),
			sessionEnv + "=" + strconv.Itoa(session),
			dirEnv + "=" + dir,
			"GOMAXPROCS=1",
		},
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
}

// Close ends the guardian without its having done anything, and reaps it.
func (g *Guardian) Close() error {
	if g.pid == 0 {
		return nil
	}
	unix.Kill(g.pid, unix.SIGKILL)
	var status unix.WaitStatus
	_, err := Wait(g.pid, 0, &status, nil)
	g.pid = 0
	return errors.Join(err, unix.Close(g.alive))
}

// Where the guardian finds what it was given.
const (
	aliveFD = 3
	tableFD = 4
)

// guard is the guardian's life.
func guard(t *ipc.Table, session int, dir string) {
	nameGuardian()
	closeForeign()
	signal.Ignore() // all of them: it ends when pmap has
	awaitEOF(aliveFD)
	known := make(map[int]bool)
	for quiet := 0; quiet < 2; quiet++ {
		for _, target := range killListed(pids(t), session) {
			if !known[target] {
				known[target], quiet = true, 0
			}
		}
		time.Sleep(killPause)
	}
	if dir != "" {
		os.RemoveAll(dir)
	}
}

// killPause is the time between two looks at the process table. The guardian
// looks until nothing new is found, since a process may not have entered its
// group yet, or be missed because it began meanwhile. It doesn't wait for the
// end of what it has killed: the longer it goes on, the likelier a number in
// the table has become somebody else's.
const killPause = 10 * time.Millisecond

// closeForeign closes the fds that somebody else left open for pmap, and which
// the guardian was given unasked: a pipe's reader would wait for it, a lock be
// held.
func closeForeign() {
	for _, fd := range foreignFDs() {
		if fd > tableFD {
			unix.Close(fd)
		}
	}
}

// awaitEOF blocks until every write end of the pipe is closed.
func awaitEOF(fd int) {
	var b [1]byte
	for {
		n, err := unix.Read(fd, b[:])
		if n == 0 && err == nil || err != nil && err != unix.EINTR {
			return
		}
	}
}

// killListed kills the groups that are listed by their number, and the listed
// processes that lead no group, as far as the process table shows them in
// pmap's session: the number of a process that has ended may have passed to a
// stranger. It returns the numbers.
func killListed(listed map[int]bool, session int) (killed []int) {
	eachProcess(func(p process) {
		if !p.alive || p.session != session {
			return
		}
		switch {
		case listed[p.group]:
			unix.Kill(-p.group, unix.SIGKILL)
			killed = append(killed, p.group)
		case listed[p.pid]:
			unix.Kill(p.pid, unix.SIGKILL)
			killed = append(killed, p.pid)
		}
	})
	return killed
}
