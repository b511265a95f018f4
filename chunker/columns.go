package chunker

import (
	"fmt"
	"io"
)

// A Cutter adds the columns of a record to dst. The error doesn't name the
// record.
type Cutter func(dst [][]byte, record Record) ([][]byte, error)

// ColumnOptions say how records become rows.
type ColumnOptions struct {
	Cut  Cutter // nil: a record is one column
	Trim Trim

	// Equal holds every record against the first, or against the header: it
	// is an error where one has more or, without Pad, fewer columns. It is for
	// a source whose columns others follow.
	Equal bool
	Pad   bool // missing columns are empty
}

// slabRows is how many rows are allocated at once.
const slabRows = 512

// Columns makes rows of the records of a stream.
type Columns struct {
	src    Named
	opt    ColumnOptions
	record int64 // read so far, the header included
	width  int   // of every row; 0: as it comes
	err    error

	rows   []Row    // a slab
	values [][]byte // a slab of the rows' columns
	last   int      // columns of the last row
}

// NewColumns reads src, whose records lie where Source puts them.
func NewColumns(src Named, opt ColumnOptions) *Columns {
	return &Columns{src: src, opt: opt}
}

// Header takes the first record for the names of the columns. It is to be
// called before Next.
func (c *Columns) Header() (header Item, names []string, err error) {
	header, err = c.Next()
	switch {
	case err == io.EOF:
		return header, nil, fmt.Errorf("%s is empty: there is no header line to take the names of the columns from; give it one, or leave --header out", c.src.Name)
	case err != nil:
		return header, nil, err
	}
	for _, v := range header.Row.Columns {
		names = append(names, string(v))
	}
	return header, names, nil
}

// Next returns the next record with its columns.
func (c *Columns) Next() (Item, error) {
	if c.err != nil {
		return Item{}, c.err
	}
	it, err := c.src.Next()
	if err == nil {
		c.record++
		it.Row, err = c.row(it.Record)
	}
	c.err = err
	return it, err
}

// Ready reports whether Next can answer without reading.
func (c *Columns) Ready() bool { return c.err != nil || c.src.Ready() }

// Interrupt is as Stream has it.
func (c *Columns) Interrupt() { c.src.Interrupt() }

// row makes the row of a record.
func (c *Columns) row(r Record) (*Row, error) {
	columns, err := c.cut(r)
	if err != nil {
		return nil, fmt.Errorf("%s: record %d %w", c.src.Name, c.record, err)
	}
	if c.opt.Equal {
		if columns, err = c.level(columns); err != nil {
			return nil, err
		}
	}
	for i := range columns {
		columns[i] = c.opt.Trim.of(columns[i])
	}
	if len(c.rows) == cap(c.rows) {
		c.rows = make([]Row, 0, slabRows)
	}
	c.rows = append(c.rows, Row{Columns: columns, source: c.src.Name, record: c.record})
	return &c.rows[len(c.rows)-1], nil
}

// cut returns the columns of a record, in a slab that has room for as many as
// the last one had.
func (c *Columns) cut(r Record) ([][]byte, error) {
	if cap(c.values)-len(c.values) < max(c.last, 1) {
		c.values = make([][]byte, 0, slabRows*max(c.last, 1))
	}
	start := len(c.values)
	if c.opt.Cut == nil {
		c.values = append(c.values, r)
	} else {
		values, err := c.opt.Cut(c.values, r)
		if err != nil {
			return nil, err
		}
		c.values = values
	}
	end := len(c.values)
	c.last = end - start
	return c.values[start:end:end], nil
}

// level holds a row's width against that of the first.
func (c *Columns) level(columns [][]byte) ([][]byte, error) {
	n := len(columns)
	if c.width == 0 {
		c.width = n
	}
	if c.opt.Pad {
		for len(columns) < c.width {
			columns = append(columns, nil)
		}
	}
	if len(columns) == c.width {
		return columns, nil
	}
	hint := "the columns of the next source would move: write them all alike"
	if n < c.width {
		hint += ", or add --pad"
	}
	return nil, fmt.Errorf("%s: record %d has %s, and the first has %d; %s", c.src.Name, c.record, counted(n, "column"), c.width, hint)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// A Trim says at which ends of a column white space is dropped.
type Trim uint8

// TrimLeft and TrimRight may be combined.
const (
	TrimLeft Trim = 1 << iota
	TrimRight
)

func (t Trim) of(v []byte) []byte {
	for t&TrimLeft != 0 && len(v) > 0 && isSpace(v[0]) {
		v = v[1:]
	}
	for t&TrimRight != 0 && len(v) > 0 && isSpace(v[len(v)-1]) {
		v = v[:len(v)-1]
	}
	return v
}
