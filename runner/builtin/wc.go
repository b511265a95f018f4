package builtin

import (
	"bytes"
	"fmt"
)

func init() {
	register(Builtin{
		Name: "wc",
		Help: "lines, words and bytes of the file that the item names, as wc prints them in the C locale",
		New:  noArgs(wc),
	})
}

func wc([]byte) Func {
	buf := make([]byte, fileBuffer)
	return func(item []byte, r *Result) int {
		if len(item) == 0 {
			r.Err = append(r.Err, "wc: invalid zero-length file name\n"...)
			return 1
		}
		var c counter
		if err := readFile(item, buf, &c); err != nil {
			status := fileError("wc", item, err, r)
			if isDirectory(err) {
				r.Out = c.append(r.Out, item)
			}
			return status
		}
		r.Out = c.append(r.Out, item)
		return 0
	}
}

// A counter counts what is written to it.
type counter struct {
	lines, words, bytes int64
	inWord              bool
}

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	c.lines += int64(bytes.Count(p, []byte{'\n'}))
	for _, b := range p {
		switch {
		case b == ' ' || b >= '\t' && b <= '\r':
			c.inWord = false
		case !c.inWord && b > ' ' && b < 0x7f:
			c.inWord = true
			c.words++
		}
	}
	return len(p), nil
}

// append adds the line, in columns as wide as the file's size needs.
func (c *counter) append(b, name []byte) []byte {
	width := 7
	if size, ok := sizeOf(string(name)); ok {
		width = len(fmt.Sprint(size))
	}
	shown := name
	if bytes.IndexByte(name, '\n') >= 0 {
		shown = quoteName(name)
	}
	return fmt.Appendf(b, "%*d %*d %*d %s\n", width, c.lines, width, c.words, width, c.bytes, shown)
}
