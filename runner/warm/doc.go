// Package warm runs items in interpreters that have been started and prepared
// before: each item in a child that such an interpreter forks.
//
// A Server is one interpreter, and the startmode.Parent of one slot's items.
// It starts as any process does, with nothing of pmap's beyond fds 0 to 2; what
// it needs of pmap besides the socket that is its stdin it opens by name, below
// /proc/PID/fd:
//
//	pmap                                     interpreter ── reads FILE
//	requests (socket) ── a message ───────────────►│
//	                                              fork ──► child: takes its values,
//	values   (shared memory) ─────────────────────┼──────► opens the slot's own
//	                  a byte ◄────────────────────┼─────── pipes as stdout and
//	statuses (pipe) ◄── a line ───────────────────┘        stderr, runs the item
//
// A message is an item's request, or says that the values have been stored: how
// they travel is what kinds of interpreters differ in, see Interpreter. By the
// byte, where the kernel tells who has sent it, pmap learns how exactly the child
// has ended.
//
// So no fd of pmap's reaches an item, nothing is left in the file system
// however pmap ends, and what an item's own children still write never gets
// into the output of the next: their end of the pipe is not the next item's.
//
// An interpreter and its items are one process group. Ending an item by force
// ends the group; the next item gets a new interpreter.
package warm
