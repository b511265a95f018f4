package xargs

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/startmode"
)

// Config is everything a Run works with. The caller owns all of it and closes
// what it opened after Run has returned.
type Config struct {
	Builder *Builder
	Starter startmode.Starter
	Environ []string // of the jobs
	Files   [3]int   // the jobs' stdin, stdout and stderr
	Procs   int      // processes at a time; 0: as many as Most

	// Most is how many processes at a time the system has room for. It is
	// asked once, where there are to be more than one.
	Most    func() int
	SlotVar string // variable in which a job finds its slot, from 0; may be empty

	// Look finds the program of that name in PATH. It is called before the
	// first start, and not for a name with a slash.
	Look func(name string) (path string, err error)
	// Before, where not nil, is called before each command, in their order.
	// Where it returns false the command isn't run; its error ends the run.
	Before func(argv *startmode.Strings) (bool, error)
}

// A Result is how a run went.
type Result struct {
	Failed bool  // a job exited with 1 to 254
	Stop   error // what ended the run early; nil if nothing did
	Last   bool  // Stop is the end of a job, and no command was left to follow it
}

// A StopError is the end of a job that ends the run.
type StopError struct {
	Name   string
	Status unix.WaitStatus // exit 255, or a signal
}

func (e *StopError) Error() string {
	if e.Status.Signaled() {
		return fmt.Sprintf("%s: terminated by signal %d", e.Name, e.Status.Signal())
	}
	return fmt.Sprintf("%s: exited with status 255; aborting", e.Name)
}

// A LookError is the error of a program that Look did not find.
type LookError struct{ Err error }

func (e *LookError) Error() string { return e.Err.Error() }

func (e *LookError) Unwrap() error { return e.Err }

// StopStatus is that of a job that wants no other to follow.
const StopStatus = 255

// A Run is one run over an input.
type Run struct {
	cfg  Config
	path startmode.Path
	env  startmode.Strings // of every job, but for SlotVar

	turn   sync.Mutex // the builder's; held while the input is read
	looked bool
	begun  bool // a process has been made
	more   bool // a command was built after the run had been stopped
	pieces pieces

	slots  sync.WaitGroup
	mu     sync.Mutex // of all below, and never held for long
	ended  sync.Cond  // a job has ended, a place is free, or the run is stopping
	procs  int
	places []*slot // of those whose commands run, by number; nil where one is free
	taken  int     // places
	active int     // slots there are
	words  int     // of the command built last
	inLine int     // of them, those that want the builder or a place
	last   bool    // the input is known to have ended
	jobs   int     // processes
	over   bool    // the builder has nothing more
	most   int     // Config.Most; 0: not asked yet
	signal unix.Signal
	result Result
}

// New prepares a run; nothing is read or started before Run.
func New(cfg Config) *Run {
	r := &Run{cfg: cfg, procs: cfg.Procs}
	r.ended.L = &r.mu
	for _, pair := range cfg.Environ {
		if cfg.SlotVar == "" || !strings.HasPrefix(pair, cfg.SlotVar+"=") {
			r.env.AppendString(pair)
		}
	}
	return r
}

// Run runs every command and returns when all processes have ended. It is
// called once.
func (r *Run) Run() Result {
	r.mu.Lock()
	first := r.makeSlot()
	r.mu.Unlock()
	first.loop()
	r.slots.Wait()
	return r.result
}

// width is how many slots there may be now. r.mu is held.
func (r *Run) width() int {
	if r.procs == 1 {
		return 1
	}
	if r.most == 0 {
		r.most = max(1, r.cfg.Most())
	}
	if r.procs == 0 {
		return r.most
	}
	return min(r.procs, r.most)
}

// aheadFrom is the number of words from which it takes longer to build a command
// than to have it run by the thread that hasn't run the one before.
const aheadFrom = 512

// threads is how many slots there may be: where commands are long one more than
// may run, to build the next one meanwhile. r.mu is held.
func (r *Run) threads() int {
	if r.words < aheadFrom {
		return r.width()
	}
	return r.width() + 1
}

// makeSlot makes a slot. r.mu is held.
func (r *Run) makeSlot() *slot {
	r.active++
	r.inLine++
	return &slot{run: r, place: -1, env: r.env.Clone()}
}

// widen adds a slot if one may be added and none waits for its turn already.
// r.mu is held.
func (r *Run) widen() {
	if r.inLine > 0 || r.over || r.last || r.active >= r.threads() {
		return
	}
	s := r.makeSlot()
	r.slots.Go(s.loop)
}

// Change adds delta to the number of processes at a time, which stays at least
// 1. Where it is unlimited it stays so. It may be called from any goroutine.
func (r *Run) Change(delta int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.procs > 0 {
		r.procs = max(1, r.procs+delta)
	}
	r.ended.Broadcast()
	r.widen()
}

// Interrupt starts no more processes and sends sig to those that run, unless
// it is 0. It may be called from any goroutine.
func (r *Run) Interrupt(sig unix.Signal) {
	r.stop(chunker.ErrInterrupted)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.signal = sig
	for _, s := range r.places {
		if s == nil || sig == 0 {
			continue
		}
		if pid := atomic.LoadInt32(&s.cell); pid > 0 {
			unix.Kill(int(pid), sig)
		}
	}
}

// stop ends the run early; the first reason counts.
func (r *Run) stop(reason error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.result.Stop == nil {
		r.result.Stop = reason
	}
	r.over = true
	r.cfg.Builder.Words.Interrupt()
	r.ended.Broadcast()
}

func (r *Run) isOver() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.over
}

func (r *Run) leaveLine() {
	r.mu.Lock()
	r.inLine--
	r.mu.Unlock()
}

// built takes the slot out of the line, and puts another one there if there is
// a command for this one.
func (r *Run) built(s *slot, err error) bool {
	if err != nil && err != io.EOF && err != chunker.ErrInterrupted {
		r.stop(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inLine--
	r.words = s.argv.Len()
	r.last = r.cfg.Builder.Ended()
	if err != nil || r.over {
		r.more = r.more || err == nil
		r.over = true
		return false
	}
	r.widen()
	return true
}

var errSkipped = errors.New("not run")

// prepare is what has to be done in the order of the commands.
func (r *Run) prepare(s *slot) error {
	if r.cfg.Before != nil {
		if ok, err := r.cfg.Before(&s.argv); err != nil {
			return err
		} else if !ok {
			return errSkipped
		}
	}
	if r.looked {
		return nil
	}
	name := string(s.argv.At(0))
	if !strings.Contains(name, "/") {
		path, err := r.cfg.Look(name)
		if err != nil {
			return &LookError{err}
		}
		name = path
	}
	r.path, r.looked = startmode.MakePath(name), true
	return nil
}

// judge says what follows from the end of a job.
func (r *Run) judge(status unix.WaitStatus, argv *startmode.Strings) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jobs--
	r.ended.Broadcast()
	switch {
	case status.Signaled(), status.ExitStatus() == StopStatus:
		return &StopError{Name: string(argv.At(0)), Status: status}
	case status.ExitStatus() != 0:
		r.result.Failed = true
	}
	return nil
}
