// Package runner is the pool: it schedules the chunks of a source onto slots,
// tries failed ones again, and emits what the jobs printed in input order.
//
//	Source ─► intake ─► scheduler ─► slot ─► process
//	                        ▲          │        │ pipes
//	                      retry ◄──────┤     capture ─► spill
//	                                   ▼        │
//	                               sequencer ─► emitter ─► stdout, stderr
//
// There is no central loop. A slot is one goroutine on one locked thread; it
// takes a task from the scheduler, starts the process, reads its pipes, reaps
// it and hands the end to the sequencer, so that a short job crosses no
// goroutine on its way. The intake goroutine reads ahead by one batch. Whoever
// ends the job at the head of the sequence emits what has been waiting behind
// it, and hands the floor to the job that is next, which from then on writes
// through as it runs.
//
// Where a job reads a share of the input, its slot feeds it in the same loop in
// which it reads the output, and waits for neither alone.
//
// Locks, in the order in which they may be taken: sequencer, capture, emitter.
// The scheduler's is taken alone.
package runner
