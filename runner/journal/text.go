package journal

import (
	"encoding/base64"
	"strconv"
	"unicode/utf8"
)

// hexDigits are for escapes.
const hexDigits = "0123456789abcdef"

// plain are the bytes that a JSON string holds as they are.
var plain = func() (p [256]bool) {
	for c := range p {
		p[c] = c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' && c != 0x7f
	}
	return p
}()

// AppendText adds a JSON string. What isn't UTF-8 becomes U+FFFD; whole is
// false then.
func AppendText(dst, text []byte) (out []byte, whole bool) {
	dst, whole = append(dst, '"'), true
	done := 0
	for i := 0; i < len(text); {
		if plain[text[i]] {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if r >= utf8.RuneSelf && size > 1 {
			i += size
			continue
		}
		dst = append(dst, text[done:i]...)
		if r == utf8.RuneError && size == 1 {
			dst, whole = append(dst, "\ufffd"...), false
		} else {
			dst = appendEscape(dst, text[i])
		}
		i += size
		done = i
	}
	return append(append(dst, text[done:]...), '"'), whole
}

// AppendEscaped adds text that is UTF-8 as it stands within a JSON string. It
// may be cut anywhere.
func AppendEscaped(dst, text []byte) []byte {
	done := 0
	for i, c := range text {
		if plain[c] || c >= utf8.RuneSelf {
			continue
		}
		dst = appendEscape(append(dst, text[done:i]...), c)
		done = i + 1
	}
	return append(dst, text[done:]...)
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\t':
		return append(dst, '\\', 't')
	case '\r':
		return append(dst, '\\', 'r')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// AppendName adds what stands before a member's value, and the comma before
// it where it isn't its object's first.
func AppendName(dst []byte, name string) []byte {
	if n := len(dst); n > 0 && dst[n-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(append(dst, '"'), name...)
	return append(dst, '"', ':')
}

// AppendTextField adds a member with a string; where the text isn't UTF-8 a
// second member, whose name ends in 64, has its bytes in base64.
func AppendTextField(dst []byte, name string, text []byte) []byte {
	dst, whole := AppendText(AppendName(dst, name), text)
	if whole {
		return dst
	}
	return appendBase64(AppendName(dst, name+"64"), text)
}

// AppendTextsField is AppendTextField for an array of strings. All of them are
// in base64 where one isn't UTF-8.
func AppendTextsField(dst []byte, name string, texts [][]byte) []byte {
	dst = append(AppendName(dst, name), '[')
	allWhole := true
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		var whole bool
		dst, whole = AppendText(dst, text)
		allWhole = allWhole && whole
	}
	dst = append(dst, ']')
	if allWhole {
		return dst
	}
	dst = append(AppendName(dst, name+"64"), '[')
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendBase64(dst, text)
	}
	return append(dst, ']')
}

func appendBase64(dst, text []byte) []byte {
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), text), '"')
}

// AppendIntField adds a member with a number.
func AppendIntField(dst []byte, name string, n int64) []byte {
	return strconv.AppendInt(AppendName(dst, name), n, 10)
}

// AppendMicros adds a number of seconds, given in microseconds.
func AppendMicros(dst []byte, micros int64) []byte {
	if micros < 0 {
		dst, micros = append(dst, '-'), -micros
	}
	dst = strconv.AppendInt(dst, micros/1e6, 10)
	frac := micros % 1e6
	if frac == 0 {
		return dst
	}
	dst = append(dst, '.')
	for digit := int64(1e5); frac > 0; digit /= 10 {
		dst = append(dst, byte('0'+frac/digit))
		frac %= digit
	}
	return dst
}

// AppendSecondsField adds a member with a number of seconds, given in
// microseconds.
func AppendSecondsField(dst []byte, name string, micros int64) []byte {
	return AppendMicros(AppendName(dst, name), micros)
}
