package chunker

import "io"

// A Selection says which items of a stream are taken. The parts of it apply
// in the order of its fields.
type Selection struct {
	Skip int64 // so many at the beginning are left out
	Head int64 // then so many are taken; negative: all
	// Of these, every Parts-th from the Part-th; Parts is at least 1.
	Part, Parts int64
}

// All is the Selection that leaves nothing out.
var All = Selection{Head: -1, Part: 1, Parts: 1}

// Of is how many of n items are taken.
func (s Selection) Of(n int64) int64 {
	n = max(0, n-s.Skip)
	if s.Head >= 0 {
		n = min(n, s.Head)
	}
	return max(0, (n-s.Part+s.Parts)/s.Parts)
}

// selected yields the items of a Selection. It looks ahead for the next one,
// as far as that needs no reading.
type selected struct {
	Stream
	sel     Selection
	seen    int64 // items of the stream
	pending Item
	found   bool
}

// Select makes a stream of the selected items of src.
func Select(src Stream, sel Selection) Stream {
	if sel == All {
		return src
	}
	return &selected{Stream: src, sel: sel}
}

// Next returns the next selected item. Nothing is read after the last one.
func (s *selected) Next() (Item, error) {
	for !s.found {
		if s.over() {
			return Item{}, io.EOF
		}
		if err := s.look(); err != nil {
			return Item{}, err
		}
	}
	s.found = false
	return s.pending, nil
}

// Ready reports whether Next can answer without reading.
func (s *selected) Ready() bool {
	for !s.found && !s.over() {
		if !s.Stream.Ready() {
			return false
		}
		if s.look() != nil {
			return true // Next returns the error again
		}
	}
	return true
}

// look takes one item.
func (s *selected) look() error {
	it, err := s.Stream.Next()
	if err != nil {
		return err
	}
	s.seen++
	if n := s.seen - s.sel.Skip; n > 0 && (n-s.sel.Part)%s.sel.Parts == 0 {
		s.pending, s.found = it, true
	}
	return nil
}

// over reports whether nothing more can be selected.
func (s *selected) over() bool {
	if s.sel.Head < 0 {
		return false
	}
	taken := max(0, s.seen-s.sel.Skip)
	return taken >= s.sel.Head || s.sel.Of(s.sel.Skip+s.sel.Head) <= s.sel.Of(s.seen)
}
