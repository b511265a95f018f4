package runner

import (
	"time"

	"golang.org/x/sys/unix"

	"pmap/chunker"
)

// A Recorder keeps a record of a run that a later one can go on from.
type Recorder interface {
	// Enter is told of each job before anything of it is started, in the order
	// of their numbers, by one goroutine. It marks a chunk that an earlier run
	// has done (Chunk.Done), and may take out of it items that are done. An
	// error ends the run, before the job begins.
	Enter(c *chunker.Chunk) error

	// Record is told of each try that has ended, before its output goes out
	// and before its slot is used again; again says that there will be another.
	// It is called from many goroutines. Nothing of r may be kept. An error
	// ends the run.
	Record(r *Result, again bool) error
}

// Usage is what the processes of a try have used, as wait4 tells it.
type Usage struct {
	Known        bool // pmap itself, or a worker of its own, has reaped them
	User, System time.Duration
	Peak         int64 // bytes; the kernel counts what a process was before its exec, too
}

// add enters what a process has used that has been reaped. Its parent may not
// have been told.
func (u *Usage) add(ru *unix.Rusage) {
	if ru.Maxrss == 0 {
		return
	}
	u.Known = true
	u.User += time.Duration(ru.Utime.Nano())
	u.System += time.Duration(ru.Stime.Nano())
	u.Peak = max(u.Peak, int64(ru.Maxrss)*maxrssUnit)
}

// enter tells the recorders of chunks that have been read.
func (p *Pool) enter(chunks []chunker.Chunk) {
	for _, r := range p.cfg.Recorders {
		for i := range chunks {
			if err := r.Enter(&chunks[i]); err != nil {
				p.fail(err)
				return
			}
		}
	}
}

// record tells the recorders of a try that has ended. Output that is not whole
// on the disk is worse than none: the first error ends the run.
func (p *Pool) record(r *Result, again bool) {
	for _, rec := range p.cfg.Recorders {
		if err := rec.Record(r, again); err != nil {
			p.fail(err)
			return
		}
	}
}
