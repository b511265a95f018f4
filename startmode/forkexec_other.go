//go:build !linux

package startmode

import "syscall"

// sysProcAttr makes the process group. There is no parent-death signal here:
// what survives a kill -9 of pmap is the guardian's to end.
func sysProcAttr(spec *Spec) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: spec.Group}
}

// emptyMask does nothing: a process has the mask that pmap was started with.
func emptyMask() (restore func()) { return func() {} }
