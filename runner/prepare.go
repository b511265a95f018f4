package runner

import "pmap/startmode"

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
	err := s.needParent()
	for refused := 0; temporary(err) && p.ending.Load() == 0; refused++ {
		if p.sched.drained() || !p.refused(err, refused, 0) {
			return false // others do, or have done, what there was to do
		}
		err = s.needParent()
	}
	if err != nil && p.ending.Load() == 0 {
		p.fail(err)
	}
	return err == nil
}

// ready prepares a parent that has just been made, where it wants that.
func (s *slot) ready() error {
	parent, ok := s.parent.(startmode.Preparer)
	if !ok {
		return nil
	}
	env := s.env.Clone()
	env.Truncate(s.envBase)
	return parent.Prepare(&startmode.Spec{Env: &env, Group: s.pool.cfg.Jobs.Group, Cell: s.cell})
}
