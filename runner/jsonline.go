package runner

import (
	"encoding/base64"
	"errors"
	"unicode/utf8"

	"pmap/runner/journal"
)

// encodeNow is how much output of a job is made a line of JSON at the job's end;
// more waits as it is until its turn.
const encodeNow = 64 << 10

// streamNames are the members that hold output.
var streamNames = [2]string{"stdout", "stderr"}

// encode makes the output of a try that has ended part of a JSON object, whose
// other members are head. What is long, or lies in a spill file, becomes so when
// it is emitted.
func (c *capture) encode(head []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.head = head
	if !c.short() {
		return
	}
	var line []byte
	c.object(func(p []byte) error { line = append(line, p...); return nil })
	for i := range c.segs {
		c.release(&c.segs[i])
	}
	c.segs, c.head = c.segs[:0], nil
	c.store(stdout, line)
}

// short reports whether the output is little and in memory.
func (c *capture) short() bool {
	size := 0
	for i := range c.segs {
		if c.segs[i].mem == nil {
			return false
		}
		size += len(c.segs[i].mem)
	}
	return size <= encodeNow
}

// object writes the JSON object, with a newline.
func (c *capture) object(put func([]byte) error) error {
	buf := c.head
	for stream, name := range streamNames {
		text, err := c.isText(stream)
		if err != nil {
			return err
		}
		if !text {
			name += "64"
		}
		buf = append(journal.AppendName(buf, name), '"')
		if err := put(buf); err != nil {
			return err
		}
		if err := c.value(stream, text, put); err != nil {
			return err
		}
		buf = []byte{'"'}
	}
	return put(append(buf, '}', '\n'))
}

// value writes a stream's output between the quotes.
func (c *capture) value(stream int, text bool, put func([]byte) error) error {
	if !text {
		enc := base64.NewEncoder(base64.StdEncoding, putter(put))
		if err := c.streamParts(stream, func(p []byte) error { _, err := enc.Write(p); return err }); err != nil {
			return err
		}
		return enc.Close()
	}
	var buf []byte
	return c.streamParts(stream, func(p []byte) error {
		buf = journal.AppendEscaped(buf[:0], p)
		return put(buf)
	})
}

// isText reports whether a stream's output is UTF-8.
func (c *capture) isText(stream int) (bool, error) {
	var cut []byte // the beginning of a character whose rest comes with the next part
	err := c.streamParts(stream, func(p []byte) error {
		if len(cut) > 0 {
			p = append(cut, p...)
		}
		whole := len(p)
		for back := 1; back <= min(utf8.UTFMax-1, len(p)); back++ {
			if utf8.RuneStart(p[len(p)-back]) {
				if !utf8.FullRune(p[len(p)-back:]) {
					whole -= back
				}
				break
			}
		}
		if !utf8.Valid(p[:whole]) {
			return errNoText
		}
		cut = append([]byte(nil), p[whole:]...)
		return nil
	})
	if err == errNoText {
		return false, nil
	}
	return len(cut) == 0, err
}

// errNoText ends a look at output that isn't UTF-8.
var errNoText = errors.New("not UTF-8")

// A putter is a function as a Writer.
type putter func([]byte) error

func (put putter) Write(p []byte) (int, error) { return len(p), put(p) }

// streamParts calls f with the parts of what is stored of a stream.
func (c *capture) streamParts(stream int, f func(p []byte) error) error {
	for i := range c.segs {
		if c.segs[i].stream != stream {
			continue
		}
		if err := c.eachPart(&c.segs[i], f); err != nil {
			return err
		}
	}
	return nil
}
