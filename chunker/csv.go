package chunker

import (
	"bytes"
	"errors"
)

// CSV is read as RFC 4180 has it. A column that begins with a quote goes on to
// the quote that isn't doubled, separators and newlines included; in any other
// a quote is a byte like the rest. A record ends at LF or CR LF.

var (
	errOpenQuote  = errors.New(`begins a quote that isn't closed; a quote inside a quoted column is written twice: ""`)
	errAfterQuote = errors.New(`goes on after a quote that closes; a quote inside a quoted column is written twice: ""`)
)

// CutCSV makes a Cutter for records of CSV.
func CutCSV(sep byte) Cutter {
	plain := cutAtByte(sep)
	return func(dst [][]byte, r Record) ([][]byte, error) {
		if n := len(r); n > 0 && r[n-1] == '\r' {
			r = r[: n-1 : n-1]
		}
		if bytes.IndexByte(r, '"') < 0 {
			return plain(dst, r)
		}
		return cutQuoted(dst, r, sep)
	}
}

// cutQuoted is for a record in which there are quotes.
func cutQuoted(dst [][]byte, r []byte, sep byte) ([][]byte, error) {
	for {
		if len(r) == 0 || r[0] != '"' {
			i := bytes.IndexByte(r, sep)
			if i < 0 {
				return append(dst, r), nil
			}
			dst, r = append(dst, r[:i:i]), r[i+1:]
			continue
		}
		column, rest, err := unquoteColumn(r[1:])
		if err != nil {
			return dst, err
		}
		dst = append(dst, column)
		switch {
		case len(rest) == 0:
			return dst, nil
		case rest[0] != sep:
			return dst, errAfterQuote
		}
		r = rest[1:]
	}
}

// unquoteColumn returns the column whose opening quote stood before r, and
// what comes after its closing one. Only doubled quotes make a copy.
func unquoteColumn(r []byte) (column, rest []byte, err error) {
	for {
		i := bytes.IndexByte(r, '"')
		switch {
		case i < 0:
			return nil, nil, errOpenQuote
		case i+1 < len(r) && r[i+1] == '"':
			column = append(column, r[:i+1]...)
			r = r[i+2:]
			continue
		case column == nil:
			return r[:i:i], r[i+1:], nil
		}
		return append(column, r[:i]...), r[i+1:], nil
	}
}

// quoting is where in a record of CSV a search for its end has come to.
type quoting struct {
	sep   byte
	state quoteState
}

type quoteState uint8

const (
	columnBegins quoteState = iota
	inPlain
	inQuotes
	afterQuote // the quote may close, or be the first of two
)

// open reports whether the record can't end here.
func (q *quoting) open() bool { return q.state == inQuotes }

// newline returns the index of the newline that ends the record in b, or -1
// where there is none yet.
func (q *quoting) newline(b []byte) int {
	for at := 0; ; {
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			q.pass(b[at:])
			return -1
		}
		q.pass(b[at : at+end])
		if !q.open() {
			q.state = columnBegins
			return at + end
		}
		at += end + 1
	}
}

// pass goes over bytes without a newline outside of quotes.
func (q *quoting) pass(b []byte) {
	if q.state != inQuotes && q.state != afterQuote && bytes.IndexByte(b, '"') < 0 {
		if len(b) > 0 {
			q.state = inPlain
			if b[len(b)-1] == q.sep {
				q.state = columnBegins
			}
		}
		return
	}
	for _, c := range b {
		q.step(c)
	}
}

func (q *quoting) step(c byte) {
	switch {
	case q.state == inQuotes:
		if c == '"' {
			q.state = afterQuote
		}
	case c == q.sep:
		q.state = columnBegins
	case c == '"' && (q.state == columnBegins || q.state == afterQuote):
		q.state = inQuotes
	default:
		q.state = inPlain
	}
}
