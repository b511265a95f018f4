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

	None     // a job has no item: none is appended, and none can be named
	byColumn // of a word that is the whole item: a word for each column
)

// A Packing says how a command takes the items of a job. Where an item has one
// column, {1} and so on are the job's items by position, under Repeat and
// Splice.
type Packing struct {
	Mode    PackMode
	Most    int  // items of a job; 0: nobody knows
	Pad     bool // what is missing of Most items, or of a row, is empty
	Columns Columns
}

// Columns say what an item consists of. The zero value is one column without a
// name.
type Columns struct {
	Several bool     // there are more than one, or may be
	Count   int      // of Several: how many each item has, 0: nobody knows
	Names   []string // by their place; nil: they have none
}

// scope is what placeholders can name.
func (p Packing) scope(replace string) *scope {
	sc := &scope{replace: replace, columns: 1, names: p.Columns.Names, header: p.Columns.Names != nil}
	switch {
	case p.Columns.Several && p.Columns.Count > 0:
		sc.columns = p.Columns.Count
	case p.Columns.Several:
		sc.columns = math.MaxInt32 - 1
	case p.Mode == None:
		sc.columns = math.MaxInt32 - 1 // which refuseItems finds
	case p.Mode != Single:
		sc.items = true
		if sc.columns = p.Most; p.Most == 0 {
			sc.columns = math.MaxInt32 - 1
		}
	}
	return sc
}

// CompileWord is as the function of that name, for a word beside a command
// that takes several items.
func (p Packing) CompileWord(s, replace string) (*Word, error) {
	w, err := p.compileWord(s, replace)
	if err != nil {
		return nil, err
	}
	if w.many == byColumn {
		w.many = Single // it is one word whatever it holds
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

func (p Packing) scan(s, replace string) ([]span, error) {
	spans, err := p.scope(replace).scan(s)
	if err == nil && p.Mode == None {
		err = refuseItems(s, spans)
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
	if p.Mode == Single && p.Columns.Several && w.exact() && w.pieces[0].op.splits() {
		w.many = byColumn
	}
}

// splits reports whether the op, as a word by itself, makes a word of each
// column. What is quoted for a second shell is a text for it.
func (o op) splits() bool { return o.ofItem() && o.col == 0 && o.form != formQuoted }

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
	if w.exact() && w.pieces[0].op.splits() {
		w.renderColumns(dst, job, w.pieces[0].op)
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

// renderColumns adds a word for each column of the job's items.
func (w *Word) renderColumns(dst *startmode.Strings, job *Job, o op) {
	items, asIs := job.Chunk.Items, o.asIs()
	for i := range items {
		switch row := items[i].Row; {
		case row != nil:
			for _, v := range row.Columns {
				dst.Append(o.part(v))
			}
		case asIs:
			dst.Append(items[i].Record)
		default:
			dst.Append(o.part(items[i].Record))
		}
	}
	for range job.count() - len(items) {
		dst.AppendString("")
	}
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
		if it := &items[i]; it.Row == nil && bytes.IndexByte(it.Record, 0) >= 0 || it.Row != nil && it.HasNUL() {
			return &JobError{Msg: fmt.Sprintf("item %d holds a NUL, which no argument can", items[i].Seq)}
		}
	}
	if t.furthest > len(items) && !t.pack.Pad {
		return &JobError{Msg: fmt.Sprintf("{%d} is missing: the job has %d of the items; --pad makes the missing ones empty", t.furthest, len(items))}
	}
	return nil
}

// checkColumns says which column the command names and an item lacks, if so.
func (t *Template) checkColumns(job *Job) error {
	items := job.Chunk.Items
	for i := range items {
		if n := items[i].Count(); n < t.widest {
			return &JobError{Msg: fmt.Sprintf("%s has %d of the %d columns that the command names; --pad makes the missing ones empty", items[i].Where(), n, t.widest)}
		}
	}
	return nil
}

// find notes what the words name of the items, and of their columns.
func (t *Template) find(words []Word) {
	for i := range words {
		for _, p := range words[i].pieces {
			if p.isOp {
				t.note(p.op)
			}
		}
	}
}

func (t *Template) note(o op) {
	switch {
	case o.nth:
		t.furthest = max(t.furthest, o.col, -o.col)
	case t.pack.Columns.Several && !t.pack.Pad:
		t.widest = max(t.widest, o.col, -o.col)
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
	if w.many == Repeat || w.many == byColumn {
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
	if many == 1 && t.furthest == 0 && !t.pack.Columns.Several {
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
	if w.exact() && w.many != Single && w.pieces[0].op.splits() {
		w.measureColumns(it, c)
		return
	}
	if w.many == Repeat && w.plain() {
		v, _ := it.Value(w.pieces[0].op.col)
		c.Bytes += len(v) + 1
		c.Words++
		c.Longest = max(c.Longest, len(v)+1)
		return
	}
	length := 0
	for i := range w.pieces {
		p := &w.pieces[i]
		switch {
		case !p.isOp:
			length += len(p.literal)
		case p.op.integer():
			length += numberDigits
		case p.op.nth && (p.op.col == place+1 || p.op.col < 0): // any may be the last
			n := p.op.length(it)
			c.Longest = max(c.Longest, n+1)
			if w.many == Repeat {
				n *= max(1, most)
			}
			c.Bytes += n
		case p.op.nth:
		case w.many == Single:
			n := p.op.length(it)
			c.Bytes += n
			c.Longest = max(c.Longest, n+1)
		case w.many == Splice:
			n := p.op.length(it) + 1
			c.Bytes += n
			c.Words++
			c.Longest = max(c.Longest, n)
		default:
			length += p.op.length(it)
		}
	}
	if w.many == Repeat {
		c.Bytes += length + 1
		c.Words++
		c.Longest = max(c.Longest, length+1)
	}
}

// measureColumns is measure for a word that is the whole item.
func (w *Word) measureColumns(it *chunker.Item, c *chunker.Cost) {
	for n := range it.Count() {
		v, _ := it.Value(n + 1)
		size := len(w.pieces[0].op.part(v)) + 1
		c.Bytes += size
		c.Words++
		c.Longest = max(c.Longest, size)
	}
}

// length is how many bytes the op makes of an item.
func (o op) length(it *chunker.Item) int {
	switch {
	case o.form == formQuoted, o.col == 0 && it.Row != nil:
		job := Job{Chunk: chunker.Chunk{Items: []chunker.Item{*it}}}
		return len(o.append(nil, &job))
	case o.nth || o.col == 0:
		return len(o.part(it.Record))
	}
	v, _ := it.Value(o.col)
	return len(o.part(v))
}
