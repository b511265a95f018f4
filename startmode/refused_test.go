//go:build linux

package startmode

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestRefusedClone3 starts jobs where a seccomp filter refuses clone3, in each
// of the ways that are met: the fallback takes over without a word.
func TestRefusedClone3(t *testing.T) {
	for _, errno := range []unix.Errno{unix.ENOSYS, unix.EPERM, unix.EINVAL} {
		cmd := roleCommand("refused", "clone3", strconv.Itoa(int(errno)))
		if out := succeed(t, cmd); out != "started\nstarted\n" {
			t.Errorf("%v: %q", errno, out)
		}
	}
}

// TestNoMoreProcesses has a filter refuse the start as a full system does.
func TestNoMoreProcesses(t *testing.T) {
	for name := range newStarters {
		for _, errno := range []unix.Errno{unix.EAGAIN, unix.ENOMEM} {
			out := succeed(t, roleCommand("refused", name, strconv.Itoa(int(errno))))
			if want := "temporary\ntemporary\n"; out != want {
				t.Errorf("%s, %v: %q, want %q", name, errno, out, want)
			}
		}
	}
}

// roleRefused has the start method's system call refused with an errno, and
// says what becomes of two starts.
func roleRefused() int {
	runtime.LockOSThread()
	s := newStarters[os.Args[1]]()
	errno, _ := strconv.Atoi(os.Args[2])
	err := refuse(unix.SYS_CLONE3, 0, errno)
	if os.Args[1] == "ForkExec" {
		err = refuse(unix.SYS_CLONE, unix.CLONE_VFORK, errno)
	}
	if err != nil {
		return complain("cannot set the filter: %v", err)
	}
	for range 2 {
		var se *StartError
		pid, err := s.Start(command("true"))
		switch {
		case err == nil:
			Wait(pid, 0, new(unix.WaitStatus), nil)
			os.Stdout.WriteString("started\n")
		case errors.As(err, &se) && se.Op == "fork" && se.Temporary():
			os.Stdout.WriteString("temporary\n")
		default:
			return complain("%v", err)
		}
	}
	return 0
}

// refuse has a system call fail in every thread from now on, if its first
// argument has a bit of mask (0: always).
func refuse(nr, mask uint32, errno int) error {
	const nrAt, arg0At = 0, 16 // in struct seccomp_data
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	test := uint16(unix.BPF_JSET)
	if mask == 0 {
		test = unix.BPF_JGE // always
	}
	filter := []unix.SockFilter{
		load(nrAt),
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jf: 3},
		load(arg0At),
		{Code: unix.BPF_JMP | test | unix.BPF_K, K: mask, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	if e != 0 {
		return e
	}
	return nil
}
