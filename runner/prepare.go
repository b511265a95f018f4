package runner

import (
	"golang.org/x/sys/unix"

	"pmap/startmode"
)

// prepareFirst starts the first slot and waits until it could begin, so that a
// run which can't run anything fails before it has read anything.
func (p *Pool) prepareFirst() {
	if p.cfg.Prepare {
		p.startSlots(1)
		<-p.ready
	}
}

// prepareParent makes the slot's parent ready; false ends the slot.
func (s *slot) prepareParent() bool {
	p := s.pool
	if !p.cfg.Prepare {
		return true
	}
	defer p.readyOnce.Do(func() { close(p.ready) })
	_, ok := s.engage(nil, s.needParent)
	return ok
}

// engage starts what the slot's tasks are to be given to. Where the system refuses
// that for now it waits; the tasks go back to the scheduler, for slots that have
// theirs. left are those that are this slot's still. ok is false where nothing can
// be started, or is left to be done; what ends with the run is no failure.
func (s *slot) engage(tasks []*Task, start func() error) (left []*Task, ok bool) {
	p := s.pool
	for refused := 0; ; refused++ {
		err := errStopped
		if p.ending.Load() == 0 {
			err = start()
		}
		switch {
		case err == nil:
			return tasks, true
		case temporary(err):
			for _, t := range tasks {
				p.sched.untouched(t)
			}
			tasks = nil
			if p.sched.drained() || !p.refused(err, refused, 0) {
				return nil, false
			}
		default:
			if p.ending.Load() == 0 {
				p.fail(err)
			}
			for _, t := range tasks {
				p.giveBack(t)
			}
			return nil, false
		}
	}
}

// ready prepares a parent that has just been made, where it wants that.
func (s *slot) ready() error {
	parent, ok := s.parent.(startmode.Preparer)
	if !ok {
		return nil
	}
	files, err := s.offer()
	if err != nil {
		errno, _ := err.(unix.Errno)
		return &startmode.StartError{Op: "fork", Path: "an interpreter", Err: errno}
	}
	env := s.env.Clone()
	env.Truncate(s.envBase)
	return parent.Prepare(&startmode.Spec{Env: &env, Files: files, Group: s.pool.cfg.Jobs.Group, Cell: s.cell})
}
