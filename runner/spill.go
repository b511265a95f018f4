package runner

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// errNoRoom says that the spill limit is reached or the disk is full.
var errNoRoom = errors.New("no room to spill output")

const spillFileMin = 64 << 20 // bytes in a spill file before the next is begun

// spill keeps output that exceeds the memory budget in unlinked files. Bytes
// of many jobs share a file; a file is closed, and its space given back, when
// the last of them has been released.
type spill struct {
	dir   string
	limit int64  // bytes; negative: none
	first func() // called once, under no lock, before the first file is made; may be nil
	begun sync.Once

	full atomic.Bool // the disk was full; cleared when space is given back

	mu      sync.Mutex
	used    int64 // bytes written and not released
	current *spillFile
}

// A spillFile is one unlinked file.
type spillFile struct {
	f    *os.File
	size int64 // bytes appended
	held int64 // bytes not released
}

// An extent is a run of bytes in a spill file.
type extent struct {
	file *spillFile
	off  int64
	n    int64
}

// write stores p and returns where. It fails with errNoRoom, or with an error
// of the system.
func (s *spill) write(p []byte) (extent, error) {
	if s.first != nil {
		s.begun.Do(s.first)
	}
	e, err := s.reserve(int64(len(p)))
	if err != nil {
		return extent{}, err
	}
	if _, err := e.file.f.WriteAt(p, e.off); err != nil {
		s.undo(e)
		if noSpace(err) {
			s.full.Store(true)
			return extent{}, errNoRoom
		}
		return extent{}, fmt.Errorf("cannot write spilled output under %q: %w", s.dir, err)
	}
	return e, nil
}

func (s *spill) reserve(n int64) (extent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full.Load() || s.limit >= 0 && s.used+n > s.limit {
		return extent{}, errNoRoom
	}
	if err := s.rotate(); err != nil {
		return extent{}, err
	}
	f := s.current
	e := extent{file: f, off: f.size, n: n}
	f.size += n
	f.held += n
	s.used += n
	return e, nil
}

// rotate makes current a file that takes more. Files grow with what is held,
// so that their number stays small whatever is spilled.
func (s *spill) rotate() error {
	f := s.current
	if f != nil && f.size < max(spillFileMin, s.used/16) {
		return nil
	}
	file, err := openUnlinked(s.dir)
	switch {
	case err == nil:
	case f != nil && noFile(err):
		return nil // the present one becomes longer than it should
	case noFile(err) || noSpace(err):
		s.full.Store(true)
		return errNoRoom
	default:
		return fmt.Errorf("cannot create a spill file: %w", err)
	}
	s.current = &spillFile{f: file}
	if f != nil {
		s.closeIfFree(f)
	}
	return nil
}

// noFile reports that there are too many open files already.
func noFile(err error) bool { return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) }

// noSpace reports that the disk takes no more.
func noSpace(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG)
}

// release gives the extent's space back.
func (s *spill) release(e extent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(e)
}

// hasRoom reports whether n bytes could be stored now, as far as is known.
func (s *spill) hasRoom(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.full.Load() && (s.limit < 0 || s.used+n <= s.limit)
}

// undo takes a reservation back whose bytes could not be written.
func (s *spill) undo(e extent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(e)
}

func (s *spill) drop(e extent) {
	e.file.held -= e.n
	s.used -= e.n
	if e.file == s.current && e.file.held == 0 {
		e.file.f.Truncate(0) // an empty file costs nothing and is used again
		e.file.size = 0
		return
	}
	s.closeIfFree(e.file)
}

func (s *spill) closeIfFree(f *spillFile) {
	if f != s.current && f.held == 0 && f.f != nil {
		f.f.Close()
		f.f = nil
	}
}

// close gives everything back; no extent may be used after it.
func (s *spill) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil && s.current.f != nil {
		s.current.f.Close()
		s.current = nil
	}
}
