//go:build !linux

package runner

import (
	"time"

	"golang.org/x/sys/unix"
)

func pollKeeping(set []unix.PollFd, d time.Duration) (int, error) {
	return unix.Poll(set, milliseconds(d))
}
