package runner

import (
	"time"

	"pmap/startmode"
)

// An engine runs the tasks of one slot, from its first to the end of the run.
type engine interface {
	// loop takes tasks from the scheduler until there are no more. The
	// goroutine is locked to its thread.
	loop()
	// close lets go of what the slot keeps from task to task.
	close()
}

// newEngine chooses the engine of a slot: a process for each try, or a worker
// that takes many tasks.
func (s *slot) newEngine() engine {
	if s.pool.cfg.Coproc != nil {
		return newCoprocEngine(s)
	}
	if s.pool.cfg.Worker != nil {
		return &chunkEngine{slot: s, flight: &s.flight}
	}
	return processEngine{s}
}

// A processEngine makes a process for each try. Who is its parent the Config
// says.
type processEngine struct{ slot *slot }

func (e processEngine) loop() {
	s := e.slot
	s.prepare()
	if !s.prepareParent() {
		return
	}
	for {
		t, ok := s.next()
		if !ok {
			return
		}
		s.run(t)
	}
}

func (e processEngine) close() {
	s := e.slot
	for i := range s.pipes {
		s.pipes[i].close()
	}
	s.retireParent()
}

// A Worker is a process that runs the tasks which it is sent, one after the
// other and in that order, and lives on. Its methods are called by the slot's
// goroutine, which is locked to its thread.
//
// The table of processes (Config.Table) has its pid in the slot's cell for as
// long as it lives, so that Interrupt and the guardian reach it.
type Worker interface {
	// Send hands over tasks. It doesn't wait for the worker to read them: what
	// can't be written now waits for Step.
	Send(tasks []*Task) error

	// Room is how many more tasks Send takes now. Tasks that one message
	// brings are one chunk, unless the worker has its own idea of that.
	Room() int

	// Step waits until there is something to read or to write, at most d
	// or for ever where that is never, does that, and returns what has been answered
	// meanwhile. Any error means that the worker is lost; answers that come
	// with it count.
	Step(d time.Duration) ([]Answer, error)

	// Current is the place among the tasks not yet answered, from 0, of the
	// one that the worker was running when it was lost, or -1 where it was
	// running none.
	Current() int

	// Retire lets the worker end by itself, after what it has been sent. Step
	// then says io.EOF.
	Retire()

	// Close ends the worker by force if it still runs, and reaps it.
	Close() error
}

// An Answer is how a worker's try of a task ended. Its output has been given
// to the task (Task.Write).
type Answer struct {
	Task   *Task
	Status Status
	Reason string
	Took   time.Duration // 0: since the last answer

	// Of a block, so many records have ended, all of them with success, that
	// take so many bytes.
	Records, Len int64
}

// Write takes output of the present try: stream 0 is stdout, 1 is stderr.
// Nothing of p is kept.
func (t *Task) Write(stream int, p []byte) { t.capture.write(stream, p) }

// parent makes the parent of a slot's processes.
func (p *Pool) parent(place int) (startmode.Parent, error) {
	if p.cfg.Parent == nil {
		return startmode.NewOwn(p.cfg.Starter), nil
	}
	return p.cfg.Parent(place)
}
