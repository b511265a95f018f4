package chunker

// A Record is one input record without its delimiter. Its bytes lie in a
// block that the splitter never writes to again once the record is out; they
// stay valid for as long as somebody refers to them and must not be changed.
type Record []byte

// An Item is what a job is made for: one record and its place in the input.
type Item struct {
	Seq    int64  // place in the input, from 1
	Record Record // as read, without the delimiter
}

// Value returns the item's n-th value, from 1: its columns, of which a plain
// record has one. ok is false where there is no such column.
func (it *Item) Value(n int) (value []byte, ok bool) {
	if n != 1 {
		return nil, false
	}
	return it.Record, true
}

// A Chunk is the items that one job gets: a view into a batch, not a copy. Or it
// is a block, each record of which is an item and a job of its own.
type Chunk struct {
	Seq   int64 // the job's number, from 1; a block's, where it is one
	Items []Item
	Block *Block
	Done  *Earlier // an earlier run has done it; nil: it is to be run
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
