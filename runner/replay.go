package runner

import (
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// next waits for a task to run, and has those that an earlier run has done
// settled on the way. ok is false when the run is over or stopped.
func (s *slot) next() (t *Task, ok bool) {
	for {
		t, ok = s.pool.sched.next()
		switch {
		case !ok:
			return t, false
		case t.Chunk.Done != nil:
			s.pool.replay(t, s.number)
		case s.wanted(t):
			return t, true
		}
	}
}

// takeTasks is next for up to n tasks at once; see scheduler.take.
func (s *slot) takeTasks(n int, wait bool) []*Task {
	for {
		tasks := s.pool.sched.take(n, s.pool.cfg.Jobs.Slots, wait)
		if len(tasks) == 0 {
			return nil
		}
		tasks = slices.DeleteFunc(tasks, func(t *Task) bool {
			if t.Chunk.Done == nil {
				return false
			}
			s.pool.replay(t, s.number)
			return true
		})
		if len(tasks) > 0 {
			return tasks
		}
	}
}

// replay settles a job that an earlier run has done: what it printed then comes
// in its turn.
func (p *Pool) replay(t *Task, slot int) {
	t.final = true
	p.arm(t, slot, time.Now())
	p.seq.begin(t)
	for stream, path := range t.Chunk.Done.Files {
		switch {
		case path == "":
		case p.cfg.Output.Names && stream == stdout:
			t.capture.pass(stream, []byte(path+"\n"))
		default:
			t.capture.addFile(stream, path)
		}
	}
	p.tally.doneBefore()
	p.seq.end(t)
	p.done(t)
}

// addFile makes a file's content the next of the stream. It is read when it is
// emitted.
func (c *capture) addFile(stream int, path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.segs = append(c.segs, segment{stream: stream, path: path})
}

// printFile emits what an earlier run has kept.
func (c *capture) printFile(s *segment) {
	f, err := os.Open(s.path)
	if err != nil {
		c.out.fail(fmt.Errorf("cannot print kept output: %w", err))
		return
	}
	defer f.Close()
	buf := make([]byte, readSize)
	for !c.out.emit.dropped.Load() {
		n, err := f.Read(buf)
		c.print(s.stream, buf[:n])
		if err == io.EOF {
			return
		}
		if err != nil {
			c.out.fail(fmt.Errorf("cannot print kept output: %w", err))
			return
		}
	}
}
