// Package warm runs items in interpreters that have been started and prepared
// before: each item in a child that such an interpreter forks.
//
// A Server is one interpreter, and the startmode.Parent of one slot's items.
// It starts as any process does, with nothing of pmap's beyond fds 0 to 2; what
// it needs of pmap it opens by name, below /proc/PID/fd:
//
//	pmap                                     interpreter ── reads FILE
//	values   (shared memory) ─────────┐           │
//	requests (pipe) ── a byte ────────┼──────────►│
//	                                  │         fork ──► child: takes its values,
//	                                  └─────────────────► opens the slot's own
//	                                              │       pipes as stdout and
//	statuses (pipe) ◄── a line ───────────────────┘       stderr, runs the item
//
// So no fd of pmap's reaches an item, nothing is left in the file system
// however pmap ends, and what an item's own children still write never gets
// into the output of the next: their end of the pipe is not the next item's.
//
// An interpreter and its items are one process group. Ending an item by force
// ends the group; the next item gets a new interpreter.
package warm
