package template

import (
	"bytes"
	"unicode/utf8"
)

// A display is a command as a person would have written it for one job.
type display struct {
	words  []Word  // of an argv
	shown  []shown // of a script
	params []Word  // of a script: what its prologue reads
	script string
}

// A shown is a stretch of a script: its own text, or a value quoted for its
// place.
type shown struct {
	text  string
	isOp  bool
	op    op
	place place
	all   bool   // all items stand there, as words
	glued bool   // the word goes on beside the value with more than plain text
	named bool   // $name stands right before the value
	hard  bool   // only plain values can be spelled there
	delim string // of the here-document
	tabs  bool   // the here-document loses tabs at the start of its lines
}

func argvDisplay(words []Word) display { return display{words: words} }

// Display appends the job's command as a person would have written it: quoted
// words, or the script with the values in it, quoted for their place. The
// same shell does with it what the job does.
func (t *Template) Display(dst []byte, job Job) []byte {
	if t.pack.Pad {
		job.pad = t.pack.Most
	}
	if t.show.words != nil {
		return t.show.appendWords(dst, &job)
	}
	start := len(dst)
	for i := range t.show.shown {
		s := &t.show.shown[i]
		if !s.isOp {
			dst = append(dst, s.text...)
			continue
		}
		if s.all {
			items := opWord(s.op)
			items.many = byColumn
			dst = items.appendMany(append(dst, s.text...), &job, Quote)
			continue
		}
		value := s.op.append(nil, &job)
		if !s.spells(value) {
			return t.show.appendParameters(dst[:start], &job)
		}
		dst = s.append(dst, value)
	}
	return dst
}

// appendWords appends the words of an argv, each quoted.
func (d *display) appendWords(dst []byte, job *Job) []byte {
	for i := range d.words {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = d.words[i].appendQuoted(dst, job)
	}
	return dst
}

// appendQuoted adds what the word stands for, quoted.
func (w *Word) appendQuoted(dst []byte, job *Job) []byte {
	if w.many != Single {
		return w.appendMany(dst, job, Quote)
	}
	return Quote(dst, w.append(nil, job))
}

// appendParameters appends the compiled script after a command that sets its
// parameters: the form that can spell every value at every place.
func (d *display) appendParameters(dst []byte, job *Job) []byte {
	dst = append(dst, "set --"...)
	for i := range d.params {
		dst = append(dst, ' ')
		dst = d.params[i].appendQuoted(dst, job)
	}
	dst = append(dst, "; "...)
	return append(dst, d.script...)
}

// spells reports whether the value can be written at its place so that the
// script means the same.
func (s *shown) spells(value []byte) bool {
	switch {
	case s.hard && !s.place.number():
		return plain(value) && !s.named && string(value) != "@"
	case s.place.number():
		return isInteger(value)
	case s.place == placeDocument, s.place == placeVerbatim:
		return s.fitsDocument(value)
	}
	return true
}

// fitsDocument reports whether the value can't end the here-document, lose
// its tabs or become part of a name. Where a line begins like the delimiter
// and goes on beyond ASCII, dash drops a byte.
func (s *shown) fitsDocument(value []byte) bool {
	ascii := bytes.IndexFunc(value, func(r rune) bool { return r >= utf8.RuneSelf })
	switch {
	case ascii >= 0 && bytes.Contains([]byte(s.delim), value[:ascii]):
		return false
	case bytes.IndexByte(value, '\n') >= 0, bytes.Contains([]byte(s.delim), value):
		return false
	case s.tabs && len(value) > 0 && value[0] == '\t':
		return false
	}
	return !s.named
}

// append adds the value, quoted for its place.
func (s *shown) append(dst, value []byte) []byte {
	switch s.place {
	case placeBare:
		if s.glued || s.named {
			return quoteSingle(dst, value)
		}
		return Quote(dst, value)
	case placeDouble:
		if s.named {
			dst = append(dst, `""`...)
		}
		return escapeDouble(dst, value)
	case placeSingle:
		return escapeSingle(dst, value)
	case placeANSI:
		dst = append(dst, "''"...)
		dst = escapeSingle(dst, value)
		return append(dst, "'$'"...)
	case placeDocument:
		return escapeDocument(dst, value)
	case placePattern:
		dst = append(dst, '"')
		dst = append(dst, value...)
		return append(dst, '"')
	case placeOperand:
		return appendOperand(dst, value)
	}
	return append(dst, value...)
}

// appendOperand adds a number so that its sign can't join an operator.
func appendOperand(dst, value []byte) []byte {
	if value[0] != '-' && value[0] != '+' {
		return append(dst, value...)
	}
	dst = append(dst, '(')
	dst = append(dst, value...)
	return append(dst, ')')
}
