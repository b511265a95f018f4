package chunker

import (
	"io"
	"math/rand/v2"
)

// shuffled yields the items of a stream in a random order.
type shuffled struct {
	Stream
	seed  uint64
	items []Item
	read  bool
	end   error // after the last item
}

// Shuffle makes a stream that reads all of src before its first item, and
// yields the items in an order that the seed decides.
func Shuffle(src Stream, seed uint64) Stream { return &shuffled{Stream: src, seed: seed} }

// Next returns the next item.
func (s *shuffled) Next() (Item, error) {
	if !s.read {
		s.readAll()
	}
	if len(s.items) == 0 {
		return Item{}, s.end
	}
	it := s.items[0]
	s.items = s.items[1:]
	return it, nil
}

// readAll reads to the end. Where reading fails nothing is yielded: a part of
// the input is no random one. What an interruption finds was read, and is.
func (s *shuffled) readAll() {
	s.read = true
	for s.end == nil {
		it, err := s.Stream.Next()
		if err != nil {
			s.end = err
			break
		}
		s.items = append(s.items, it)
	}
	if s.end != io.EOF && s.end != ErrInterrupted {
		s.items = nil
	}
	rng := rand.New(rand.NewPCG(s.seed, 0))
	rng.Shuffle(len(s.items), func(i, k int) { s.items[i], s.items[k] = s.items[k], s.items[i] })
}

// Ready reports whether Next can answer without reading.
func (s *shuffled) Ready() bool { return s.read }
