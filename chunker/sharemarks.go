package chunker

import (
	"bytes"
	"regexp"
)

// marks say where one record ends and the next begins: between an end and a
// start, of which one may be empty; or where the first group of a match ends.
type marks struct {
	end     int    // bytes of
	both    []byte // end and start together
	pattern *regexp.Regexp
}

func newMarks(opt *ShareOptions) marks {
	end := opt.RecordEnd
	if len(end) == 0 && len(opt.RecordStart) == 0 {
		end = []byte{'\n'}
	}
	return marks{len(end), append(bytes.Clone(end), opt.RecordStart...), opt.RecordPattern}
}

// first searches p from there on for the end of a record that lies beyond a
// place. Where there is none it returns -1, and from where to search p when it
// has grown.
func (m *marks) first(p []byte, from, beyond int) (end, resume int) {
	if m.pattern != nil {
		return m.firstMatch(p, from, beyond), from
	}
	from = max(from, beyond+1-m.end)
	if from < len(p) {
		if i := bytes.Index(p[from:], m.both); i >= 0 {
			return from + i + m.end, 0
		}
	}
	return -1, max(from, len(p)-len(m.both)+1)
}

func (m *marks) firstMatch(p []byte, from, beyond int) int {
	for at := from; at < len(p); {
		loc := m.pattern.FindSubmatchIndex(p[at:])
		if loc == nil {
			return -1
		}
		if end := at + loc[3]; end > beyond {
			return end
		}
		at += max(1, loc[1])
	}
	return -1
}

// last returns where the last record ends that ends within p and is followed
// by the start of another, or 0.
func (m *marks) last(p []byte) int {
	if m.pattern != nil {
		return m.lastMatch(p)
	}
	if i := bytes.LastIndex(p, m.both); i >= 0 {
		return i + m.end
	}
	return 0
}

// matchWindow is how much of the end of some bytes is searched for a pattern
// first.
const matchWindow = 16 << 10

func (m *marks) lastMatch(p []byte) int {
	for window := matchWindow; window < len(p); window *= 4 {
		from := len(p) - window
		if end := m.lastOf(p[from:], 1); end > 0 { // a match at 0 may be the rest of one
			return from + end
		}
	}
	return m.lastOf(p, 0)
}

// lastOf is last among the matches that begin at low or later.
func (m *marks) lastOf(p []byte, low int) int {
	all := m.pattern.FindAllSubmatchIndex(p, -1)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i][0] >= low && all[i][3] > 0 {
			return all[i][3]
		}
	}
	return 0
}
