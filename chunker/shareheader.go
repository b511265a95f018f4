package chunker

import (
	"bytes"
	"fmt"
	"regexp"
)

// A ShareHeader says what of an input's beginning is repeated before each
// share. The zero value is nothing.
type ShareHeader struct {
	Lines   int            // so many lines; or
	Pattern *regexp.Regexp // what it matches there

	// LineEnd is what ends a line; empty is a newline.
	LineEnd []byte
}

func (h *ShareHeader) none() bool { return h.Lines == 0 && h.Pattern == nil }

// find returns how long the header is with which p begins. found is false
// where that takes more of p, or where the input is empty. The error says that
// there is none.
func (h *ShareHeader) find(p []byte, atEnd bool) (n int, found bool, err error) {
	if len(p) == 0 {
		return 0, false, nil
	}
	if h.Pattern != nil {
		return h.match(p, atEnd)
	}
	end := h.LineEnd
	if len(end) == 0 {
		end = []byte{'\n'}
	}
	for line := range h.Lines {
		i := bytes.Index(p[n:], end)
		switch {
		case i >= 0:
			n += i + len(end)
		case !atEnd:
			return 0, false, nil
		default:
			return 0, false, fmt.Errorf("the header is to have %d lines, and line %d has no end", h.Lines, line+1)
		}
	}
	return n, true, nil
}

// match is find for a pattern. The match could be longer with more of p, unless
// a line follows that isn't part of it.
func (h *ShareHeader) match(p []byte, atEnd bool) (n int, found bool, err error) {
	loc := h.Pattern.FindIndex(p)
	sure := atEnd || len(p) >= headerMost
	switch {
	case loc != nil && loc[0] == 0 && (sure || bytes.Contains(p[loc[1]:], []byte{'\n'})):
		return loc[1], true, nil
	case sure:
		return 0, false, fmt.Errorf("the header is missing: the beginning doesn't match %s", h.Pattern)
	}
	return 0, false, nil
}

// headerMost is how many bytes of an input a pattern is given at most.
const headerMost = 1 << 20
