package report

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"pmap/runner/journal"
)

// entry is what counts of a line. Its texts are JSON as it stands there, and
// lie in the line.
type entry struct {
	run, template []byte

	key, item, end, command, signal []byte

	seq, try, slot, memory    int64
	start, took, user, system int64 // microseconds
	timed                     bool  // start and seconds are there
	ok, again                 bool

	slots int64 // of the run, which start is of, too
	err   error
}

// parse reads a line.
func (e *entry) parse(line []byte) error {
	*e = entry{}
	if err := journal.Fields(line, e.field); err != nil {
		return err
	}
	if e.run != nil && e.err == nil {
		return journal.Fields(e.run, e.runField)
	}
	return e.err
}

func (e *entry) field(name, value []byte) bool {
	switch string(name) {
	case "key", "keys":
		e.key = value
	case "item":
		e.item = value
	case "seq":
		e.seq = e.number(value)
	case "try":
		e.try = e.number(value)
	case "ok":
		e.ok = string(value) == "true"
	case "again":
		e.again = string(value) == "true"
	case "signal":
		e.signal = value
	case "end":
		e.end = value
	case "command":
		e.command = value
	case "start":
		e.start = e.micros(value)
	case "seconds":
		e.took, e.timed = e.micros(value), true
	case "user":
		e.user = e.micros(value)
	case "system":
		e.system = e.micros(value)
	case "memory":
		e.memory = e.number(value)
	case "slot":
		e.slot = e.number(value)
	case "run":
		e.run = value
	}
	return e.err == nil
}

func (e *entry) runField(name, value []byte) bool {
	switch string(name) {
	case "template":
		e.template = value
	case "slots":
		e.slots = e.number(value)
	case "start":
		e.start = e.micros(value)
	}
	return e.err == nil
}

// number reads an integer, in a way that makes no string of it.
func (e *entry) number(value []byte) (n int64) {
	for _, c := range value {
		if c < '0' || c > '9' || n > numberMax/10 {
			return e.slowNumber(value)
		}
		n = 10*n + int64(c-'0')
	}
	return n
}

// numberMax is the highest number that other programs, such as a filter, don't
// round.
const numberMax = 1 << 53

func (e *entry) slowNumber(value []byte) int64 {
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || !(f >= 0 && f <= numberMax) {
		e.err = errors.Join(e.err, fmt.Errorf("%.40s is no number of a journal", value))
		return 0
	}
	return int64(f)
}

func (e *entry) micros(value []byte) int64 {
	n, err := journal.Micros(value)
	if n < 0 {
		err = fmt.Errorf("%.40s is before all times", value)
	}
	e.err = errors.Join(e.err, err)
	return n
}

// name is the item's JSON.
func (e *entry) name() []byte {
	if e.item != nil {
		return e.item
	}
	return e.command
}

// Read reads a journal, or what a filter has left of one. trace, where it isn't
// nil, gets the same in Chrome's trace format. A torn last line is left out.
func Read(name string, in io.Reader, trace io.Writer) (*Report, error) {
	a := newAccount()
	var t *tracer
	if trace != nil {
		t = newTracer(trace)
	}
	var e entry
	torn, err := journal.Lines(in, func(number int, line []byte) error {
		if len(line) == 0 {
			return nil
		}
		if err := e.parse(line); err != nil {
			return fmt.Errorf("%s, line %d: %w", name, number, err)
		}
		if e.run == nil && !e.timed {
			return fmt.Errorf("%s, line %d is no entry of a journal: it has no seconds", name, number)
		}
		if t != nil {
			t.add(&e)
		}
		a.add(&e)
		return nil
	})
	if err == nil && t != nil {
		err = t.close()
	}
	if err != nil {
		return nil, err
	}
	return a.report(len(torn) > 0), nil
}
