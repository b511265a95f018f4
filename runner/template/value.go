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

	at  int // the item that {} is, by its place in the chunk
	pad int // how many items the job has at least, empty ones included
}

// count is how many items the job has, with those that are only there to fill
// it up.
func (j *Job) count() int { return max(len(j.Chunk.Items), j.pad) }

// value returns what the op is made from.
func (j *Job) value(o op) []byte {
	if !o.nth {
		return j.column(o.col)
	}
	if o.col > len(j.Chunk.Items) {
		return nil
	}
	return j.Chunk.Items[o.col-1].Record
}

// column returns the n-th column of the item at hand; 0 is the item itself.
func (j *Job) column(n int) []byte {
	if j.at >= len(j.Chunk.Items) {
		return nil
	}
	it := &j.Chunk.Items[j.at]
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
		return Quote(dst, job.value(o))
	}
	return append(dst, o.part(job.value(o))...)
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
