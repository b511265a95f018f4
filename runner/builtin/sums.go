package builtin

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
)

func init() {
	for name, h := range map[string]func() hash.Hash{
		"md5sum": md5.New, "sha1sum": sha1.New, "sha256sum": sha256.New, "sha512sum": sha512.New,
	} {
		register(Builtin{
			Name: name,
			Help: "the checksum of the file that the item names, as " + name + " prints it",
			New:  noArgs(func([]byte) Func { return sum(name, h()) }),
		})
	}
}

// fileBuffer is what files are read by.
const fileBuffer = 64 << 10

// sum is the worker that prints a file's checksum.
func sum(name string, h hash.Hash) Func {
	buf := make([]byte, fileBuffer)
	return func(item []byte, r *Result) int {
		h.Reset()
		if err := readFile(item, buf, h); err != nil {
			return fileError(name, item, err, r)
		}
		escape := bytes.ContainsAny(item, "\\\n\r")
		if escape {
			r.Out = append(r.Out, '\\')
		}
		r.Out = hex.AppendEncode(r.Out, h.Sum(nil))
		r.Out = append(r.Out, "  "...)
		if escape {
			item = escapeName(item)
		}
		r.Out = append(append(r.Out, item...), '\n')
		return 0
	}
}

// escapeName is a name on one line.
func escapeName(name []byte) []byte {
	var out []byte
	for _, c := range name {
		switch c {
		case '\\':
			out = append(out, `\\`...)
		case '\n':
			out = append(out, `\n`...)
		case '\r':
			out = append(out, `\r`...)
		default:
			out = append(out, c)
		}
	}
	return out
}
