package startmode

import (
	"os"

	"golang.org/x/sys/unix"
)

// MaxArg is what one string of an argv may have, its NUL included.
func MaxArg() int { return 32 * os.Getpagesize() }

const (
	leastArgs = 128 << 10 // the kernel gives so much to every stack
	mostArgs  = 6 << 20   // and no more than that to the largest
)

// ArgMax is how many bytes execve takes for argv and environment together,
// pointers included: a quarter of the stack that the process may have.
func ArgMax() int {
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_STACK, &r) != nil {
		return leastArgs
	}
	return int(max(leastArgs, min(r.Cur/4, mostArgs)))
}
