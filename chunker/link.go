package chunker

import (
	"fmt"
	"io"
)

// linked yields one record of each of its streams as an item.
type linked struct {
	streams []Named
	seq     int64
	err     error
}

// Link makes a stream whose items are one record of each of streams, in step.
// They must have equally many: a record that is left without the others is an
// error.
func Link(streams []Named) Stream {
	if len(streams) == 1 {
		return streams[0].Stream
	}
	return &linked{streams: streams}
}

func (l *linked) Next() (Item, error) {
	if l.err != nil {
		return Item{}, l.err
	}
	columns := make([][]byte, 0, len(l.streams))
	ended := -1
	for i := range l.streams {
		it, err := l.streams[i].Next()
		switch {
		case err == io.EOF && (i == 0 || ended >= 0):
			ended = i
		case err == io.EOF:
			return l.uneven(i, 0)
		case err != nil:
			l.err = err
			return Item{}, err
		case ended >= 0:
			return l.uneven(ended, i)
		default:
			columns = it.appendColumns(columns)
		}
	}
	if ended >= 0 {
		l.err = io.EOF
		return Item{}, io.EOF
	}
	l.seq++
	return Item{Seq: l.seq, Row: &Row{Columns: columns}}, nil
}

// uneven is the end where a stream has ended before another.
func (l *linked) uneven(short, long int) (Item, error) {
	l.err = fmt.Errorf("%s ends after record %d, and %s goes on: linked sources need as many records each; "+
		"a value that goes with every record is a source of its own that isn't linked",
		l.streams[short].Name, l.seq, l.streams[long].Name)
	return Item{}, l.err
}

func (l *linked) Ready() bool {
	if l.err != nil {
		return true
	}
	for i := range l.streams {
		if !l.streams[i].Ready() {
			return false
		}
	}
	return true
}

func (l *linked) Interrupt() { interruptAll(l.streams) }

func interruptAll(streams []Named) {
	for i := range streams {
		streams[i].Interrupt()
	}
}
