// Package ipc is what processes of pmap share: memory, pipes and connections.
//
// It knows nothing of jobs. Whoever makes an object here owns its fds; another
// process gets a duplicate through its Spec's files, by inheritance or over a
// connection.
//
// A connection carries frames, both ways:
//
//	0         4      5
//	| length  | type | payload, length bytes |      length: little-endian, ≤ MaxFrame
//
// A payload is fields one after the other: numbers as unsigned varints, strings
// as their length and their bytes. pmap speaks first:
//
//	pmap                                  worker
//	Hello magic version cell … ─────────►            (what it can't be: Fault, and it ends)
//
//	one that starts processes, on request:
//	Start path argv env … + fds 0 1 2 ──►  makes it; the kernel writes the pid into the cell
//	             ◄─────────── Started pid │ Refused step errno
//	             ◄─────────── Stopped sig    if asked for, any number
//	             ◄─────────── Ended status … a zombie from now on, its number still its own
//	Reap ───────────────────────────────►  wait
//	Join cell + connection ─────────────►  serve another slot there in the same way
//
//	one that runs a built-in, two messages ahead:
//	Items record … ─────────────────────►  counts in the cell what it begins
//	             ◄─────────── Answers status took out err …   in the order of the records
//
//	the same, where the records are in a file that it reads itself:
//	Hello + file, window ───────────────►
//	Block offset length … ──────────────►  counts in the cell what it begins
//	             ◄─────────── Part records length took out    for the whole block, or for each record
//
// The output of a block lies in the half of the window whose turn it is, where
// that can hold it: pmap is done with it when it sends the block after the next.
//
// The end of the stream ends the worker, whatever has ended pmap.
package ipc
