package journal

import (
	"encoding/hex"
	"time"
)

// An Entry is how one try ended.
type Entry struct {
	Keys    []Key    // of the items; where Packed isn't set, one
	Items   [][]byte // as many
	Values  [][]byte // of the item; none where Packed is set
	Packed  bool     // the command gets several items, or may
	Seq     int64    // the job's number
	Try     int
	OK      bool
	Status  int    // as a shell would give it
	Signal  string // that ended it, or empty
	End     string // in a word or two
	Reason  string // where End doesn't say it all; may be empty
	Again   bool   // another try follows
	Command []byte
	Start   time.Time
	Took    time.Duration
	Usage   *Usage // nil: unknown
	Slot    int
	Host    string
	PID     int    // 0: no process of its own
	Out     int64  // bytes of output; -1: it didn't pass through pmap
	Kept    string // where its output is kept, relative to the results folder; or empty
}

// Usage is what a try's processes have used.
type Usage struct {
	User, System time.Duration
	Peak         int64 // bytes
}

// Append adds the entry's line.
func (e *Entry) Append(dst []byte) []byte {
	dst = e.AppendTask(append(dst, '{'))
	return append(e.AppendEnd(dst), '}', '\n')
}

// AppendTask adds the members that are known when the try begins.
func (e *Entry) AppendTask(dst []byte) []byte {
	switch {
	case e.Packed:
		dst = e.appendItems(dst)
	case len(e.Items) > 0:
		if len(e.Keys) > 0 {
			dst = e.Keys[0].append(AppendName(dst, "key"))
		}
		dst = AppendTextField(dst, "item", e.Items[0])
		dst = AppendTextsField(dst, "values", e.Values)
	}
	dst = AppendIntField(dst, "seq", e.Seq)
	dst = AppendIntField(dst, "try", int64(e.Try))
	dst = AppendTextField(dst, "command", e.Command)
	dst = AppendSecondsField(dst, "start", e.Start.UnixMicro())
	dst = AppendIntField(dst, "slot", int64(e.Slot))
	dst = AppendTextField(dst, "host", []byte(e.Host))
	if e.PID != 0 {
		dst = AppendIntField(dst, "pid", int64(e.PID))
	}
	return dst
}

// AppendEnd adds the members that say how the try ended.
func (e *Entry) AppendEnd(dst []byte) []byte {
	dst = e.appendStatus(dst)
	dst = AppendSecondsField(dst, "seconds", e.Took.Microseconds())
	if e.Usage != nil {
		dst = AppendSecondsField(dst, "user", e.Usage.User.Microseconds())
		dst = AppendSecondsField(dst, "system", e.Usage.System.Microseconds())
		dst = AppendIntField(dst, "memory", e.Usage.Peak)
	}
	if e.Out >= 0 {
		dst = AppendIntField(dst, "out", e.Out)
	}
	if e.Kept != "" {
		dst = AppendTextField(dst, "kept", []byte(e.Kept))
	}
	return dst
}

func (e *Entry) appendItems(dst []byte) []byte {
	if len(e.Keys) > 0 {
		dst = append(AppendName(dst, "keys"), '[')
		for i := range e.Keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.Keys[i].append(dst)
		}
		dst = append(dst, ']')
	}
	return AppendTextsField(dst, "items", e.Items)
}

// appendStatus adds what the try's end was.
func (e *Entry) appendStatus(dst []byte) []byte {
	dst = appendBoolField(dst, "ok", e.OK)
	dst = AppendIntField(dst, "status", int64(e.Status))
	if e.Signal != "" {
		dst = AppendTextField(dst, "signal", []byte(e.Signal))
	}
	dst = AppendTextField(dst, "end", []byte(e.End))
	if e.Reason != "" {
		dst = AppendTextField(dst, "reason", []byte(e.Reason))
	}
	if e.Again {
		dst = appendBoolField(dst, "again", true)
	}
	return dst
}

func appendBoolField(dst []byte, name string, b bool) []byte {
	dst = AppendName(dst, name)
	if b {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

// A Run is the line that a run begins with, in a new journal or in one that it
// goes on with.
type Run struct {
	Template string // the command, as it was given
	ID       Key    // of all that makes an item's work the same
	Mtime    bool   // the keys have files' sizes and times in them
	Start    time.Time
	Slots    int
	Host     string
	PID      int
}

// runHead is how every journal begins.
const runHead = `{"run":{"version":1,`

// Append adds the run's line.
func (r *Run) Append(dst []byte) []byte {
	dst = append(dst, runHead[:len(runHead)-1]...)
	dst = AppendTextField(dst, "template", []byte(r.Template))
	dst = r.ID.append(AppendName(dst, "id"))
	dst = appendBoolField(dst, "mtime", r.Mtime)
	dst = AppendSecondsField(dst, "start", r.Start.UnixMicro())
	dst = AppendIntField(dst, "slots", int64(r.Slots))
	dst = AppendTextField(dst, "host", []byte(r.Host))
	dst = AppendIntField(dst, "pid", int64(r.PID))
	return append(dst, "}}\n"...)
}

func (k *Key) append(dst []byte) []byte {
	dst = append(dst, '"')
	return append(hex.AppendEncode(dst, k[:]), '"')
}
