package template

import (
	"bytes"
	"fmt"
	"math"

	"pmap/chunker"
	"pmap/startmode"
)

// A PackMode is what becomes of a word whose placeholder stands for several
// items.
type PackMode uint8

const (
	Single PackMode = iota // a job gets one item
	Repeat                 // the word is repeated for each: --in=a --in=b
	Splice                 // the items are put in as words: --in=a b
)

// A Packing says how a command takes the items of a job. Under any mode but
// Single, {1} and so on are the job's items by position.
type Packing struct {
	Mode PackMode
	Most int  // items of a job; 0: nobody knows
	Pad  bool // a job has Most items always: the missing ones are empty
}

// CompileWord is as the function of that name, for a word beside a command
// that takes several items.
func (p Packing) CompileWord(s, replace string) (*Word, error) {
	w, err := p.compileWord(s, replace)
	if err != nil {
		return nil, err
	}
	return &w, nil
}

func (p Packing) compileWord(s, replace string) (Word, error) {
	spans, err := p.scan(s, replace)
	if err != nil {
		return Word{}, err
	}
	w := wordOf(s, spans)
	p.spread(&w)
	return w, nil
}

// scan is as the function of that name.
func (p Packing) scan(s, replace string) ([]span, error) {
	if p.Mode == Single {
		return scan(s, replace)
	}
	most := p.Most
	if most == 0 {
		most = math.MaxInt - 1
	}
	spans, err := scanColumns(s, replace, most)
	for i := range spans {
		spans[i].op.nth = spans[i].op.col > 0
	}
	return spans, err
}

// spread makes a word stand for as many as it has to.
func (p Packing) spread(w *Word) {
	w.many = Single
	for i := range w.pieces {
		if w.pieces[i].isOp && w.pieces[i].op.each() {
			w.many = p.Mode
		}
	}
}

// itemWord is the word that is appended where no place is given.
func (p Packing) itemWord() Word {
	w := opWord(op{})
	p.spread(&w)
	return w
}

// Several reports whether the word stands for several where a job has several
// items.
func (w *Word) Several() bool { return w.many != Single }

// renderMany adds the words that w stands for.
func (w *Word) renderMany(dst *startmode.Strings, job *Job) {
	if w.exact() && w.pieces[0].op == (op{}) {
		for i := range job.Chunk.Items {
			dst.Append(job.Chunk.Items[i].Record)
		}
		for range job.count() - len(job.Chunk.Items) {
			dst.AppendString("")
		}
		return
	}
	if w.many == Splice {
		w.splice(dst, job)
		return
	}
	for job.at = range job.count() {
		w.renderOne(dst, job)
	}
	job.at = 0
}

// splice puts the items into the word where its placeholders stand, each item
// but the first beginning a word of its own.
func (w *Word) splice(dst *startmode.Strings, job *Job) {
	dst.Begin()
	for i := range w.pieces {
		p := &w.pieces[i]
		switch {
		case !p.isOp:
			dst.WriteString(p.literal)
		case !p.op.each():
			p.op.render(dst, job)
		default:
			for job.at = range job.count() {
				if job.at > 0 {
					dst.End()
					dst.Begin()
				}
				p.op.render(dst, job)
			}
			job.at = 0
		}
	}
	dst.End()
}

// appendMany adds the words that w stands for, with a blank between them.
func (w *Word) appendMany(dst []byte, job *Job, quote func(dst, s []byte) []byte) []byte {
	var words startmode.Strings
	w.renderMany(&words, job)
	for i := range words.Len() {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = quote(dst, words.At(i))
	}
	return dst
}

func appendPlain(dst, s []byte) []byte { return append(dst, s...) }

// checkItems is check for a job of several items.
func (t *Template) checkItems(job *Job) error {
	items := job.Chunk.Items
	for i := range items {
		if bytes.IndexByte(items[i].Record, 0) >= 0 {
			return &JobError{Msg: fmt.Sprintf("item %d holds a NUL, which no argument can", items[i].Seq)}
		}
	}
	if t.furthest > len(items) && !t.pack.Pad {
		return &JobError{Msg: fmt.Sprintf("{%d} is missing: the job has %d of the items; --pad makes the missing ones empty", t.furthest, len(items))}
	}
	return nil
}

// find notes what the words name of the items.
func (t *Template) find(words []Word) {
	for i := range words {
		for _, p := range words[i].pieces {
			if p.isOp && p.op.nth {
				t.furthest = max(t.furthest, p.op.col)
			}
		}
	}
}

// Divisible reports whether a job's items may as well be given to two commands
// of the same kind, one after the other.
func (t *Template) Divisible() bool { return t.furthest == 0 && !t.pack.Pad }

// Packer makes the packer whose chunks fit the command.
func (t *Template) Packer(limits chunker.Limits) *chunker.Packer {
	return chunker.NewPacker(limits, t.Fixed(), t.measure())
}

// numberDigits is the room of a job's number or slot.
const numberDigits = 20

// Fixed is what the command costs without any item.
func (t *Template) Fixed() (c chunker.Cost) {
	for _, s := range t.lead {
		c.Bytes += len(s) + 1
		c.Words++
	}
	for i := range t.words {
		t.words[i].fixed(&c)
	}
	return c
}

// fixed adds what the word costs whatever the items. A spliced word is one
// more than its placeholders have breaks; a repeated one costs per item alone.
func (w *Word) fixed(c *chunker.Cost) {
	if w.many == Repeat {
		return
	}
	c.Bytes++
	c.Words++
	for i := range w.pieces {
		p := &w.pieces[i]
		switch {
		case !p.isOp:
			c.Bytes += len(p.literal)
		case p.op.integer():
			c.Bytes += numberDigits
		case w.many == Splice && p.op.each():
			c.Bytes--
			c.Words--
		}
	}
}

// measure is what an item costs; nil where it is one plain word.
func (t *Template) measure() chunker.Measure {
	many := 0
	for i := range t.words {
		if w := &t.words[i]; w.many != Single {
			many++
			if !w.exact() || w.pieces[0].op != (op{}) {
				many = 2
			}
		}
	}
	if many == 1 && t.furthest == 0 {
		return nil
	}
	return func(it *chunker.Item, place int) (c chunker.Cost) {
		for i := range t.words {
			t.words[i].measure(it, place, t.pack.Most, &c)
		}
		return c
	}
}

// measure adds what the item costs in the word.
func (w *Word) measure(it *chunker.Item, place, most int, c *chunker.Cost) {
	length := 0
	for i := range w.pieces {
		p := &w.pieces[i]
		switch {
		case !p.isOp:
			length += len(p.literal)
		case p.op.integer():
			length += numberDigits
		case p.op.nth && p.op.col == place+1:
			n := p.op.length(it.Record)
			c.Longest = max(c.Longest, n+1)
			if w.many == Repeat {
				n *= max(1, most)
			}
			c.Bytes += n
		case p.op.nth:
		case w.many == Single:
			n := p.op.length(it.Record)
			c.Bytes += n
			c.Longest = max(c.Longest, n+1)
		case w.many == Splice:
			n := p.op.length(it.Record) + 1
			c.Bytes += n
			c.Words++
			c.Longest = max(c.Longest, n)
		default:
			length += p.op.length(it.Record)
		}
	}
	if w.many == Repeat {
		c.Bytes += length + 1
		c.Words++
		c.Longest = max(c.Longest, length+1)
	}
}

// length is how many bytes the op makes of a value.
func (o op) length(v []byte) int {
	if o.form == formQuoted {
		return len(Quote(nil, v))
	}
	return len(o.part(v))
}
