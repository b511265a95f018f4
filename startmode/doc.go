// Package startmode is how a process comes to life and how it ends.
//
// A Starter makes a process from a Spec; each start method is one file. Below,
// fork (the method of most commands) has two ways, which no job can tell apart:
//
//	Spec ──► NewFork ──┬── clone3 and a few lines of assembly   vfork, program
//	                   └── syscall.ForkExec                     forkexec
//
// A process is passive: whoever started it waits for it (Wait), and nobody
// else does: one waiter per pid. The Table and its Guardian make sure that
// nothing survives pmap, however pmap ends:
//
//	slot's thread ── parent-death signal ──► process ──► its children
//	      │                                     ▲            ▲
//	    Table ◄── pid, written by the kernel    │            │
//	      └────────► Guardian ── kill ──────────┴────────────┘
//	                    ▲
//	pmap ── alive pipe ─┘  (EOF: pmap is gone)
package startmode
