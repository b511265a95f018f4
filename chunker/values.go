package chunker

import "io"

// A ValueSource yields values given as they are, such as words of the command
// line.
type ValueSource struct {
	values []string
	next   int
}

// Values makes a source of values, which must not be changed any more.
func Values(values []string) *ValueSource { return &ValueSource{values: values} }

// Next returns the next value, or io.EOF after the last.
func (s *ValueSource) Next() (Item, error) {
	if s.next == len(s.values) {
		return Item{}, io.EOF
	}
	v := s.values[s.next]
	s.next++
	return Item{Seq: int64(s.next), Record: Record(v)}, nil
}

// Ready is always true.
func (s *ValueSource) Ready() bool { return true }

// Interrupt changes nothing: all values count as read already, and Next never
// waits.
func (s *ValueSource) Interrupt() {}
