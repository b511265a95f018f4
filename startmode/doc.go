// Package startmode is how a process comes to life and how it ends.
//
// A Starter makes a Process from a Spec; each start method is one file. The
// Process is passive: whoever started it waits for it, and nobody else does
// (one waiter per pid). The Table and its guardian make sure that nothing
// survives pmap, however pmap ends.
package startmode
