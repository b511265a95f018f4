package chunker

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// StopInBackground makes a read from the terminal, while the process is in the
// background, stop the process between two system calls and not inside of
// read(2): the kernel would restart that after each SIGCONT and stop the
// process anew, so that a signal that came with the SIGCONT, as timeout(1)
// sends it, would never be heard. It is for a process that doesn't ignore
// SIGTTIN.
func (in *Input) StopInBackground() { in.stops = true }

// hearing is how long after SIGCONT an Interrupt is waited for before the
// process stops again.
const hearing = 200 * time.Millisecond

// foreground returns once read(2) wouldn't stop the process, or with
// ErrInterrupted. Where nobody could make the process continue, read(2) fails.
func (in *Input) foreground(bell int32) error {
	for in.stops && in.inBackground() && !orphaned() {
		if err := unix.Kill(0, unix.SIGTTIN); err != nil {
			return err
		}
		// The stop falls into the first wait, which is over when the process
		// continues.
		for range 2 {
			if err := listen(bell, hearing); err != nil {
				return err
			}
			if err := in.check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// listen waits for the bell, but no longer than d. Other signals, such as those of
// Go's scheduler, don't cut it short: the thread that is to stop the process may
// have to wait for a CPU, and a second SIGTTIN would stop it after SIGCONT.
func listen(bell int32, d time.Duration) error {
	until := time.Now().Add(d)
	for d > 0 {
		fds := []unix.PollFd{{Fd: bell, Events: unix.POLLIN}}
		n, err := unix.Poll(fds, int(d.Milliseconds())+1)
		if n > 0 || err != nil && err != unix.EINTR {
			return err
		}
		d = time.Until(until)
	}
	return nil
}

// inBackground reports whether fd is the process's terminal and another group
// has it.
func (in *Input) inBackground() bool {
	group, err := unix.IoctlGetInt(in.fd, unix.TIOCGPGRP)
	return err == nil && group != unix.Getpgrp()
}

// orphaned reports whether no shell is known to wait for the process's group.
// The kernel doesn't stop a group that has none.
func orphaned() bool {
	group := unix.Getpgrp()
	return !controls(unix.Getppid(), group) && !controls(parent(group), group)
}

// controls reports whether the process is in the group's session, but not in
// the group.
func controls(pid, group int) bool {
	if pid <= 0 {
		return false
	}
	other, err := unix.Getpgid(pid)
	if err != nil || other == group {
		return false
	}
	session, err := unix.Getsid(pid)
	own, ownErr := unix.Getsid(0)
	return err == nil && ownErr == nil && session == own
}

// parent is the parent of a process, 0 where that isn't known.
func parent(pid int) int {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	ppid, _ := strconv.Atoi(string(fields[1]))
	return ppid
}
