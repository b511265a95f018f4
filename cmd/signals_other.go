//go:build !linux

package cmd

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// setDefault gives a signal back to Go, which dies by those that end a run.
func setDefault(sig unix.Signal) { signal.Reset(sig) }

// stopSelf stops pmap; it returns when pmap goes on.
func stopSelf() { unix.Kill(os.Getpid(), unix.SIGSTOP) }
