package runner

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"pmap/runner/template"
)

// An emitter is the one writer of job output. Its lock is held for as long as
// bytes belong together.
type emitter struct {
	mu      sync.Mutex
	files   [2]io.Writer
	dropped atomic.Bool // nothing more is to be written
	failed  func(stream int, err error)

	corks  int    // callers of cork
	corked []byte // written meanwhile, and not out yet
	stream int    // of corked
}

// corkedMax is how much is held back at most.
const corkedMax = 64 << 10

// cork lets many small writes become few: what is written until uncork may be
// held back so long. The caller must not wait for anything in between.
func (e *emitter) cork() {
	e.mu.Lock()
	e.corks++
	e.mu.Unlock()
}

// uncork writes what has been held back.
func (e *emitter) uncork() {
	e.mu.Lock()
	e.corks--
	e.flush()
	e.mu.Unlock()
}

// write takes all of p. The lock is held.
func (e *emitter) write(stream int, p []byte) {
	if stream != e.stream || len(e.corked)+len(p) > corkedMax {
		e.flush()
	}
	if e.corks == 0 || len(p) > corkedMax {
		e.writeOut(stream, p)
		return
	}
	e.stream = stream
	e.corked = append(e.corked, p...)
}

func (e *emitter) flush() {
	if len(e.corked) > 0 {
		e.writeOut(e.stream, e.corked)
		e.corked = e.corked[:0]
	}
}

// writeOut writes all of p, or calls failed and drops everything from then on.
func (e *emitter) writeOut(stream int, p []byte) {
	if len(p) == 0 || e.dropped.Load() {
		return
	}
	if _, err := e.files[stream].Write(p); err != nil {
		e.dropped.Store(true)
		e.failed(stream, err)
	}
}

// A lineWriter passes on whole lines, each behind the job's tag. What has no
// end yet waits; a line that is too long to wait takes the floor and goes out
// in parts.
type lineWriter struct {
	tag     []byte
	red     []byte  // the tag of a failed job,
	painted [2]bool // and the streams that have it
	partial [2][]byte
	open    [2]bool // the beginning of the present line is out
	claimed bool    // for the sake of such a line the floor was taken
	scratch []byte
}

func (w *lineWriter) write(c *capture, stream int, p []byte) {
	end := bytes.LastIndexByte(p, '\n') + 1
	if end > 0 {
		w.putLines(c, stream, p[:end])
		if w.claimed && !w.open[1-stream] {
			w.claimed = false
			c.yieldFloor()
		}
	}
	w.hold(c, stream, p[end:])
}

// tagOf is the tag of a stream's lines.
func (w *lineWriter) tagOf(stream int) []byte {
	if w.painted[stream] {
		return w.red
	}
	return w.tag
}

// putLines emits lines that are complete with p, which ends in a newline.
func (w *lineWriter) putLines(c *capture, stream int, p []byte) {
	held, tag := w.partial[stream], w.tagOf(stream)
	if len(held) == 0 && len(w.tag) == 0 {
		c.put(stream, p)
		w.open[stream] = false
		return
	}
	out := w.scratch[:0]
	if len(held) > 0 || !w.open[stream] {
		out = append(out, tag...)
	}
	out = append(out, held...)
	for len(p) > 0 {
		nl := bytes.IndexByte(p, '\n') + 1
		out = append(out, p[:nl]...)
		p = p[nl:]
		if len(p) > 0 {
			out = append(out, tag...)
		}
	}
	c.put(stream, out)
	w.partial[stream] = held[:0]
	w.open[stream] = false
	w.scratch = trim(out)
}

// hold keeps the beginning of a line.
func (w *lineWriter) hold(c *capture, stream int, p []byte) {
	if len(p) == 0 {
		return
	}
	if w.open[stream] {
		c.put(stream, p)
		return
	}
	w.partial[stream] = append(w.partial[stream], p...)
	if len(w.partial[stream]) < lineMax {
		return
	}
	if !w.claimed {
		w.claimed = true
		c.takeFloor()
	}
	c.put(stream, w.tagOf(stream))
	c.put(stream, w.partial[stream])
	w.partial[stream] = nil
	w.open[stream] = true
}

// flush emits the lines that will get no newline any more.
func (w *lineWriter) flush(c *capture) {
	for stream := range w.partial {
		if len(w.partial[stream]) > 0 {
			c.put(stream, append(bytes.Clone(w.tagOf(stream)), w.partial[stream]...))
			w.partial[stream] = nil
		}
		w.open[stream] = false
	}
	w.claimed = false
}

// trim keeps a scratch buffer of ordinary size and lets go of a huge one.
func trim(b []byte) []byte {
	if cap(b) > lineMax {
		return nil
	}
	return b[:0]
}

// arm makes t ready for a try in a slot.
func (p *Pool) arm(t *Task, slot int, now time.Time) {
	t.Slot, t.Start = slot, now
	if t.capture.out != nil {
		return // a block that is gone on with, whose output may be going out
	}
	t.capture.out = &p.out
	t.capture.lines = p.lineWriter(t)
	t.capture.held = p.cfg.Output.Hold
	if p.cfg.Keeper != nil && t.Chunk.Done == nil {
		t.capture.kept = p.cfg.Keeper.Keep(t)
	}
}

// lineWriter is what t's output goes through, or nil where it goes out as it
// is.
func (p *Pool) lineWriter(t *Task) *lineWriter {
	opt := &p.cfg.Output
	if opt.Tag == nil {
		if opt.Grouping == ByLine {
			return new(lineWriter)
		}
		return nil
	}
	tag := opt.Tag.Append(nil, template.Job{Chunk: t.Chunk, Slot: t.Slot})
	return &lineWriter{tag: append(tag, '\t')}
}

// paintTags makes the tags red of what hasn't been emitted yet: the job has
// failed.
func (c *capture) paintTags() {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.lines
	if w == nil || len(w.tag) == 0 || c.out.failed == [2]bool{} {
		return
	}
	w.red = append(append([]byte("\x1b[31m"), w.tag[:len(w.tag)-1]...), "\x1b[0m\t"...)
	w.painted = c.out.failed
}

// leftHolding tells the user, once, that a job, or what else who is, left a
// process behind which held its output open.
func (p *Pool) leftHolding(who string) {
	p.holding.Do(func() {
		p.notice(who + " ended, but a process that it left in the background held its output open; that is closed now (redirect such a process: command >log 2>&1 &)")
	})
}
