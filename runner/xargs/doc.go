// Package xargs runs a command with as many words of an input as fit, again
// and again, as POSIX xargs does.
//
//	Words ─► Builder ─► slot ─► process     Words are chunker's
//	         argv       start, wait
//
// There is no central loop and no queue. A slot is one goroutine on one locked
// thread. It takes its turn at the builder, which lays the next command out in
// the slot's own memory, gives the turn to the next slot, starts the process
// and waits for it. Slots come to life as commands need them, so that a run
// with one process at a time stays on the thread that called it.
//
// Jobs stay in the caller's process group, inherit its output, and find
// nothing in their environment that was not asked for.
package xargs
