package signals

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An action is the kernel's struct sigaction.
type action struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

const (
	onStack     = 0x08000000 // SA_ONSTACK: a goroutine's stack is too small
	restart     = 0x10000000 // SA_RESTART
	hasRestorer = 0x04000000 // SA_RESTORER
	maskSize    = 8

	allSignals = ^uint64(0)
)

// ended is what is written into the pipe when a receiver stops.
const ended = 0

// pipe is where the handler writes to. It is made once and stays open: a
// handler may be about to write on another thread when nobody receives any more.
var pipe struct {
	once sync.Once
	r    *os.File
	err  error
}

// writeEnd is the handler's fd.
var writeEnd int32

// handlerPC and restorerPC are the addresses of the handler, and of what it
// returns to.
func handlerPC() uintptr
func restorerPC() uintptr

func makePipe() {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		pipe.err = fmt.Errorf("cannot make a pipe for signals: %w", err)
		return
	}
	pipe.r, writeEnd = os.NewFile(uintptr(fds[0]), "signals"), int32(fds[1])
}

// A source has the actions that its signals had before.
type source struct {
	sigs []unix.Signal
	was  []action
	over chan struct{}
}

func (s *source) open(c chan<- unix.Signal, sigs []unix.Signal) error {
	pipe.once.Do(makePipe)
	if pipe.err != nil {
		return pipe.err
	}
	s.sigs, s.was, s.over = sigs, make([]action, len(sigs)), make(chan struct{})
	go s.pass(c)
	take := action{handlerPC(), onStack | restart | hasRestorer, restorerPC(), allSignals}
	for i, sig := range sigs {
		setAction(sig, &take, &s.was[i])
	}
	return nil
}

// pass passes on what the handler writes.
func (s *source) pass(c chan<- unix.Signal) {
	defer close(s.over)
	defer close(c)
	var buf [kept]byte
	for {
		n, err := pipe.r.Read(buf[:])
		if err != nil {
			return
		}
		for _, sig := range buf[:n] {
			if sig == ended {
				return
			}
			send(c, unix.Signal(sig))
		}
	}
}

// close gives the actions back. A pipe that is full of signals is being read.
func (s *source) close() {
	for i, sig := range s.sigs {
		setAction(sig, &s.was[i], nil)
	}
	for {
		if _, err := unix.Write(int(writeEnd), []byte{ended}); err != unix.EAGAIN {
			break
		}
	}
	<-s.over
}

func setAction(sig unix.Signal, set, was *action) {
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(was)), maskSize, 0, 0)
}
