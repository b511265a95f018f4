//go:build !linux

package startmode

// ArgMax is how many bytes execve takes for argv and environment together,
// pointers included, on every system that isn't Linux.
func ArgMax() int { return 256 << 10 }

// MaxArg is what one string of an argv may have, its NUL included: nothing
// bounds it by itself.
func MaxArg() int { return ArgMax() }
