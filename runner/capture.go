package runner

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

const (
	readSize   = 64 << 10  // bytes read from a job's pipe at once
	segmentMax = 256 << 10 // bytes of a segment in memory before the next is begun
	lineMax    = 1 << 20   // bytes of a line held before it claims the floor
)

// The streams of a job, as indexes.
const (
	Stdout = iota
	Stderr

	stdout, stderr = Stdout, Stderr
)

// A capture is the output of one try, in the order in which it was read. While
// it isn't live it stores what comes, in memory or spilled; once it is live
// what comes is written through.
//
// The slot that runs the try writes to it. The goroutine that emits turns it
// live, or empties it after its end.
type capture struct {
	out *output

	mu    sync.Mutex
	live  bool
	floor bool // holds the emitter's lock from one write to the next
	lines *lineWriter
	segs  []segment

	kept   Kept   // where it is kept too; may be nil
	head   []byte // the members of the JSON object that its output is to be part of; nil: none
	held   bool   // it goes out whole, at the try's end
	beyond bool   // it is stored where there is no room, so that the run goes on; the slot's own

	received [2]int64 // bytes taken of each stream; the slot's own
}

// A segment is a run of one stream's bytes: in memory, in a spill file, or in
// the file where an earlier run has kept it.
type segment struct {
	stream int
	mem    []byte
	ext    extent
	path   string
}

// output is what the captures of a run share.
type output struct {
	budget  budget
	spill   spill
	spare   spare
	emit    emitter
	fail    func(error) // called when spilling fails for another reason than room
	freed   func()      // called when room has been made
	stalled atomic.Bool // the scheduler waits for room
	failed  [2]bool     // streams in which failed jobs' tags are red
	names   bool        // where stdout is kept is emitted in its place
}

// write takes what the slot has read. It keeps nothing of p. It always takes
// it: the slot asks room before it reads.
func (c *capture) write(stream int, p []byte) {
	c.received[stream] += int64(len(p))
	if c.kept != nil {
		c.kept.Write(stream, p)
		if c.out.names && stream == stdout {
			return
		}
	}
	c.pass(stream, p)
}

// pass has bytes emitted, now or in their turn.
func (c *capture) pass(stream int, p []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live {
		c.print(stream, p)
		return
	}
	c.store(stream, p)
}

// room reports whether a read's worth of bytes can be taken.
func (c *capture) room() bool {
	c.mu.Lock()
	live := c.live
	c.mu.Unlock()
	return live || c.beyond || c.out.budget.fits(readSize) || c.out.spill.hasRoom(readSize)
}

func (c *capture) store(stream int, p []byte) {
	if c.extend(stream, p) {
		return
	}
	if c.out.budget.take(int64(len(p))) {
		mem := c.out.spare.clone(p)
		c.out.budget.data.Add(int64(cap(mem) - len(p)))
		c.segs = append(c.segs, segment{stream: stream, mem: mem})
		return
	}
	e, err := c.out.spill.write(p)
	if err == nil {
		c.addExtent(stream, e)
		return
	}
	if err != errNoRoom {
		c.out.fail(err)
	}
	mem := c.out.spare.clone(p)
	c.out.budget.data.Add(int64(cap(mem))) // over the limit by what came at once, then room says no
	c.segs = append(c.segs, segment{stream: stream, mem: mem})
}

// extend adds p to the last segment, if that is in memory, of the same stream
// and not too long.
func (c *capture) extend(stream int, p []byte) bool {
	if len(c.segs) == 0 {
		return false
	}
	s := &c.segs[len(c.segs)-1]
	if s.mem == nil || s.stream != stream || len(s.mem)+len(p) > segmentMax {
		return false
	}
	need := len(s.mem) + len(p) - cap(s.mem)
	if need > 0 {
		grown := min(max(2*cap(s.mem), len(s.mem)+len(p)), segmentMax)
		if !c.out.budget.take(int64(grown - cap(s.mem))) {
			return false
		}
		mem := make([]byte, len(s.mem), grown)
		copy(mem, s.mem)
		s.mem = mem
	}
	s.mem = append(s.mem, p...)
	return true
}

// addExtent notes spilled bytes, as one segment with those right before them.
func (c *capture) addExtent(stream int, e extent) {
	if n := len(c.segs); n > 0 {
		s := &c.segs[n-1]
		if s.mem == nil && s.path == "" && s.stream == stream && s.ext.file == e.file && s.ext.off+s.ext.n == e.off {
			s.ext.n += e.n
			return
		}
	}
	c.segs = append(c.segs, segment{stream: stream, ext: e})
}

// goLive emits what has been stored and lets the rest through.
func (c *capture) goLive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live {
		return
	}
	c.printStored()
	c.live = true
}

// finish emits what is left after the try's end.
func (c *capture) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.printStored()
	if c.lines != nil {
		c.lines.flush(c)
	}
	c.yieldFloor()
}

// discard drops what has been stored.
func (c *capture) discard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.segs {
		c.release(&c.segs[i])
	}
	c.segs = nil
	c.yieldFloor()
}

func (c *capture) release(s *segment) {
	switch {
	case s.mem != nil:
		c.out.budget.data.Add(-int64(cap(s.mem)))
		c.out.spare.give(s.mem)
	case s.ext.file != nil:
		c.out.spill.release(s.ext)
	}
	c.out.freed()
}

// printStored emits the segments as one group and gives up their room.
func (c *capture) printStored() {
	if len(c.segs) == 0 && c.head == nil {
		return
	}
	held := c.floor
	c.takeFloor()
	if c.head != nil {
		c.printObject()
	}
	for i := range c.segs {
		if c.head == nil {
			c.printSegment(&c.segs[i])
		}
		c.release(&c.segs[i])
		c.segs[i] = segment{}
	}
	c.segs = nil
	if !held && (c.lines == nil || !c.lines.claimed) {
		c.yieldFloor()
	}
}

// printObject emits the segments as part of a JSON object.
func (c *capture) printObject() {
	c.emitted(c.object(func(p []byte) error {
		if c.out.emit.dropped.Load() {
			return unix.EPIPE
		}
		c.put(stdout, p)
		return nil
	}))
}

// emitted takes the error of what was to emit output: EPIPE where nobody wants
// more.
func (c *capture) emitted(err error) {
	if err != nil && err != unix.EPIPE {
		c.out.fail(err)
	}
}

func (c *capture) printSegment(s *segment) {
	if s.mem != nil {
		c.print(s.stream, s.mem)
		return
	}
	if s.path != "" {
		c.printFile(s)
		return
	}
	c.emitted(c.eachPart(s, func(p []byte) error {
		if c.out.emit.dropped.Load() {
			return unix.EPIPE
		}
		c.print(s.stream, p)
		return nil
	}))
}

// print writes p to the run's own output, by whole lines where the run wants
// them.
func (c *capture) print(stream int, p []byte) {
	if c.lines != nil {
		c.lines.write(c, stream, p)
		return
	}
	c.put(stream, p)
}

// put hands bytes to the emitter.
func (c *capture) put(stream int, p []byte) {
	if c.floor {
		c.out.emit.write(stream, p)
		return
	}
	c.out.emit.mu.Lock()
	c.out.emit.write(stream, p)
	c.out.emit.mu.Unlock()
}

// takeFloor keeps every other job's output away until yieldFloor.
func (c *capture) takeFloor() {
	if !c.floor {
		c.out.emit.mu.Lock()
		c.floor = true
	}
}

func (c *capture) yieldFloor() {
	if c.floor {
		c.floor = false
		c.out.emit.mu.Unlock()
	}
}
