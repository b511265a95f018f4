//go:build !linux

package cmd

import (
	"os"

	"golang.org/x/sys/unix"
)

func raise(sig unix.Signal) { unix.Kill(os.Getpid(), sig) }
