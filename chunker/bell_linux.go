package chunker

import "golang.org/x/sys/unix"

// openFlags never wait: poll(2) doesn't report a fifo as ended before its
// first writer has come, so waiting can be left to it.
const openFlags = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NOCTTY | unix.O_NONBLOCK

// A bell wakes a poll(2): an eventfd that is readable once it has been rung.
type bell struct{ efd int }

func newBell() (*bell, error) {
	efd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	return &bell{efd}, nil
}

func (b *bell) fd() int { return b.efd }

// ring can only fail where the counter is full, and then the bell rings.
func (b *bell) ring() {
	one := [8]byte{0: 1, 7: 1} // not zero in either byte order
	unix.Write(b.efd, one[:])
}

func (b *bell) close() { unix.Close(b.efd) }
