package chunker

// A cutter says where the share ends with which some bytes begin. It is given
// the same bytes again once there are more of them, and remembers how far it
// has counted.
type cutter struct {
	marks marks
	unit  int // records that aren't parted, at least 1
	count int // units of a share; 0: as many as
	size  int // bytes hold, or one that is longer
	again int // bytes that there must be before they are searched again

	records int // counted, up to
	at      int // here,
	from    int // and none ends before what is searched from here
	whole   int // the end of the last unit counted
	fits    int // the end of the last unit within size
}

// cut returns how long the share is, or 0 where that takes more bytes. atEnd
// says that there are no more.
func (c *cutter) cut(p []byte, atEnd bool) (n int) {
	switch {
	case len(p) < c.again && !atEnd:
	case c.count > 0:
		n = c.counted(p)
	case len(p) <= c.size: // it may be all there is
	case c.unit > 1:
		n = c.units(p)
	default:
		n = c.bySize(p)
	}
	if n == 0 && atEnd {
		n = len(p)
	}
	if n == 0 && c.marks.pattern != nil && len(p) >= patientFrom {
		c.again = 2 * len(p)
	}
	return c.taken(n)
}

// patientFrom is how many bytes there are before a pattern that they don't
// hold waits for twice as many: it has to be searched from the start.
const patientFrom = 1 << 20

// part is cut for what is there already: whole units, or 0.
func (c *cutter) part(p []byte) int {
	if c.unit == 1 && c.count == 0 {
		return c.taken(c.marks.last(p))
	}
	for c.next(p) {
	}
	return c.taken(c.whole)
}

// taken begins anew where a share was found.
func (c *cutter) taken(n int) int {
	if n > 0 {
		c.records, c.at, c.from, c.whole, c.fits, c.again = 0, 0, 0, 0, 0, 0
	}
	return n
}

// bySize finds the last record that ends within the size, or the first that
// ends beyond.
func (c *cutter) bySize(p []byte) int {
	if c.from == 0 {
		if n := c.marks.last(p[:c.size]); n > 0 {
			return n
		}
		if c.marks.pattern != nil {
			c.from = max(0, c.size-matchWindow)
		}
	}
	beyond := max(0, c.size+c.marks.end-len(c.marks.both)) // what starts the next one lay outside
	end, resume := c.marks.first(p, c.from, beyond)
	c.from = resume
	return max(0, end)
}

// counted finds the end of the last of the units that are wanted.
func (c *cutter) counted(p []byte) int {
	for c.next(p) {
		if c.records == c.unit*c.count {
			return c.at
		}
	}
	return 0
}

// units is bySize for units of several records.
func (c *cutter) units(p []byte) int {
	for c.next(p) {
		switch {
		case c.whole < c.at:
		case c.at <= c.size:
			c.fits = c.at
		case c.fits == 0:
			return c.at
		default:
			return c.fits
		}
	}
	return c.fits // the next one ends beyond p
}

// next counts one record more, if its end is there.
func (c *cutter) next(p []byte) bool {
	end, resume := c.marks.first(p, max(c.at, c.from), c.at)
	if end < 0 {
		c.from = resume
		return false
	}
	c.records, c.at, c.from = c.records+1, end, end
	if c.records%c.unit == 0 {
		c.whole = end
	}
	return true
}
