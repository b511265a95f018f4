package startmode

import (
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Path names a program in the form execve wants, made once and used for
// every job. The zero Path names nothing: starting it is ENOENT.
type Path struct {
	name string
	nul  *byte // name with its NUL; nil where name holds a NUL itself
}

// MakePath makes a Path of a file name. The name is used as it is: no lookup
// in PATH, and a relative one starts from the job's working directory.
func MakePath(name string) Path {
	nul, _ := unix.BytePtrFromString(name)
	return Path{name, nul}
}

// String is the file name.
func (p Path) String() string { return p.name }

// check refuses what execve could not be told.
func (p Path) check() error {
	if p.nul == nil && p.name != "" {
		return &StartError{Op: "exec", Path: p.name, Err: unix.EINVAL}
	}
	if p.name == "" {
		return &StartError{Op: "exec", Err: unix.ENOENT}
	}
	return nil
}

// address is where the name lies, for the kernel. The caller keeps p alive.
func (p Path) address() uintptr { return uintptr(unsafe.Pointer(p.nul)) }

// asOperand is the name as an argument that no shell takes for an option or
// looks up in PATH.
func (p Path) asOperand() string {
	if strings.Contains(p.name, "/") {
		return p.name
	}
	return "./" + p.name
}
