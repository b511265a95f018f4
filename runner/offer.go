package runner

// The processes of an interpreter open the slot's pipes themselves, by the names
// that the interpreter is told once: the read ends' below /proc. So most jobs cost
// no write end, which pmap would have to open, hand over and close. But a pipe that
// nobody has opened yet looks like one that all have let go of; until the process
// has ended, holdPipes sees to the difference.

// offered are the streams whose pipes the processes open themselves.
func (p *Pool) offered() (offered [2]bool) {
	if out := &p.cfg.Output; p.cfg.Prepare && out.Grouping != Ungrouped {
		offered = [2]bool{p.cfg.Jobs.StdoutTo == nil, !out.Merge}
	}
	return offered
}

// offer makes the pipes for the slot's parent, and returns them as its processes'
// files; -1 for the others.
func (s *slot) offer() (files [3]int, err error) {
	files = [3]int{-1, -1, -1}
	for stream, offered := range s.pool.offered() {
		if !offered {
			continue
		}
		p := &s.pipes[stream]
		if err := p.offer(); err != nil {
			return files, err
		}
		files[1+stream] = p.r
	}
	if s.pool.cfg.Output.Merge {
		files[2] = files[1]
	}
	return files, nil
}

// lacksPipes reports whether a pipe that the parent knows isn't there any more.
func (s *slot) lacksPipes() bool {
	for stream, offered := range s.pool.offered() {
		if offered && s.pipes[stream].r < 0 {
			return true
		}
	}
	return false
}

// holdPipes opens the pipes that the process opens itself, so that there is no end
// of them while it runs; it is false where there is no fd for that. A short job is
// done before that is needed.
func (j *job) holdPipes() bool {
	offered := j.slot.pool.offered()
	for stream, open := range j.reading {
		if !open || !offered[stream] || j.own[1+stream] {
			continue
		}
		w, err := j.slot.pipes[stream].reopen(j.slot.pool.ends)
		if err != nil {
			return false
		}
		j.files[1+stream], j.own[1+stream] = w, true
	}
	return true
}
