package runner

// A Keeper keeps what jobs print beside its emission.
type Keeper interface {
	// Keep is asked before each try begins. Nothing need be made before the
	// first Write.
	Keep(t *Task) Kept
}

// Kept is where a try's output is kept. It is used by one goroutine at a time.
type Kept interface {
	// Write takes output of a stream; nothing of p is kept. An error is
	// remembered for Close.
	Write(stream int, p []byte)

	// Close is called once the try has ended, before it is recorded: all of its
	// output is in its place then. again says that another try follows.
	Close(again bool) error

	// Name is where that is, for a later run to find; Path is the file of a
	// stream.
	Name() string
	Path(stream int) string
}

// Kept is the name under which the output of the try is kept, or empty.
func (t *Task) Kept() string {
	if t.capture.kept == nil {
		return ""
	}
	return t.capture.kept.Name()
}

// keep brings what is kept of a try to its place; false where that fails, which
// ends the run.
func (p *Pool) keep(r *Result, again bool) bool {
	c := &r.capture
	if c.kept == nil {
		return true
	}
	if err := c.kept.Close(again); err != nil {
		p.fail(err)
		return false
	}
	if p.cfg.Output.Names && !again {
		c.pass(stdout, []byte(c.kept.Path(stdout)+"\n"))
	}
	return true
}

// EachPart calls f with the parts of what the try has printed on a stream. It
// is for a Recorder of a run whose output is held (OutputOptions.Hold).
func (t *Task) EachPart(stream int, f func(p []byte) error) error {
	c := &t.capture
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.streamParts(stream, f)
}

// eachPart calls f with the parts of a segment, until it fails.
func (c *capture) eachPart(s *segment, f func(p []byte) error) error {
	if s.mem != nil {
		return f(s.mem)
	}
	buf := make([]byte, min(s.ext.n, segmentMax))
	for done := int64(0); done < s.ext.n; {
		n := min(s.ext.n-done, int64(len(buf)))
		if _, err := s.ext.file.f.ReadAt(buf[:n], s.ext.off+done); err != nil {
			return err
		}
		if err := f(buf[:n]); err != nil {
			return err
		}
		done += n
	}
	return nil
}
