// Package inherited knows what a Go program loses of the state it was started
// in: package syscall raises the soft limit of open files when it is
// initialised, and later code changes dispositions. A process that is to see
// what pmap itself was given needs both back.
//
// The package has to be initialised before package syscall. The linker orders
// packages by import path as far as their imports allow, so this one imports
// nothing that has an initialiser; hence the system calls of its own.
package inherited

// A Limit is laid out as the kernel's struct rlimit64.
type Limit struct{ Cur, Max uint64 }

// NoFile is RLIMIT_NOFILE as it was; zero where it is not known.
var NoFile Limit

// Ignored has bit n-1 set for each signal n that was ignored. Of the signals
// that the Go runtime takes over whatever they were (all but HUP, INT, and
// those that stop and continue a job) it can't be known, and they count as not
// ignored.
var Ignored uint64
