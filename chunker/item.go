package chunker

import (
	"bytes"
	"strconv"
	"strings"
)

// A Record is one input record without its delimiter. Its bytes lie in a
// block that the splitter never writes to again once the record is out; they
// stay valid for as long as somebody refers to them and must not be changed.
type Record []byte

// An Item is what a job is made for: a record, or one of each of several
// sources, and its place in the input.
type Item struct {
	Seq    int64  // place in the input, from 1
	Record Record // as read, without the delimiter; nil where several sources make the item
	Row    *Row   // its columns; nil where the record is the only one
}

// A Row is the columns of an item. Their bytes are as a Record's.
type Row struct {
	Columns [][]byte

	source string // that the record is from, for messages; empty: from several
	record int64  // the record's place in it, from 1
}

// Count is the number of the item's columns.
func (it *Item) Count() int {
	if it.Row == nil {
		return 1
	}
	return len(it.Row.Columns)
}

// Value returns the item's n-th column, from 1, or from -1 backwards. ok is
// false where there is no such column.
func (it *Item) Value(n int) (value []byte, ok bool) {
	count := it.Count()
	if n < 0 {
		n += count + 1
	}
	switch {
	case n < 1 || n > count:
		return nil, false
	case it.Row == nil:
		return it.Record, true
	}
	return it.Row.Columns[n-1], true
}

// HasNUL reports whether a column holds a NUL.
func (it *Item) HasNUL() bool {
	if it.Row == nil {
		return bytes.IndexByte(it.Record, 0) >= 0
	}
	for _, c := range it.Row.Columns {
		if bytes.IndexByte(c, 0) >= 0 {
			return true
		}
	}
	return false
}

// Text is the item as one value: its columns with a blank between them.
func (it *Item) Text() []byte {
	switch {
	case it.Row == nil:
		return it.Record
	case len(it.Row.Columns) == 1:
		return it.Row.Columns[0]
	}
	return bytes.Join(it.Row.Columns, []byte{' '})
}

// Where is the item's place in the input for a message: "f.csv": record 3.
func (it *Item) Where() string {
	if it.Row == nil || it.Row.source == "" {
		return "item " + strconv.FormatInt(it.Seq, 10)
	}
	return it.Row.source + ": record " + strconv.FormatInt(it.Row.record, 10)
}

// Source is the item as its source has it, without the delimiter: the record,
// or a row of CSV where several sources make the item.
func (it *Item) Source() []byte {
	if it.Row != nil && it.Record == nil {
		return bytes.TrimSuffix(AppendCSV(nil, it.Row.Columns), []byte{'\n'})
	}
	return it.Record
}

// AppendSource adds the item as its source has it, with the delimiter. That of
// a row of CSV is a newline.
func (it *Item) AppendSource(dst, delim []byte) []byte {
	if it.Row != nil && it.Record == nil {
		return AppendCSV(dst, it.Row.Columns)
	}
	return append(append(dst, it.Record...), delim...)
}

// AppendCSV adds columns as a row of CSV, quoted where they have to be.
func AppendCSV(dst []byte, columns [][]byte) []byte {
	for i, c := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		if len(columns) > 1 && !bytes.ContainsAny(c, ",\"\r\n") {
			dst = append(dst, c...)
			continue
		}
		dst = append(dst, '"')
		dst = append(dst, strings.ReplaceAll(string(c), `"`, `""`)...)
		dst = append(dst, '"')
	}
	return append(dst, '\n')
}

// appendColumns adds the item's columns to dst.
func (it *Item) appendColumns(dst [][]byte) [][]byte {
	if it.Row == nil {
		return append(dst, it.Record)
	}
	return append(dst, it.Row.Columns...)
}

// A Chunk is the items that one job gets: a view into a batch, not a copy. Or it
// is a block, each record of which is an item and a job of its own; or a share,
// with which one job has no item.
type Chunk struct {
	Seq   int64 // the job's place, from 1; a block's, where it is one
	Items []Item
	Block *Block
	Share *Share
	Done  *Earlier // an earlier run has done it; nil: it is to be run

	Logged int64 // the number that an earlier run gave the job; 0: Seq is its number
}

// Number is what the job is called by, where people and programs see it. Seq is
// its place in this run.
func (c *Chunk) Number() int64 {
	if c.Logged != 0 {
		return c.Logged
	}
	return c.Seq
}

// Jobs is how many jobs the chunk stands for.
func (c *Chunk) Jobs() int64 {
	if c.Block != nil {
		return c.Block.Records
	}
	return 1
}

// First is the number of the first of them.
func (c *Chunk) First() int64 {
	if c.Block != nil {
		return c.Block.First
	}
	return c.Seq
}

// Earlier is what an earlier run has left of a job that it has done.
type Earlier struct {
	Files [2]string // where its stdout and stderr are kept; empty: nowhere
}
