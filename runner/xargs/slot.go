package xargs

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"pmap/startmode"
)

// A slot runs one process at a time, once it has a place. Its goroutine is
// locked to its thread, since a job dies with the thread that started it.
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
	if r.active > r.threads() {
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
// false where there is none. So a long command is built while others run, and what
// is to be said of it is said when it could run. The first command keeps the
// turn until its process is there: if the program can't be run, no more is read.
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
		return r.built(s, err)
	}
	r.leaveLine()
	return false
}

func (s *slot) skip() {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	s.leavePlace()
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
// others to end; the last of them may have done that since.
func (s *slot) start(argv *startmode.Strings) (int, error) {
	r := s.run
	spec := startmode.Spec{Path: r.path, Argv: argv, Env: &s.env, Files: r.cfg.Files, Cell: &s.cell}
	for alone := false; ; {
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
		case alone && r.jobs == 0 || !errors.As(err, &se) || !se.Temporary():
			r.mu.Unlock()
			return 0, err
		}
		if alone = r.jobs == 0; !alone {
			r.ended.Wait()
		}
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
