package chunker

import (
	"fmt"
	"strconv"
	"unsafe"
)

// Limits bound the chunks that a Packer makes. Zero is no limit.
type Limits struct {
	Items int // per chunk

	// Lines per chunk, as -L counts them: a blank one doesn't count, and one
	// that ends in a blank goes on in the next.
	Lines int

	Bytes int // of a command's strings, each with its NUL
	Exec  int // of the same with a pointer for each, as execve counts them
	Arg   int // of one string with its NUL

	// Whole makes it an error where a size ends a chunk before Items or Lines
	// do, or where an item doesn't fit by itself.
	Whole bool

	// Spread is among how many chunks the items are divided that are left when
	// the input ends.
	Spread int
}

// A Cost is what a command without items, or one item, takes of the sizes.
type Cost struct {
	Bytes   int // of strings with their NULs
	Words   int // strings
	Longest int // bytes of the longest string with its NUL
}

// A Measure tells what an item costs as the place-th of its chunk, from 0.
type Measure func(it *Item, place int) Cost

// A Packer gathers items into chunks, as many in each as the limits allow. It
// starts nothing and reads nothing. The chunks are views into slabs of items
// that the Packer never writes again.
type Packer struct {
	limits  Limits
	fixed   Cost
	measure Measure

	items []Item // a slab; the open chunk is at its end
	start int    // where the open chunk begins
	bytes int    // of the open chunk with what is fixed
	words int
	lines int
	alone bool // the open chunk is an item that doesn't fit
	last  int  // items of the chunk before
	seq   int64
}

// minSlab is how many items a slab has room for at least.
const minSlab = 512

const pointerSize = int(unsafe.Sizeof(uintptr(0)))

// NewPacker makes a packer for a command that costs fixed without its items.
// A nil measure counts each item as one string.
func NewPacker(limits Limits, fixed Cost, measure Measure) *Packer {
	p := &Packer{limits: limits, fixed: fixed, measure: measure}
	p.open(0)
	return p
}

// Add adds an item. It returns the chunk that is full by that, with the item
// or before it. The error, which is a *FitError, is final; the item is then in
// the chunk that Rest returns.
func (p *Packer) Add(it Item) (c Chunk, full bool, err error) {
	if len(p.items) == cap(p.items) {
		p.grow()
	}
	at := len(p.items)
	p.items = append(p.items, it)
	cost := p.cost(at)
	if at > p.start && (p.alone || p.complete(at) || !p.fits(cost)) {
		if err := p.cut(at, cost); err != nil {
			return Chunk{}, false, err
		}
		c, full = p.close(at), true
		cost = p.cost(at)
	}
	if at == p.start && !p.fits(cost) {
		p.alone = true
		if p.limits.Whole {
			err = p.misfit(at, cost)
		}
	}
	p.bytes += cost.Bytes
	p.words += cost.Words
	if p.limits.Lines > 0 && endsLine(&p.items[at]) {
		p.lines++
	}
	if !full && p.complete(at+1) {
		c, full = p.close(at+1), true
	}
	return c, full, err
}

// cost is what the item at that place of the slab costs in the open chunk. It
// is measured where it lies, since a copy would be allocated.
func (p *Packer) cost(at int) Cost {
	it := &p.items[at]
	if p.measure == nil {
		n := len(it.Record) + 1
		return Cost{Bytes: n, Words: 1, Longest: n}
	}
	return p.measure(it, at-p.start)
}

// cut returns the error where the open chunk may not end before the item.
func (p *Packer) cut(at int, c Cost) error {
	counted := p.limits.Items > 0 || p.limits.Lines > 0
	if !p.limits.Whole || !counted || p.alone || p.complete(at) {
		return nil
	}
	return p.misfit(at, c)
}

// complete reports whether the open chunk has all the items it may have, if
// it ends there. Where Add has closed a chunk before its item, one that the
// item completes waits for the next Add.
func (p *Packer) complete(end int) bool {
	return p.limits.Items > 0 && end-p.start >= p.limits.Items ||
		p.limits.Lines > 0 && p.lines >= p.limits.Lines
}

func (p *Packer) fits(c Cost) bool {
	l := &p.limits
	bytes := p.bytes + c.Bytes
	return (l.Bytes == 0 || bytes <= l.Bytes) &&
		(l.Exec == 0 || bytes+pointerSize*(p.words+c.Words) <= l.Exec) &&
		(l.Arg == 0 || c.Longest <= l.Arg)
}

// grow moves the open chunk to a new slab, which has room for a chunk as long
// as the last one was.
func (p *Packer) grow() {
	open := p.items[p.start:]
	slab := make([]Item, 0, max(minSlab, 2*len(open), p.last+p.last/16))
	p.items, p.start = append(slab, open...), 0
}

// close ends the open chunk there and opens the next.
func (p *Packer) close(end int) Chunk {
	c := p.number(p.items[p.start:end:end])
	p.last = len(c.Items)
	p.open(end)
	return c
}

func (p *Packer) open(start int) {
	p.start = start
	p.bytes, p.words, p.lines, p.alone = p.fixed.Bytes, p.fixed.Words, 0, false
}

func (p *Packer) number(items []Item) Chunk {
	p.seq++
	return Chunk{Seq: p.seq, Items: items}
}

// Rest returns what is left when the input has ended, in as many chunks as the
// limits spread it among.
func (p *Packer) Rest() []Chunk {
	items := p.items[p.start:]
	if len(items) == 0 {
		return nil
	}
	parts := min(max(1, p.limits.Spread), len(items))
	chunks := make([]Chunk, 0, parts)
	for i := range parts {
		from, to := i*len(items)/parts, (i+1)*len(items)/parts
		chunks = append(chunks, p.number(items[from:to:to]))
	}
	p.items = p.items[:len(p.items):len(p.items)]
	p.open(len(p.items))
	return chunks
}

// endsLine reports whether a line is over after the item. One that several
// sources make is as good as a line.
func endsLine(it *Item) bool {
	r := it.Record
	if r == nil && it.Row != nil {
		return true
	}
	if n := len(r); n == 0 || r[n-1] == ' ' || r[n-1] == '\t' {
		return false
	}
	return !Blank(r)
}

// A FitError says that items which were to go into one command don't fit.
type FitError struct {
	Item  Item // the first that doesn't
	alone bool
	what  string
	size  int
	limit int
}

func (p *Packer) misfit(at int, c Cost) *FitError {
	bytes, words := p.bytes+c.Bytes, p.words+c.Words
	e := &FitError{Item: p.items[at], alone: at == p.start, what: "bytes", size: bytes, limit: p.limits.Bytes}
	if p.limits.Bytes == 0 || bytes <= p.limits.Bytes {
		e.what, e.size, e.limit = "bytes with its pointers", bytes+pointerSize*words, p.limits.Exec
	}
	if p.limits.Arg > 0 && c.Longest > p.limits.Arg {
		e.what, e.size, e.limit = "bytes in one argument", c.Longest, p.limits.Arg
	}
	return e
}

// shownItem is how many bytes of an item a message shows.
const shownItem = 40

func (e *FitError) Error() string {
	shown := e.Item.Text()
	cut := ""
	if len(shown) > shownItem {
		shown, cut = shown[:shownItem], "…"
	}
	name := fmt.Sprintf("item %d, %s%s,", e.Item.Seq, strconv.Quote(string(shown)), cut)
	if e.alone {
		return fmt.Sprintf("%s doesn't fit into a command: it would have %d %s, and the limit is %d", name, e.size, e.what, e.limit)
	}
	return fmt.Sprintf("%s doesn't fit into one command with those before it: it would have %d %s, and the limit is %d", name, e.size, e.what, e.limit)
}
