package template

import (
	"bytes"
	"strconv"

	"pmap/chunker"
	"pmap/startmode"
)

// A Job is what the placeholders of one job stand for.
type Job struct {
	Chunk chunker.Chunk // Chunk.Seq is {#}
	Slot  int           // {%}, from 1
}

// column returns the n-th column of the job's item; 0 is the item itself.
func (j *Job) column(n int) []byte {
	if len(j.Chunk.Items) == 0 {
		return nil
	}
	it := &j.Chunk.Items[0]
	if n == 0 {
		return it.Record
	}
	v, _ := it.Value(n)
	return v
}

// append adds the op's value to dst.
func (o op) append(dst []byte, job *Job) []byte {
	switch o.form {
	case formSeq:
		return strconv.AppendInt(dst, job.Chunk.Seq, 10)
	case formSlot:
		return strconv.AppendInt(dst, int64(job.Slot), 10)
	case formQuoted:
		return Quote(dst, job.column(o.col))
	}
	return append(dst, o.part(job.column(o.col))...)
}

// part returns the part of a value that the op names; it aliases v.
func (o op) part(v []byte) []byte {
	switch o.form {
	case formNoExt:
		return trimExt(v)
	case formBase:
		return base(v)
	case formDir:
		return dir(v)
	case formStem:
		return trimExt(base(v))
	}
	return v
}

// render adds the op's value to the open string of dst.
func (o op) render(dst *startmode.Strings, job *Job) {
	dst.Extend(func(b []byte) []byte { return o.append(b, job) })
}

// base returns what follows the last slash.
func base(v []byte) []byte { return v[bytes.LastIndexByte(v, '/')+1:] }

// trimExt returns v without the extension of its last component.
func trimExt(v []byte) []byte {
	dot := bytes.LastIndexByte(v, '.')
	if dot < 0 || bytes.IndexByte(v[dot:], '/') >= 0 {
		return v
	}
	return v[:dot]
}

var (
	here = []byte(".")
	root = []byte("/")
)

// dir returns the directory that holds v, as dirname does.
func dir(v []byte) []byte {
	if len(v) == 0 {
		return here
	}
	v = trimSlashes(v)
	slash := bytes.LastIndexByte(v, '/')
	if slash < 0 {
		return here
	}
	return trimSlashes(v[:slash+1])
}

// trimSlashes removes the slashes at the end of v but not its first byte.
func trimSlashes(v []byte) []byte {
	if t := bytes.TrimRight(v, "/"); len(t) > 0 {
		return t
	}
	return root
}
