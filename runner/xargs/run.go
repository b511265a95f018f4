package xargs

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
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
	active int     // slots there are: one more than places, to build ahead
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

// makeSlot makes a slot. r.mu is held.
func (r *Run) makeSlot() *slot {
	r.active++
	r.inLine++
	return &slot{run: r, place: -1, env: r.env.Clone()}
}

// widen adds a slot if one may be added and none waits for its turn already.
// r.mu is held.
func (r *Run) widen() {
	if r.inLine > 0 || r.over || r.last || r.active > r.width() {
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

// endBy stops the run for the end of the slot's job. Where others have failed
// or may still fail, it matters whether another command would have followed;
// that can take as long as its words take to come.
func (s *slot) endBy(reason *StopError) {
	r := s.run
	r.mu.Lock()
	first := r.result.Stop == nil
	if first {
		r.result.Stop = reason
	}
	matters := r.result.Failed || r.jobs > 0
	r.over = true
	r.ended.Broadcast()
	r.mu.Unlock()
	if first && matters {
		s.lookAhead()
	}
	r.stop(reason)
}

func (s *slot) lookAhead() {
	r := s.run
	r.turn.Lock()
	defer r.turn.Unlock()
	if !r.more {
		r.more = r.cfg.Builder.Next(&s.argv) == nil
	}
	r.mu.Lock()
	r.result.Last = !r.more
	r.mu.Unlock()
}

// A slot runs one process at a time, once it has a place. Its goroutine is locked to its thread,
// since a job dies with the thread that started it.
type slot struct {
	run   *Run
	place int   // from 0, or -1
	cell  int32 // pid of the process, or 0
	holds bool  // the turn
	argv  startmode.Strings
	part  startmode.Strings
	env   startmode.Strings
}

func (s *slot) loop() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for s.next() {
		s.execute()
		if !s.again() {
			return
		}
	}
	s.retire()
}

// again gives the place back and goes in line for another one, unless there are
// more slots than there may be.
func (s *slot) again() bool {
	r := s.run
	r.mu.Lock()
	defer r.mu.Unlock()
	s.leavePlace()
	if r.active > r.width()+1 {
		r.active--
		return false
	}
	r.inLine++
	return true
}

func (s *slot) retire() {
	r := s.run
	r.mu.Lock()
	defer r.mu.Unlock()
	s.leavePlace()
	r.active--
}

// takePlace waits for a place, the free one with the lowest number. It returns
// without one when the run is over.
func (s *slot) takePlace() {
	r := s.run
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.taken >= r.width() && !r.over {
		r.ended.Wait()
	}
	if r.over {
		return
	}
	s.place = 0
	for s.place < len(r.places) && r.places[s.place] != nil {
		s.place++
	}
	if s.place == len(r.places) {
		r.places = append(r.places, nil)
	}
	r.places[s.place] = s
	r.taken++
	if name := r.cfg.SlotVar; name != "" {
		s.env.Truncate(r.env.Len())
		s.env.AppendString(name + "=" + strconv.Itoa(s.place))
	}
}

// leavePlace gives the place back, if the slot has one. r.mu is held.
func (s *slot) leavePlace() {
	if s.place < 0 {
		return
	}
	r := s.run
	r.places[s.place] = nil
	s.place = -1
	r.taken--
	r.ended.Broadcast()
}

// next waits for the slot's turn, builds its command and waits for a place;
// false where there is none. So one command is built while others run, and what
// is to be said of it is said when it could run. The first command keeps the turn until its process is there: if the
// program can't be run, no more is read.
func (s *slot) next() bool {
	s.run.turn.Lock()
	s.holds = true
	ok := s.build()
	if !ok || s.run.begun {
		s.giveTurn()
	}
	return ok
}

func (s *slot) giveTurn() {
	if s.holds {
		s.holds = false
		s.run.turn.Unlock()
	}
}

// build builds the slot's command. The slot holds the turn.
func (s *slot) build() bool {
	r := s.run
	for !r.isOver() {
		err := r.cfg.Builder.Next(&s.argv)
		if err != io.EOF {
			s.takePlace()
		}
		if err == nil && !r.isOver() {
			err = r.prepare(s)
		}
		if err == errSkipped {
			s.skip()
			continue
		}
		return r.built(err)
	}
	r.leaveLine()
	return false
}

func (s *slot) skip() {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	s.leavePlace()
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
func (r *Run) built(err error) bool {
	if err != nil && err != io.EOF && err != chunker.ErrInterrupted {
		r.stop(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inLine--
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

// execute runs the slot's command, in several pieces where it is longer than
// the system takes.
func (s *slot) execute() {
	r := s.run
	words := s.argv.Len()
	err := s.runOne(&s.argv)
	if errors.Is(err, unix.E2BIG) {
		err = s.divide(words)
	} else if err == nil {
		r.mu.Lock()
		r.pieces.took(words + 1)
		r.mu.Unlock()
	}
	var end *StopError
	if errors.As(err, &end) {
		s.endBy(end)
	} else if err != nil {
		r.stop(err)
	}
	s.giveTurn()
}

// divide runs the command, which the system refused, in pieces.
func (s *slot) divide(words int) error {
	r := s.run
	fixed := len(r.cfg.Builder.Command)
	limit := words + 1
	refused := true
	for done := 0; fixed+done < words; {
		r.mu.Lock()
		if refused {
			if r.cfg.Builder.Replaces || limit <= fixed+1 {
				r.mu.Unlock()
				return ErrSystemLimit
			}
			limit = r.pieces.shrink(limit, fixed+1)
		}
		over := r.result.Stop != nil
		r.mu.Unlock()
		if over {
			return nil
		}
		count := min(limit-fixed, words-fixed-done)
		piece(&s.part, &s.argv, fixed, fixed+done, count)
		err := s.runOne(&s.part)
		if refused = errors.Is(err, unix.E2BIG); refused {
			continue
		}
		if err != nil {
			return err
		}
		done += count
		r.mu.Lock()
		limit = r.pieces.took(limit)
		r.mu.Unlock()
	}
	return nil
}

// runOne runs one process to its end. The error ends the run, unless it is
// E2BIG.
func (s *slot) runOne(argv *startmode.Strings) error {
	pid, err := s.start(argv)
	if err != nil {
		return err
	}
	var status unix.WaitStatus
	_, err = startmode.Wait(pid, 0, &status, nil)
	atomic.StoreInt32(&s.cell, 0)
	if err != nil {
		return fmt.Errorf("cannot wait for a process: %w", err)
	}
	return s.run.judge(status, argv)
}

// start starts a process. Where the system refuses one for now, it waits for
// others to end.
func (s *slot) start(argv *startmode.Strings) (int, error) {
	r := s.run
	spec := startmode.Spec{Path: r.path, Argv: argv, Env: &s.env, Files: r.cfg.Files, Cell: &s.cell}
	for {
		pid, err := r.cfg.Starter.Start(&spec)
		r.mu.Lock()
		var se *startmode.StartError
		switch {
		case err == nil:
			r.jobs++
			if r.signal != 0 { // it came while the process was made
				unix.Kill(pid, r.signal)
			}
			r.mu.Unlock()
			s.begin()
			return pid, nil
		case r.jobs == 0 || !errors.As(err, &se) || !se.Temporary():
			r.mu.Unlock()
			return 0, err
		}
		r.ended.Wait()
		r.mu.Unlock()
	}
}

// begin gives the turn back after the first start.
func (s *slot) begin() {
	if s.holds {
		s.run.begun = true
		s.giveTurn()
	}
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
