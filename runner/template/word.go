package template

import (
	"slices"

	"pmap/startmode"
)

// A Word is a string with placeholders in it.
type Word struct {
	pieces []piece
	many   PackMode // how it stands for several words, or Single
}

// A piece is a literal or a placeholder.
type piece struct {
	literal string
	op      op
	isOp    bool
}

// CompileWord compiles one word that isn't part of a command: the name of a
// file, a tag. replace is as in Config.
func CompileWord(s, replace string) (*Word, error) {
	w, err := compileWord(s, replace)
	if err != nil {
		return nil, err
	}
	return &w, nil
}

func compileWord(s, replace string) (Word, error) { return Packing{}.compileWord(s, replace) }

// wordOf cuts s at its spans.
func wordOf(s string, spans []span) (w Word) {
	done := 0
	for _, sp := range spans {
		w.addLiteral(s[done:sp.start])
		if sp.literal != "" {
			w.addLiteral(sp.literal)
		} else {
			w.pieces = append(w.pieces, piece{op: sp.op, isOp: true})
		}
		done = sp.end
	}
	w.addLiteral(s[done:])
	return w
}

// addLiteral adds s to the end of the word.
func (w *Word) addLiteral(s string) {
	if s == "" {
		return
	}
	if n := len(w.pieces); n > 0 && !w.pieces[n-1].isOp {
		w.pieces[n-1].literal += s
		return
	}
	w.pieces = append(w.pieces, piece{literal: s})
}

// opWord is the word that consists of one placeholder.
func opWord(o op) Word { return Word{pieces: []piece{{op: o, isOp: true}}} }

// TakesItem reports whether an item, or a part of one, goes into the word.
func (w *Word) TakesItem() bool {
	return slices.ContainsFunc(w.pieces, func(p piece) bool { return p.isOp && p.op.ofItem() })
}

// Constant reports whether the word is the same for every job.
func (w *Word) Constant() bool {
	for _, p := range w.pieces {
		if p.isOp {
			return false
		}
	}
	return true
}

// literal returns the text of a constant word.
func (w *Word) literal() string {
	if len(w.pieces) == 0 {
		return ""
	}
	return w.pieces[0].literal
}

// exact reports whether the word is one placeholder and nothing else.
func (w *Word) exact() bool { return len(w.pieces) == 1 && w.pieces[0].isOp }

// plain reports whether the word is a column or an item by its place, as it is.
func (w *Word) plain() bool {
	return len(w.pieces) == 1 && w.pieces[0].isOp && w.pieces[0].op.col != 0 && w.pieces[0].op.asIs()
}

// Append adds the word's value for the job to dst, as it is. Several are
// separated by blanks.
func (w *Word) Append(dst []byte, job Job) []byte { return w.append(dst, &job) }

func (w *Word) append(dst []byte, job *Job) []byte {
	if w.many != Single {
		return w.appendMany(dst, job, appendPlain)
	}
	for i := range w.pieces {
		if p := &w.pieces[i]; p.isOp {
			dst = p.op.append(dst, job)
		} else {
			dst = append(dst, p.literal...)
		}
	}
	return dst
}

// render adds the word's value to dst: one string, or several.
func (w *Word) render(dst *startmode.Strings, job *Job) {
	if w.many != Single {
		w.renderMany(dst, job)
		return
	}
	w.renderOne(dst, job)
}

func (w *Word) renderOne(dst *startmode.Strings, job *Job) {
	if w.plain() {
		dst.Append(job.value(w.pieces[0].op))
		return
	}
	dst.Begin()
	for i := range w.pieces {
		if p := &w.pieces[i]; p.isOp {
			p.op.render(dst, job)
		} else {
			dst.WriteString(p.literal)
		}
	}
	dst.End()
}
