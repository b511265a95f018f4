//go:build !linux

package journal

import "golang.org/x/sys/unix"

func fdatasync(fd int) error { return unix.Fsync(fd) }
