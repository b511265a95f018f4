package journal

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

var errMalformed = errors.New("it is no JSON object")

// Fields calls f with each member of the object that a line is: the name
// without quotes, and the value as it stands there. Both lie in the line. What
// writes JSON otherwise than this package, such as a filter, is understood too.
// f returns false to see no more.
func Fields(line []byte, f func(name, value []byte) bool) error {
	p := skipSpace(line)
	if len(p) == 0 || p[0] != '{' {
		return errMalformed
	}
	if p = skipSpace(p[1:]); len(p) > 0 && p[0] == '}' {
		return nil
	}
	for {
		n := stringEnd(p)
		if n == 0 {
			return errMalformed
		}
		name := p[1 : n-1]
		p = skipSpace(p[n:])
		if len(p) == 0 || p[0] != ':' {
			return errMalformed
		}
		p = skipSpace(p[1:])
		if n = valueEnd(p); n == 0 {
			return errMalformed
		}
		if !f(name, p[:n]) {
			return nil
		}
		p = skipSpace(p[n:])
		switch {
		case len(p) > 0 && p[0] == ',':
			p = skipSpace(p[1:])
		case len(p) > 0 && p[0] == '}' && len(skipSpace(p[1:])) == 0:
			return nil
		default:
			return errMalformed
		}
	}
}

func skipSpace(p []byte) []byte {
	for len(p) > 0 && (p[0] == ' ' || p[0] == '\t' || p[0] == '\n' || p[0] == '\r') {
		p = p[1:]
	}
	return p
}

// stringEnd is how long the string is that p begins with; 0: it is none.
func stringEnd(p []byte) int {
	if len(p) == 0 || p[0] != '"' {
		return 0
	}
	for i := 1; ; {
		n := bytes.IndexByte(p[i:], '"')
		if n < 0 {
			return 0
		}
		i += n + 1
		slashes := 0
		for p[i-2-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i
		}
	}
}

// valueEnd is how long the value is that p begins with; 0: it isn't whole.
func valueEnd(p []byte) int {
	if len(p) == 0 {
		return 0
	}
	switch p[0] {
	case '"':
		return stringEnd(p)
	case '{', '[':
		return nestedEnd(p)
	}
	n := bytes.IndexAny(p, ",}] \t\r\n")
	return max(n, 0)
}

// nestedEnd is valueEnd for an object or array.
func nestedEnd(p []byte) int {
	depth := 0
	for i := 0; i < len(p); {
		switch p[i] {
		case '"':
			n := stringEnd(p[i:])
			if n == 0 {
				return 0
			}
			i += n
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return 0
}

// Elements calls f with each element of an array.
func Elements(array []byte, f func(value []byte)) error {
	p := array
	if len(p) < 2 || p[0] != '[' || p[len(p)-1] != ']' {
		return errMalformed
	}
	for p = skipSpace(p[1 : len(p)-1]); len(p) > 0; {
		n := valueEnd(p)
		if n == 0 {
			n = len(p) // a number is the last
		}
		f(p[:n])
		if p = skipSpace(p[n:]); len(p) > 0 {
			if p[0] != ',' {
				return errMalformed
			}
			p = skipSpace(p[1:])
		}
	}
	return nil
}

// Text is the text of a string's JSON. It lies in value where that holds no
// escape.
func Text(value []byte) ([]byte, error) {
	if len(value) == 0 || stringEnd(value) != len(value) {
		return nil, fmt.Errorf("%.40s is no string", value)
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1], nil
	}
	var s string
	err := json.Unmarshal(value, &s)
	return []byte(s), err
}

// Bytes is what a string holds in base64.
func Bytes(value []byte) ([]byte, error) {
	text, err := Text(value)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.AppendDecode(nil, text)
}

// secondsMax is more than the seconds from 1970 until any journal is written.
const secondsMax = 1e10

// Micros reads a number of seconds.
func Micros(value []byte) (int64, error) {
	whole, frac, _ := bytes.Cut(value, []byte{'.'})
	n, err := strconv.ParseInt(string(whole), 10, 64)
	if err != nil || value[0] == '-' || n >= secondsMax || len(frac) > 6 {
		return slowMicros(value)
	}
	for i := range 6 {
		n *= 10
		if i < len(frac) {
			if frac[i] < '0' || frac[i] > '9' {
				return slowMicros(value)
			}
			n += int64(frac[i] - '0')
		}
	}
	return n, nil
}

func slowMicros(value []byte) (int64, error) {
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || !(-secondsMax < f && f < secondsMax) {
		return 0, fmt.Errorf("%.40s is no time", value)
	}
	return int64(f * 1e6), nil
}

// Lines calls f with each line of r, without its newline, and its number from
// 1. torn is the rest after the last newline. The line is f's until it
// returns.
func Lines(r io.Reader, f func(number int, line []byte) error) (torn []byte, err error) {
	in := bufio.NewReaderSize(r, 1<<20)
	var long []byte
	for number := 1; ; {
		part, err := in.ReadSlice('\n')
		switch {
		case err == bufio.ErrBufferFull:
			long = append(long, part...)
			continue
		case err == io.EOF:
			return append(long, part...), nil
		case err != nil:
			return nil, err
		}
		if len(long) > 0 {
			long = append(long, part...)
			part, long = long, nil
		}
		if err := f(number, part[:len(part)-1]); err != nil {
			return nil, err
		}
		number++
	}
}
