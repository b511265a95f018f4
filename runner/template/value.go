package template

import (
	"bytes"
	"cmp"
	"strconv"

	"pmap/chunker"
	"pmap/startmode"
)

// A Job is what the placeholders of one job stand for.
type Job struct {
	Chunk chunker.Chunk // Chunk.Number is {#}
	Slot  int           // {%}, from 1

	at  int // the item that {} is, by its place in the chunk
	pad int // how many items the job has at least, empty ones included
}

// count is how many items the job has, with those that are only there to fill
// it up.
func (j *Job) count() int { return max(len(j.Chunk.Items), j.pad) }

// value returns what the op is made from: a column, or an item by its place.
func (j *Job) value(o op) []byte {
	items := j.Chunk.Items
	if o.nth {
		at := o.col - 1
		if o.col < 0 {
			at = j.count() + o.col
		}
		if at < 0 || at >= len(items) {
			return nil
		}
		return items[at].Record
	}
	if j.at >= len(items) {
		return nil
	}
	v, _ := items[j.at].Value(cmp.Or(o.col, 1))
	return v
}

// row returns the columns of the item at hand where the op stands for all of
// them.
func (j *Job) row(o op) [][]byte {
	if o.col != 0 || j.at >= len(j.Chunk.Items) || o.integer() {
		return nil
	}
	if row := j.Chunk.Items[j.at].Row; row != nil {
		return row.Columns
	}
	return nil
}

// append adds the op's value to dst. Several columns have a blank between
// them.
func (o op) append(dst []byte, job *Job) []byte {
	switch o.form {
	case formSeq:
		return strconv.AppendInt(dst, job.Chunk.Number(), 10)
	case formSlot:
		return strconv.AppendInt(dst, int64(job.Slot), 10)
	}
	row := job.row(o)
	if row == nil {
		return o.appendOf(dst, job.value(o))
	}
	for i, v := range row {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = o.appendOf(dst, v)
	}
	return dst
}

// appendOf adds what the op makes of a value.
func (o op) appendOf(dst, v []byte) []byte {
	if o.form == formQuoted {
		return Quote(dst, v)
	}
	return append(dst, o.part(v)...)
}

// part returns the part of a value that the op names; it aliases v.
func (o op) part(v []byte) []byte {
	switch o.form {
	case formNoExt:
		v = trimExt(v)
	case formBase:
		v = base(v)
	case formDir:
		v = dir(v)
	case formStem:
		v = trimExt(base(v))
	case formBare:
		v = trimExts(v)
	case formRoot:
		v = trimExts(base(v))
	}
	if o.suffix != "" && bytes.HasSuffix(v, []byte(o.suffix)) {
		return v[:len(v)-len(o.suffix)]
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

// trimExts returns v without any extension of its last component.
func trimExts(v []byte) []byte {
	last := bytes.LastIndexByte(v, '/') + 1
	if dot := bytes.IndexByte(v[last:], '.'); dot >= 0 {
		return v[:last+dot]
	}
	return v
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
