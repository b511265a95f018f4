package chunker

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// WordOptions say how Words cuts its input. The zero value is the grammar of
// POSIX xargs: words stand between blanks and newlines, '…' and "…" hold
// anything but a newline, and a backslash takes the next byte as it is.
type WordOptions struct {
	// Delimited has every word end at Delimiter and nowhere else: no byte
	// quotes another, and End means nothing.
	Delimited bool
	Delimiter byte

	// Lines makes a word of each line, without the blanks before it. Quotes
	// and backslashes are read all the same.
	Lines bool

	// End, where not empty, ends the input where it is met as a word. What the
	// end of the input cuts off counts only as the first word of its line.
	End []byte
}

// A Word is what Words has cut off. Its bytes are valid until the next word
// is asked for.
type Word struct {
	Bytes []byte
	// EndsLine says that a line is over after the word. One whose last byte is
	// a blank goes on with the next.
	EndsLine bool
}

// ErrLongWord is the error of a word that is longer than was allowed.
var ErrLongWord = errors.New("argument line too long")

// A QuoteError is the error of a quote that has no other one on its line.
type QuoteError struct{ Quote byte }

func (e *QuoteError) Error() string {
	kind := "single"
	if e.Quote == '"' {
		kind = "double"
	}
	return "unmatched " + kind + " quote; by default quotes are special to xargs unless you use the -0 option"
}

// Words cuts an Input into words. It reads no further than it has to: a word
// is there once the byte after it is. One goroutine asks for words; any may
// call Interrupt.
//
// A word that lies in the buffer as it is aliases it; one that has a quote in
// it, or the buffer's end, is put together in word.
type Words struct {
	in    feed
	name  string
	opt   WordOptions
	plain *[256]bool

	buf      []byte
	pos, end int   // what is left of buf
	last     byte  // what was before pos
	err      error // final, once the rest of buf is used up
	ended    bool  // End has been met
	inLine   bool  // the last word ended at a blank
	nuls     bool
	notice   func()

	word  []byte
	limit int // of word
}

const wordBuffer = 64 << 10

// NewWords reads in, which stays the caller's to close. nul is called once, if
// a NUL turns up where it isn't the delimiter.
func NewWords(in *Input, opt WordOptions, nul func()) *Words {
	return newWords(in, in.name, wordBuffer, opt, nul)
}

func newWords(in feed, name string, size int, opt WordOptions, nul func()) *Words {
	w := &Words{in: in, name: name, opt: opt, buf: make([]byte, size), notice: nul, plain: &plainInWord}
	if opt.Lines {
		w.plain = &plainInLine
	}
	return w
}

// Interrupt makes a Next that waits for input, and all later ones that would
// have to read, return ErrInterrupted.
func (w *Words) Interrupt() { w.in.interrupt() }

// NULs reports whether a NUL has been read that is no delimiter. Until then no
// word holds one.
func (w *Words) NULs() bool { return w.nuls }

// Next returns the next word, which may have limit bytes. The error is io.EOF
// after the last one, ErrLongWord, a *QuoteError, ErrInterrupted or what
// reading met; it is final.
func (w *Words) Next(limit int) (Word, error) {
	w.word, w.limit = w.word[:0], max(limit, 0)
	if w.opt.Delimited {
		return w.nextDelimited()
	}
	if w.ended {
		return Word{}, io.EOF
	}
	inLine := w.inLine
	word, err := w.nextQuoted()
	if err == nil && w.isEnd(word) && !(w.err != nil && inLine) {
		w.ended = true
		return Word{}, io.EOF
	}
	return word, err
}

func (w *Words) isEnd(word Word) bool {
	return len(w.opt.End) > 0 && bytes.Equal(upToNUL(word.Bytes), w.opt.End)
}

// upToNUL is what a string is to the system.
func upToNUL(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// fill reads more once the buffer is used up; false where nothing comes any
// more, for the reason in w.err.
func (w *Words) fill() bool {
	if w.err != nil {
		return false
	}
	if w.end > 0 {
		w.last = w.buf[w.end-1]
	}
	n, err := w.in.read(w.buf)
	switch err {
	case nil:
	case io.EOF, ErrInterrupted:
		w.err = err
	default:
		w.err = fmt.Errorf("cannot read %s: %w", w.name, err)
	}
	w.pos, w.end = 0, n
	w.lookForNUL()
	return w.err == nil
}

func (w *Words) lookForNUL() {
	if w.nuls || w.opt.Delimited && w.opt.Delimiter == 0 {
		return
	}
	w.nuls = bytes.IndexByte(w.buf[:w.end], 0) >= 0
}

// take adds the next n bytes of the buffer to the word.
func (w *Words) take(n int) error {
	if len(w.word)+n > w.limit {
		return ErrLongWord
	}
	w.word = append(w.word, w.buf[w.pos:w.pos+n]...)
	w.pos += n
	return nil
}

func (w *Words) nextDelimited() (Word, error) {
	for {
		i := bytes.IndexByte(w.buf[w.pos:w.end], w.opt.Delimiter)
		if i >= 0 {
			return w.closeDelimited(i)
		}
		if err := w.take(w.end - w.pos); err != nil {
			return Word{}, err
		}
		if w.fill() {
			continue
		}
		if w.err == io.EOF && len(w.word) > 0 {
			return Word{Bytes: w.word}, nil
		}
		return Word{}, w.err
	}
}

// closeDelimited ends the word at the delimiter that follows n more bytes.
func (w *Words) closeDelimited(n int) (Word, error) {
	if len(w.word) > 0 {
		if err := w.take(n); err != nil {
			return Word{}, err
		}
		w.pos++
		return Word{w.word, true}, nil
	}
	if n > w.limit {
		return Word{}, ErrLongWord
	}
	word := w.buf[w.pos : w.pos+n]
	w.pos += n + 1
	return Word{word, true}, nil
}

// plainInWord and plainInLine are the bytes that stand for themselves and end
// nothing.
var plainInWord, plainInLine = plainBytes(" \t\n'\"\\\x00"), plainBytes("\n'\"\\\x00")

func plainBytes(others string) (set [256]bool) {
	for i := range set {
		set[i] = true
	}
	for _, c := range []byte(others) {
		set[c] = false
	}
	return set
}

// nextQuoted reads one word outside of quotes, and with them what they hold.
func (w *Words) nextQuoted() (Word, error) {
	if !w.skipSpace() {
		return Word{}, w.err
	}
	if word, ok := w.quick(); ok {
		return word, nil
	}
	for {
		if err := w.takePlain(w.plain); err != nil {
			return Word{}, err
		}
		c, ok := w.next()
		if !ok {
			return w.atEnd()
		}
		over, err := w.special(c)
		if err != nil {
			return Word{}, err
		}
		if over {
			w.inLine = c != '\n'
			return Word{w.word, c == '\n' && !isBlank(w.before())}, nil
		}
	}
}

// quick reads a word that lies in the buffer with its end, as nearly all do:
// as it is, or put together in word. Where it is false nothing has been taken.
func (w *Words) quick() (Word, bool) {
	b := w.buf[w.pos:w.end]
	n := w.plainRun(b)
	if n < len(b) && n > 0 && n <= w.limit && w.endsWord(b[n]) {
		return w.endQuick(b[:n], b, n), true
	}
	out := w.word[:0]
	for i := 0; ; {
		out = append(out, b[i:i+n]...)
		i += n
		if i >= len(b)-1 || len(out) > w.limit {
			return Word{}, false
		}
		switch c := b[i]; {
		case w.endsWord(c):
			w.word = out
			return w.endQuick(out, b, i), true
		case c == '\\' && b[i+1] != 0:
			out = append(out, b[i+1])
			i += 2
		case c == '\'' || c == '"':
			held, ok := heldIn(b[i+1:], c)
			if !ok {
				return Word{}, false
			}
			out = append(out, held...)
			i += len(held) + 2
		default:
			return Word{}, false
		}
		n = w.plainRun(b[i:])
	}
}

// plainRun is how many bytes at the beginning of b stand for themselves.
func (w *Words) plainRun(b []byte) int {
	n := 0
	for n < len(b) && w.plain[b[n]] {
		n++
	}
	return n
}

// heldIn is what the quote before b holds, false where b doesn't have all of
// it or it has anything to be said of.
func heldIn(b []byte, quote byte) ([]byte, bool) {
	plain := &plainInSingle
	if quote == '"' {
		plain = &plainInDouble
	}
	n := 0
	for n < len(b) && plain[b[n]] {
		n++
	}
	return b[:n], n < len(b) && b[n] == quote
}

func (w *Words) endsWord(c byte) bool { return c == '\n' || isBlank(c) && !w.opt.Lines }

// endQuick takes off a word that b[n] ends.
func (w *Words) endQuick(word, b []byte, n int) Word {
	w.pos += n + 1
	w.inLine = b[n] != '\n'
	return Word{word, !w.inLine && !isBlank(b[n-1])}
}

// skipSpace goes to the next word.
func (w *Words) skipSpace() bool {
	for {
		for w.pos < w.end {
			if !isSpace(w.buf[w.pos]) {
				return true
			}
			w.pos++
		}
		if !w.fill() {
			return false
		}
	}
}

// takePlain takes what stands for itself.
func (w *Words) takePlain(plain *[256]bool) error {
	for {
		b := w.buf[w.pos:w.end]
		n := 0
		for n < len(b) && plain[b[n]] {
			n++
		}
		if err := w.take(n); err != nil {
			return err
		}
		if w.pos < w.end || !w.fill() {
			return nil
		}
	}
}

// next takes one byte off the input.
func (w *Words) next() (byte, bool) {
	if w.pos == w.end && !w.fill() {
		return 0, false
	}
	w.pos++
	return w.buf[w.pos-1], true
}

// before is the byte before the one that next has returned.
func (w *Words) before() byte {
	if w.pos < 2 {
		return w.last
	}
	return w.buf[w.pos-2]
}

// special does what c asks for; over says that it ends the word.
func (w *Words) special(c byte) (over bool, err error) {
	switch c {
	case '\n':
		return true, nil
	case ' ', '\t':
		return true, nil // under Lines these are plain
	case '\'', '"':
		return false, w.quoted(c)
	case '\\':
		escaped, ok := w.next()
		if !ok {
			return false, nil
		}
		return false, w.put(escaped)
	}
	return false, w.put(c)
}

func (w *Words) put(c byte) error {
	if len(w.word) >= w.limit {
		return ErrLongWord
	}
	if c == 0 {
		w.noteNUL()
	}
	w.word = append(w.word, c)
	return nil
}

func (w *Words) noteNUL() {
	if w.notice != nil {
		w.notice()
		w.notice = nil
	}
}

// plainInSingle and plainInDouble are the bytes that stand for themselves in
// quotes of a kind.
var plainInSingle, plainInDouble = plainBytes("\n'\x00"), plainBytes("\n\"\x00")

// quoted takes what stands before the closing quote.
func (w *Words) quoted(quote byte) error {
	plain := &plainInSingle
	if quote == '"' {
		plain = &plainInDouble
	}
	for {
		if err := w.takePlain(plain); err != nil {
			return err
		}
		c, ok := w.next()
		switch {
		case !ok && w.err != io.EOF:
			return w.err
		case !ok, c == '\n':
			return &QuoteError{quote}
		case c == quote:
			return nil
		}
		if err := w.put(c); err != nil {
			return err
		}
	}
}

// atEnd returns the word that the end of the input ends. Quotes with nothing in
// them are none there, though they are before a blank or newline: so does GNU
// xargs.
func (w *Words) atEnd() (Word, error) {
	if w.err != io.EOF || len(w.word) == 0 {
		return Word{}, w.err
	}
	return Word{Bytes: w.word}, nil
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func isSpace(c byte) bool { return isBlank(c) || c >= '\n' && c <= '\r' }
