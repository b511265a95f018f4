package xargs

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"pmap/chunker"
	"pmap/startmode"
)

// Limits bound a command. A zero in Items or Lines sets no bound.
type Limits struct {
	Bytes int  // of its words, each with its NUL
	Words int  // the command's own included
	Items int  // words of the input, -n
	Lines int  // lines of the input, -L
	Whole bool // -x: what Items or Lines put together isn't divided for its size
}

// BuilderConfig is what a Builder works with.
type BuilderConfig struct {
	Words   *chunker.Words
	Command []string // the command's own words, at least one
	Limits  Limits
	// Replaces makes a command of each word of the input, which goes wherever
	// Replace stands in the words after the first, and only there.
	Replaces bool
	Replace  string
	// IfEmpty builds one command without any word if the input has none.
	IfEmpty bool
}

// Errors of commands that would be too long.
var (
	errOneTooLong  = errors.New("cannot fit single argument within argument list size limit")
	errListTooLong = errors.New("argument list too long")
	errTooLong     = errors.New("command too long")
)

// A Builder builds commands from words, one after the other. One slot at a
// time uses it.
type Builder struct {
	BuilderConfig
	fixed   int // bytes of Command
	pending chunker.Word
	waiting bool  // pending is the next command's first
	err     error // what ends the input, once the command before it is out
	lines   int   // of the open command
	built   bool  // at least one command
	old     bool  // under Replaces: a word has been read
	scratch []byte
}

// NewBuilder makes a builder. The error is that of a command too long by
// itself.
func NewBuilder(cfg BuilderConfig) (*Builder, error) {
	b := &Builder{BuilderConfig: cfg}
	if cfg.Replaces {
		return b, nil
	}
	for _, word := range cfg.Command {
		b.fixed += len(word) + 1
		if b.fixed > cfg.Limits.Bytes {
			return nil, errOneTooLong
		}
	}
	return b, nil
}

// Next lays out the next command in dst, which no other builder uses. The
// error is io.EOF after the last command, and final in any case.
func (b *Builder) Next(dst *startmode.Strings) error {
	if b.Replaces {
		return b.nextReplaced(dst)
	}
	if dst.Len() == 0 {
		for _, word := range b.Command {
			dst.AppendString(word)
		}
	}
	dst.Truncate(len(b.Command))
	if err := b.gather(dst); err != nil {
		return err
	}
	b.built = true
	return nil
}

// Ended reports whether the input is known to have nothing more.
func (b *Builder) Ended() bool { return b.err != nil }

// gather adds words to dst until the command is complete.
func (b *Builder) gather(dst *startmode.Strings) error {
	size := b.fixed
	for items := 0; ; {
		word, err := b.word()
		if err != nil {
			return b.end(err, items)
		}
		if size += len(word.Bytes) + 1; size > b.Limits.Bytes {
			return b.overflow(word, items)
		}
		b.add(dst, word.Bytes)
		items++
		if word.EndsLine {
			b.lines++
		}
		if b.complete(items) {
			return nil
		}
	}
}

// complete reports whether the open command has all that it may have.
func (b *Builder) complete(items int) bool {
	if b.Limits.Lines > 0 && b.lines >= b.Limits.Lines {
		b.lines = 0
		return true
	}
	return items == b.Limits.Items || len(b.Command)+items >= b.Limits.Words
}

// word is the next word of the input.
func (b *Builder) word() (chunker.Word, error) {
	if b.waiting {
		b.waiting = false
		return b.pending, nil
	}
	if b.err != nil {
		return chunker.Word{}, b.err
	}
	return b.Words.Next(b.Limits.Bytes - b.fixed - 1)
}

// end says what becomes of a command that has items words when the input
// ends, or can't be understood any more: it is run, but for what -x forbids.
func (b *Builder) end(err error, items int) error {
	b.err = err
	switch {
	case err == io.EOF && (items > 0 || b.IfEmpty && !b.built):
		return nil
	case err != io.EOF && err != chunker.ErrInterrupted && items > 0 && !b.Limits.Whole:
		return nil
	}
	return err
}

// overflow keeps a word for the next command. Word.Bytes stay valid, since no
// other word is asked for before that.
func (b *Builder) overflow(word chunker.Word, items int) error {
	counted := b.Limits.Items > 0 || b.Limits.Lines > 0
	switch {
	case items == 0:
		b.err = errOneTooLong
		return b.err
	case b.Limits.Whole && counted:
		b.err = errListTooLong
		return b.err
	}
	b.pending, b.waiting = word, true
	return nil
}

// add adds what of a word can be passed on: it ends at a NUL for the system.
func (b *Builder) add(dst *startmode.Strings, word []byte) {
	if b.Words.NULs() {
		if i := bytes.IndexByte(word, 0); i >= 0 {
			word = word[:i]
		}
	}
	dst.Append(word)
}

// nextReplaced makes a command of one word.
func (b *Builder) nextReplaced(dst *startmode.Strings) error {
	if b.err != nil {
		return b.err
	}
	limit := b.Limits.Bytes - 1
	if b.old {
		limit -= len(b.Command[0]) + 1
	}
	word, err := b.Words.Next(limit)
	if err == nil {
		b.old = true
		err = b.replace(dst, word.Bytes)
	}
	b.err = err
	return err
}

func (b *Builder) replace(dst *startmode.Strings, item []byte) error {
	dst.Reset()
	size := len(b.Command[0]) + 1
	if size > b.Limits.Bytes {
		return errOneTooLong
	}
	dst.AppendString(b.Command[0])
	for _, word := range b.Command[1:] {
		ok := b.expand(word, item)
		if !ok {
			return errTooLong
		}
		if size += len(b.scratch) + 1; size > b.Limits.Bytes {
			return errListTooLong
		}
		b.add(dst, b.scratch)
	}
	return nil
}

// expand writes word to scratch with the item in its places. It must stay
// shorter than a command by two bytes at least.
func (b *Builder) expand(word string, item []byte) (ok bool) {
	b.scratch = b.scratch[:0]
	room := b.Limits.Bytes - 1
	for {
		i := strings.Index(word, b.Replace)
		literal := word
		if i >= 0 {
			literal = word[:i]
		}
		if room -= len(literal); room <= 0 {
			return word == ""
		}
		b.scratch = append(b.scratch, literal...)
		if i < 0 {
			return true
		}
		if room -= len(item); room <= 0 {
			return false
		}
		b.scratch = append(b.scratch, item...)
		if word = word[i+len(b.Replace):]; word == "" {
			return true
		}
	}
}
