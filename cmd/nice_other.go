//go:build !linux

package cmd

import "golang.org/x/sys/unix"

// setNiceness sets that of the process.
func setNiceness(n int) error { return unix.Setpriority(unix.PRIO_PROCESS, 0, n) }
