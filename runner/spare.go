package runner

import "sync"

// spareMost is how many buffers are kept for later.
const spareMost = 8

// spare keeps buffers of whole blocks for later ones: memory that is new costs
// about as much as what is done with it.
type spare struct {
	mu   sync.Mutex
	bufs [][]byte
}

// clone copies p. The capacity of the copy counts.
func (s *spare) clone(p []byte) []byte {
	mem := s.take(len(p))
	if mem == nil {
		mem = make([]byte, len(p))
	}
	copy(mem, p)
	return mem
}

// take returns a buffer with n bytes in it, or nil.
func (s *spare) take(n int) []byte {
	if n <= segmentMax {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.bufs) - 1
	if last < 0 || cap(s.bufs[last]) < n {
		return nil
	}
	mem := s.bufs[last][:n]
	s.bufs = s.bufs[:last]
	return mem
}

// give takes over a buffer that clone has made and nobody uses any more.
func (s *spare) give(mem []byte) {
	if cap(mem) <= segmentMax || cap(mem) > windowHalf {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.bufs) < spareMost {
		s.bufs = append(s.bufs, mem)
	}
}
