package runner

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"pmap/chunker"
)

// ScratchFile is the name of the file in which job seq finds its share.
func ScratchFile(dir string, seq int64) string { return dir + "/" + strconv.FormatInt(seq, 10) }

// makePassing makes what is there for the run alone. The guardian removes it
// where pmap can't, so it is there by then.
func (p *Pool) makePassing() error {
	for _, dir := range p.passing() {
		if err := unix.Mkdir(dir, 0o700); err != nil {
			return fmt.Errorf("cannot make the directory %q: %w", dir, err)
		}
	}
	return nil
}

// removePassing removes what is there for the run alone, also where a second
// signal has ended it: who called the pool may not come to it any more.
func (p *Pool) removePassing() {
	for _, dir := range p.passing() {
		os.RemoveAll(dir)
	}
}

// writeShare writes the job's share to its file, which lasts as long as the try.
func (j *job) writeShare(s *chunker.Share) error {
	name := ScratchFile(j.slot.pool.cfg.Scratch, j.task.Seq())
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("cannot make the job's file: %w", err)
	}
	j.scratch = name
	_, err = f.Write(s.Header)
	if err == nil {
		err = s.CopyTo(stoppable{f, j.slot.pool})
	}
	err = errors.Join(err, f.Close())
	var unread *chunker.ReadError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errStopped):
		return errStopped
	case errors.As(err, &unread):
		j.slot.pool.fail(unread)
		return unread
	}
	return fmt.Errorf("cannot write the job's file: %w", err)
}

// stoppable is a Writer that writes nothing once the run is ending.
type stoppable struct {
	io.Writer
	pool *Pool
}

func (s stoppable) Write(p []byte) (int, error) {
	if s.pool.ending.Load() != 0 {
		return 0, errStopped
	}
	return s.Writer.Write(p)
}
