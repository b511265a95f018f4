package template

import (
	"bytes"
	"strings"
)

// isSafeByte reports whether c means nothing to any shell, wherever it stands.
func isSafeByte(c byte) bool {
	switch c {
	case '-', '.', '/', ':', ',', '+', '@', '%':
		return true
	}
	return isNameByte(c)
}

// isNameByte reports whether c may stand in the name of a shell variable.
func isNameByte(c byte) bool {
	return c == '_' || isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// Quote appends s as one word of a POSIX shell: as it is where it means
// nothing else, else in single quotes. s may hold any bytes but NUL.
func Quote(dst, s []byte) []byte {
	if plain(s) {
		return append(dst, s...)
	}
	return quoteSingle(dst, s)
}

// plain reports whether s is the same word without quotes, in each place
// where a word may stand by itself.
func plain(s []byte) bool {
	if len(s) == 0 {
		return false
	}
	option := s[0] == '-'
	for _, c := range s {
		if !isSafeByte(c) && !(option && c == '=') {
			return false
		}
	}
	return !keywords.has(string(s))
}

// quoteSingle appends s in single quotes.
func quoteSingle(dst, s []byte) []byte {
	dst = append(dst, '\'')
	dst = escapeSingle(dst, s)
	return append(dst, '\'')
}

// escapeSingle appends s as it is spelled inside single quotes.
func escapeSingle(dst, s []byte) []byte {
	for {
		i := bytes.IndexByte(s, '\'')
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		dst = append(dst, `'\''`...)
		s = s[i+1:]
	}
}

// escapeDouble appends s as it is spelled inside double quotes.
func escapeDouble(dst, s []byte) []byte {
	for _, c := range s {
		if c == '"' || isExpansionByte(c) {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return dst
}

// escapeDocument appends s as it is spelled in a here-document whose
// delimiter isn't quoted.
func escapeDocument(dst, s []byte) []byte {
	for _, c := range s {
		if isExpansionByte(c) {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return dst
}

// isExpansionByte reports whether c means something in a here-document.
func isExpansionByte(c byte) bool { return c == '\\' || c == '$' || c == '`' }

// quoteSource quotes a word of the command line, which may be a script, in
// the way that reads best.
func quoteSource(s string) string {
	switch {
	case plainSource(s):
		return s
	case !strings.Contains(s, "'"):
		return "'" + s + "'"
	case !strings.ContainsAny(s, "\"\\$`!"):
		return `"` + s + `"`
	}
	return string(quoteSingle(nil, []byte(s)))
}

// plainSource is plain for a word that may hold placeholders, whose braces
// mean nothing to a shell.
func plainSource(s string) bool {
	bare := s
	for _, p := range []string{"{}", "{.}", "{/}", "{//}", "{/.}", "{#}", "{%}", "{q}", "{1}"} {
		bare = strings.ReplaceAll(bare, p, "x")
	}
	return plain([]byte(bare))
}

// quoteSources quotes several words and joins them by blanks.
func quoteSources(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quoteSource(w)
	}
	return strings.Join(quoted, " ")
}
