package warm

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What golang.org/x/sys/unix doesn't name yet, of linux/socket.h, asm/socket.h
// and linux/pidfd.h.
const (
	soPassPIDFD = 76 // Linux 6.5
	scmPIDFD    = 4

	pidfdGetInfo  = 0xC040FF0B // _IOWR(0xFF, 11, struct pidfd_info), the first 64 bytes
	pidfdInfoExit = 1 << 3     // Linux 6.15
)

// pidfdInfo is the beginning of struct pidfd_info.
type pidfdInfo struct {
	mask, cgroup uint64
	ids          [11]uint32
	exitCode     int32
}

// knowSenders lets a socket receive with each message a pidfd of the process
// that sent it; false where the system doesn't know that.
func knowSenders(socket int) bool {
	return unix.SetsockoptInt(socket, unix.SOL_SOCKET, soPassPIDFD, 1) == nil
}

// dropGreetings takes all that the socket holds, without a pidfd for each. The
// socket knows senders as before; false where it doesn't any more.
func dropGreetings(socket int) bool {
	var all [greetingMax]byte
	unix.SetsockoptInt(socket, unix.SOL_SOCKET, soPassPIDFD, 0)
	unix.Recvfrom(socket, all[:], unix.MSG_DONTWAIT)
	return knowSenders(socket)
}

// itemEnd is how the item that was sent for last has ended, which its parent
// has already waited for. ok is false where the system can't tell.
func (c *channel) itemEnd() (status unix.WaitStatus, ok bool) {
	pidfd := -1
	for c.greeting > 0 {
		closeIf(pidfd)
		var err error
		if pidfd, err = receiveSender(c.requests); err != nil {
			break // the item ended before it could greet
		}
		c.greeting--
	}
	defer closeIf(pidfd)
	if c.greeting > 0 || pidfd < 0 {
		c.greeting = 0
		return 0, false
	}
	return exitStatus(pidfd)
}

// receiveSender takes a byte and returns the pidfd that comes with it, or -1
// where the system has none for a process that has ended.
func receiveSender(socket int) (pidfd int, err error) {
	var b [1]byte
	var oob [64]byte
	_, n, _, _, err := unix.Recvmsg(socket, b[:], oob[:], unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return -1, err
	}
	messages, _ := unix.ParseSocketControlMessage(oob[:n])
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == scmPIDFD && len(m.Data) >= 4 {
			return int(int32(binary.NativeEndian.Uint32(m.Data))), nil
		}
	}
	return -1, nil
}

// exitStatus asks a pidfd how its process has ended.
func exitStatus(pidfd int) (unix.WaitStatus, bool) {
	info := pidfdInfo{mask: pidfdInfoExit}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(pidfd), pidfdGetInfo, uintptr(unsafe.Pointer(&info)))
	return unix.WaitStatus(info.exitCode), errno == 0 && info.mask&pidfdInfoExit != 0
}
