package chunker

import (
	"bytes"
	"errors"
	"regexp"
)

// CutAt makes a Cutter whose columns stand between the matches of a regular
// expression, none of which is empty. A record without any is one column.
func CutAt(re *regexp.Regexp) Cutter {
	sep, literal := re.LiteralPrefix()
	if literal {
		return cutAtString([]byte(sep))
	}
	return func(dst [][]byte, r Record) ([][]byte, error) {
		from := 0
		for {
			at := re.FindIndex(r[from:])
			if at == nil {
				return append(dst, r[from:]), nil
			}
			if at[0] == at[1] {
				return dst, errors.New("is matched by --colsep where there is nothing: the expression has to match at least one byte")
			}
			dst = append(dst, r[from:from+at[0]:from+at[0]])
			from += at[1]
		}
	}
}

// cutAtString is CutAt for a separator that is always the same.
func cutAtString(sep []byte) Cutter {
	if len(sep) == 1 {
		return cutAtByte(sep[0])
	}
	return func(dst [][]byte, r Record) ([][]byte, error) {
		for {
			i := bytes.Index(r, sep)
			if i < 0 {
				return append(dst, r), nil
			}
			dst = append(dst, r[:i:i])
			r = r[i+len(sep):]
		}
	}
}

func cutAtByte(sep byte) Cutter {
	return func(dst [][]byte, r Record) ([][]byte, error) {
		for {
			i := bytes.IndexByte(r, sep)
			if i < 0 {
				return append(dst, r), nil
			}
			dst = append(dst, r[:i:i])
			r = r[i+1:]
		}
	}
}
