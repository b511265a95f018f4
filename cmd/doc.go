// Package cmd is the command line: what the words and options mean, what may
// not stand together, and what pmap says to its user.
//
//	args ─► words ─► flags by theme ─► conflicts ─► template, source, pool
//	                                                        │
//	signals ─► Pool.Interrupt, Kill, Suspend, Resume        │
//	terminal ◄─ job output, notices, progress, summary ◄────┘ ─► exit status
//
// Environment, terminal, limits and number of CPUs are read here, once, and
// passed down as values. The rules of what pmap prints: job output goes where
// the job sent it; everything else goes to stderr, each line with the prefix
// "pmap: ", and a line that says what to type instead with "pmap: hint: ", where
// pmap is the name that it was called by.
package cmd
