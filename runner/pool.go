package runner

import "golang.org/x/sys/unix"

// A Pool runs a template over a source's items.
type Pool struct{ cfg Config }

// New prepares a run; nothing is read or started before Run.
func New(cfg Config) (*Pool, error) { return &Pool{cfg: cfg}, nil }

// Run runs every job and returns when all of them have ended, have been
// reaped, and their output has been written. It is called once. The error is
// pmap's own failure (input, output, no processes to be had), never a job's.
func (p *Pool) Run() (Summary, error) { return Summary{}, nil }

// Interrupt stops intake and ends the jobs: sig (INT or TERM) to their groups,
// KILL after the grace. What has been written by then is emitted. It returns
// at once; the first call counts.
func (p *Pool) Interrupt(sig unix.Signal) {}

// Kill ends the jobs at once and drops the output that waits. Run returns
// even if stdout accepts nothing more.
func (p *Pool) Kill() {}

// Suspend stops the running jobs (TSTP); Resume lets them go on. Time in
// between doesn't count against timeouts.
func (p *Pool) Suspend() {}

// Resume lets suspended jobs go on.
func (p *Pool) Resume() {}

// Progress may be called at any time, from any goroutine.
func (p *Pool) Progress() Progress { return Progress{} }
