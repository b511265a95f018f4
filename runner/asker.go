package runner

import (
	"pmap/chunker"
	"pmap/runner/template"
)

// An Asker decides for each job whether it is to run.
type Asker interface {
	// Ask is called before a job's first try, by one goroutine at a time. The
	// error is chunker.ErrInterrupted after Interrupt, or final for the run.
	Ask(job template.Job) (run bool, err error)
	// Interrupt makes an Ask that waits, and all later ones, return. It may be
	// called from any goroutine.
	Interrupt()
}

// wanted asks whether a task is to run, where there is somebody to ask. A task
// that isn't is settled.
func (s *slot) wanted(t *Task) bool {
	p := s.pool
	if p.cfg.Asker == nil || t.Try > 1 {
		return true
	}
	p.askMu.Lock()
	defer p.askMu.Unlock()
	run, err := p.cfg.Asker.Ask(template.Job{Chunk: t.Chunk, Slot: s.number})
	switch {
	case err == chunker.ErrInterrupted:
		p.giveBack(t)
		return false
	case err != nil:
		p.fail(err)
		p.giveBack(t)
		return false
	case !run:
		p.seq.skip(t.Seq())
		p.done(t)
	}
	return run
}
