// Package kernel tells tests which system they run on.
package kernel

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// TellsEnds reports whether the system still says how a process has ended once
// that has been waited for: Linux 6.15 and later. A shell's items are such, of
// which the shell itself tells no death by INT or PIPE from an exit with 130 or
// 141.
func TellsEnds() bool {
	var name unix.Utsname
	var major, minor int
	if unix.Uname(&name) == nil {
		fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor)
	}
	return runtime.GOOS == "linux" && (major > 6 || major == 6 && minor >= 15)
}
