package runner

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"pmap/chunker"
	"pmap/runner/template"
)

// A tally counts how jobs ended for good.
type tally struct {
	mu         sync.Mutex
	succeeded  int64
	failed     int64
	before     int64 // done by an earlier run
	byStatus   map[string]int64
	first      *Failure
	notFound   bool
	cannotRun  bool
	signaled   bool
	unfinished []SeqRange // jobs that have begun and didn't end by themselves
}

// settle decides what a try's end means for its job, and passes its output on.
func (p *Pool) settle(r *Result) {
	r.OK = p.cfg.Retry.succeeds(r.Status)
	if !r.OK {
		p.checkReader()
	}
	again := !r.OK && p.triesAgain(r)
	if !again {
		p.count(r) // first, so that a run which is said to have failed starts nothing more
	}
	if p.cfg.Observer != nil {
		p.cfg.Observer.Ended(r, again)
	}
	if p.keep(r, again) {
		p.record(r, again)
	}
	if again {
		r.capture.discard()
		p.seq.again(r.Task)
		p.sched.again(r.Task, time.Now().Add(backoff(p.cfg.Retry.Delay, p.cfg.Retry.MaxDelay, r.Try)))
		return
	}
	if p.cfg.Output.Object != nil {
		r.capture.encode(p.cfg.Output.Object(r))
	}
	if !r.OK {
		r.capture.paintTags()
	}
	p.seq.end(r.Task)
	p.done(r.Task)
}

// done is the last of a task, which is settled: nobody looks at its share any
// more.
func (p *Pool) done(t *Task) {
	if p.deal != nil && !t.dealt {
		p.leaveDeal()
	}
	if t.Chunk.Share != nil {
		t.Chunk.Share.Release()
	}
	p.sched.done()
}

// triesAgain reports whether a failed try is to be followed by another.
func (p *Pool) triesAgain(r *Result) bool {
	switch r.Status.Kind {
	case NotStarted, Refused, Cancelled:
		return false
	}
	if r.final {
		return false
	}
	if p.cfg.Retry.On != nil {
		return p.cfg.Retry.On.Has(r.Status)
	}
	// A shell's own 126 and 127: what can't be run or isn't there stays so.
	return r.Status.Kind != Exited || r.Status.Code != 126 && r.Status.Code != 127
}

// count enters a job that has ended for good, and stops the run if that was
// the limit.
func (p *Pool) count(r *Result) {
	switch {
	case r.Status.Kind == Cancelled:
		p.leave(r.Task)
		return
	case r.OK:
		if p.cfg.Jobs.Timeout.Percent > 0 {
			p.median.add(r.Took)
		}
	default:
		p.failedTo(r.Chunk)
	}
	failed, succeeded := p.tally.enter(r, p.cfg.Display)
	if p.cfg.Halt.reached(failed, succeeded) {
		p.halt()
	}
}

// halt stops the run by its own rule.
func (p *Pool) halt() {
	p.failMu.Lock()
	p.halted = true
	p.failMu.Unlock()
	if p.cfg.Halt.When == HaltNow {
		p.abort(haltSignal)
	} else {
		p.stopIntake()
	}
}

func (t *tally) enter(r *Result, display func([]byte, template.Job) []byte) (failed, succeeded int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.OK {
		t.succeeded++
		return t.failed, t.succeeded
	}
	t.failed++
	if t.byStatus == nil {
		t.byStatus = make(map[string]int64)
	}
	t.byStatus[r.Status.String()]++
	switch {
	case r.Status.Kind == NotStarted && r.Status.Code == 127:
		t.notFound = true
	case r.Status.Kind == NotStarted:
		t.cannotRun = true
	case r.Status.Kind == Signaled:
		t.signaled = true
	}
	if t.first == nil || r.Number() < t.first.Seq {
		t.first = &Failure{
			Seq: r.Number(), Status: r.Status, Tries: r.Try, Reason: r.Reason,
			Command: string(display(nil, template.Job{Chunk: r.Chunk, Slot: r.Slot})),
		}
	}
	return t.failed, t.succeeded
}

// doneBefore counts a job that an earlier run has done.
func (t *tally) doneBefore() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.before++
}

// succeed enters jobs that need no other mention.
func (t *tally) succeed(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.succeeded += n
}

// leave notes a task whose jobs will not be finished.
func (p *Pool) leave(t *Task) {
	p.tally.leave(SeqRange{t.Chunk.First() + t.answered.Records, t.Chunk.First() + t.Chunk.Jobs() - 1})
	if t.Chunk.Block != nil {
		p.failedBlock(t)
		return
	}
	p.failedTo(t.Chunk)
}

func (t *tally) leave(jobs SeqRange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unfinished = append(t.unfinished, jobs)
}

// giveBack takes a task whose process was never started: the run is stopping.
func (p *Pool) giveBack(t *Task) {
	p.abandon(t)
	p.done(t)
}

// abandon leaves a task that will not be run, or not to its end.
func (p *Pool) abandon(t *Task) {
	p.leave(t)
	if t.answered.Records > 0 {
		p.seq.end(t)
		return
	}
	p.seq.skip(t.Seq())
}

// giveUpHanging takes the tasks of slots that hang in a write to a stdout that
// accepts nothing: the run was killed, and waits for them no longer.
func (p *Pool) giveUpHanging() {
	p.mu.Lock()
	slots := slices.Clone(p.made)
	if p.extra != nil {
		slots = append(slots, p.extra)
	}
	p.mu.Unlock()
	for _, s := range slots {
		hanging := s.flight.takeAll()
		if t := s.task.Swap(nil); t != nil {
			hanging = append(hanging, t)
		}
		for _, t := range hanging {
			p.leave(t)
		}
	}
}

// failedTo writes the records of a job that will not succeed.
func (p *Pool) failedTo(c chunker.Chunk) {
	if p.cfg.FailedTo == nil {
		return
	}
	p.failedMu.Lock()
	defer p.failedMu.Unlock()
	if c.Share != nil {
		p.failedShare(c.Share)
		return
	}
	for i := range c.Items {
		if !p.writeFailed(c.Items[i].AppendSource(nil, p.cfg.Delimiter)) {
			return
		}
	}
}

// failedShare writes a share, with p.failedMu held.
func (p *Pool) failedShare(s *chunker.Share) {
	if !p.failedHeader && !p.writeFailed(s.Header) {
		return
	}
	p.failedHeader = true
	if p.failedOpen && !p.writeFailed(p.cfg.Delimiter) {
		return
	}
	err := s.CopyTo(p.cfg.FailedTo)
	if err == nil {
		p.failedOpen, err = openEnd(s, p.cfg.Delimiter)
	}
	if err != nil {
		p.fail(fmt.Errorf("cannot write a block to the file of failed records: %w", err))
	}
}

// openEnd reports whether the last record of a share lacks its delimiter, so
// that another one behind it would be one with it.
func openEnd(s *chunker.Share, delim []byte) (bool, error) {
	ended, err := s.EndsIn(delim)
	return !ended, err
}

// writeFailed writes records, each with its delimiter, with p.failedMu held. A
// failure ends the run.
func (p *Pool) writeFailed(records []byte) bool {
	_, err := p.cfg.FailedTo.Write(records)
	if err != nil {
		p.fail(fmt.Errorf("cannot write to the file of failed records: %w", err))
	}
	return err == nil
}

// summary settles what never ran and adds everything up.
func (p *Pool) summary() Summary {
	retrying, unstarted := p.sched.leftover()
	slices.SortFunc(retrying, func(a, b *Task) int { return int(a.Seq() - b.Seq()) })
	for _, t := range retrying {
		p.abandon(t)
	}
	for _, c := range unstarted {
		if c.Done != nil {
			p.tally.doneBefore()
			continue
		}
		p.leave(&Task{Chunk: c})
	}
	p.giveUpHanging()
	t := &p.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	p.failMu.Lock()
	defer p.failMu.Unlock()
	return Summary{
		Done: t.failed + t.succeeded, Failed: t.failed, Before: t.before, ByStatus: t.byStatus, First: t.first,
		Read: p.read.Load(), AtEnd: p.atEnd.Load(),
		NotFound: t.notFound, CannotRun: t.cannotRun, Signaled: t.signaled,
		Halted: p.halted, Signal: p.signal, OutputGone: p.gone,
		Unfinished: ranges(t.unfinished),
	}
}

// ranges sorts ranges and joins neighbours.
func ranges(all []SeqRange) []SeqRange {
	slices.SortFunc(all, func(a, b SeqRange) int { return cmp.Compare(a.From, b.From) })
	var out []SeqRange
	for _, r := range all {
		if k := len(out); k > 0 && out[k-1].To+1 >= r.From {
			out[k-1].To = max(out[k-1].To, r.To)
			continue
		}
		out = append(out, r)
	}
	return out
}

// Progress may be called at any time, from any goroutine.
func (p *Pool) Progress() Progress {
	running, retrying := p.sched.look()
	_, t, waiting := p.seq.look()
	pr := Progress{
		Running:  int64(min(running, p.cfg.Jobs.Slots)), // what else a worker has been sent waits there
		Retrying: int64(retrying), Behind: waiting,
		Read: p.read.Load(), AtEnd: p.atEnd.Load(),
	}
	if t != nil && t.Chunk.Block == nil {
		pr.Head, pr.HeadFor = t.Number(), time.Since(t.Start)
		pr.HeadCommand = string(p.cfg.Display(nil, template.Job{Chunk: t.Chunk, Slot: t.Slot}))
	}
	p.tally.mu.Lock()
	defer p.tally.mu.Unlock()
	pr.Failed, pr.Before = p.tally.failed, p.tally.before
	pr.Done = p.tally.failed + p.tally.succeeded
	return pr
}
