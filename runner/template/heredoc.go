package template

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A document is a here-document that holds placeholders.
type document struct {
	redirect *syntax.Redirect
	delim    string // as it closes the body
	quoted   bool   // nothing in the body is expanded
	tabs     bool   // <<-
}

// documentOf describes the redirect's here-document.
func (s *script) documentOf(r *syntax.Redirect) document {
	raw := s.src[r.Word.Pos().Offset():r.Word.End().Offset()]
	delim := unquote(raw)
	return document{redirect: r, delim: delim, quoted: delim != raw, tabs: r.Op == syntax.DashHdoc}
}

// unquote removes the quotes of a here-document's delimiter, in which
// nothing is expanded.
func unquote(raw string) string {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case quote == '\'' && c != '\'', quote == '"' && c != '"' && c != '\\':
			b.WriteByte(c)
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case c == '\\' && i+1 < len(raw):
			i++
			b.WriteByte(raw[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// openDocument makes a quoted here-document one that expands, with its text
// escaped, so that the values in it come out. Its spans have edits already.
func (s *script) openDocument(d document) error {
	if !isName(d.delim) {
		return at(s.src, int(d.redirect.Word.Pos().Offset()), "<<'EOF'",
			"a here-document with placeholders needs a name as its delimiter")
	}
	word := d.redirect.Word
	s.keep(int(word.Pos().Offset()), int(word.End().Offset()), d.delim)
	body := d.redirect.Hdoc
	start, end := int(body.Pos().Offset()), int(body.End().Offset())
	for i := start; i < end; i++ {
		if isExpansionByte(s.src[i]) && !s.inSpan(i) {
			s.keep(i, i+1, `\`+s.src[i:i+1])
		}
	}
	return nil
}

// keep makes an edit that isn't displayed.
func (s *script) keep(start, end int, text string) {
	s.edits = append(s.edits, edit{start: start, end: end, text: text, shown: shown{text: s.src[start:end]}})
}

func (s *script) inSpan(i int) bool {
	for _, sp := range s.spans {
		if sp.start <= i && i < sp.end {
			return true
		}
	}
	return false
}

// isName reports whether s may be the name of a variable.
func isName(s string) bool {
	for i := range len(s) {
		if !isNameByte(s[i]) || i == 0 && isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
