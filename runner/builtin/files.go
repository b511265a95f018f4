package builtin

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// readFile gives a file's bytes to w, which never fails. The file "-" is the
// job's standard input, which is empty.
func readFile(name, buf []byte, w io.Writer) error {
	if string(name) == "-" {
		return nil
	}
	fd, err := open(string(name))
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for {
		n, err := unix.Read(fd, buf)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			return nil
		default:
			w.Write(buf[:n])
		}
	}
}

func open(name string) (int, error) {
	for {
		fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// fileError reports a file that can't be read as the tool of that name does.
func fileError(tool string, name []byte, err error, r *Result) int {
	r.Err = append(r.Err, tool+": "...)
	r.Err = append(r.Err, quoteName(name)...)
	r.Err = append(r.Err, ": "+errorText(err)+"\n"...)
	return 1
}

// errorText is strerror: Go's texts begin with a small letter.
func errorText(err error) string {
	var errno unix.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	text := errno.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// quoteName is a name as the GNU tools show it in messages: as it is where a
// shell would take it as it is, else quoted for one.
func quoteName(name []byte) []byte {
	switch {
	case len(name) == 0:
		return []byte("''")
	case plainName(name):
		return name
	case bytes.IndexByte(name, '\'') >= 0 && !bytes.ContainsFunc(name, notInDoubleQuotes):
		return append(append([]byte{'"'}, name...), '"')
	}
	out := []byte{'\''}
	dollar := false // within $'…'
	for _, c := range name {
		if special := c < ' ' || c >= 0x7f; special != dollar {
			dollar = special
			if special {
				out = append(out, `'$'`...)
			} else {
				out = append(out, `''`...)
			}
		}
		switch {
		case dollar:
			out = append(out, escapeByte(c)...)
		case c == '\'':
			out = append(out, `'\''`...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '\'')
}

func notInDoubleQuotes(c rune) bool {
	return c < ' ' || c >= 0x7f || strings.ContainsRune("\"$`\\!", c)
}

// escapeByte is a byte within $'…'.
func escapeByte(c byte) string {
	if i := strings.IndexByte("\a\b\t\n\v\f\r", c); i >= 0 {
		return `\` + "abtnvfr"[i:i+1]
	}
	return `\` + string([]byte{'0' + c>>6, '0' + c>>3&7, '0' + c&7})
}

// plainName reports whether a shell takes the name as it is, and a colon after
// it can't be taken for a part of it.
func plainName(name []byte) bool {
	for i, c := range name {
		switch {
		case c <= ' ' || c >= 0x7f, strings.IndexByte("!\"$&'()*:;<=>?[\\^`|", c) >= 0:
			return false
		case (c == '#' || c == '~') && i == 0:
			return false
		case (c == '{' || c == '}') && len(name) == 1:
			return false
		}
	}
	return true
}

// sizeOf is the size of a regular file; ok is false for anything else.
func sizeOf(name string) (size int64, ok bool) {
	st, err := os.Stat(name)
	if err != nil || !st.Mode().IsRegular() {
		return 0, false
	}
	return st.Size(), true
}

func isDirectory(err error) bool { return errors.Is(err, unix.EISDIR) }
