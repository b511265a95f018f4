package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"pmap/runner/journal"
)

// A tracer writes Chrome's trace event format, which Perfetto and
// chrome://tracing open: a run is a process, a slot a thread, a try a slice. A
// try that is followed by another, or that a signal ended, has a mark.
//
// The format is Google's "Trace Event Format": complete events (X), instant
// events (i) and metadata (M).
type tracer struct {
	w     *bufio.Writer
	buf   []byte
	run   int64
	slots map[int64]bool // that have a name in this run
	begun bool
}

func newTracer(w io.Writer) *tracer {
	t := &tracer{w: bufio.NewWriterSize(w, 1<<20), slots: map[int64]bool{}}
	t.w.WriteString(`{"displayTimeUnit":"ms","traceEvents":[`)
	return t
}

func (t *tracer) add(e *entry) {
	if e.run != nil {
		t.run++
		clear(t.slots)
		t.meta("process_name", 0, append([]byte(nil), fmt.Sprintf("run %d", t.run)...))
		return
	}
	if !t.slots[e.slot] {
		t.slots[e.slot] = true
		t.meta("thread_name", e.slot, append([]byte(nil), fmt.Sprintf("slot %d", e.slot)...))
	}
	t.slice(e)
	if e.again {
		t.mark(e, "retry")
	}
	if e.signal != nil {
		t.mark(e, text(e.signal))
	}
}

// begin begins an event in buf.
func (t *tracer) begin(phase string, tid int64) []byte {
	b := t.buf[:0]
	if t.begun {
		b = append(b, ',')
	}
	t.begun = true
	b = append(b, "\n{\"ph\":\""...)
	b = append(append(b, phase...), '"')
	b = journal.AppendIntField(b, "pid", t.run)
	return journal.AppendIntField(b, "tid", tid)
}

func (t *tracer) end(b []byte) {
	t.w.Write(append(b, '}'))
	t.buf = b
}

func (t *tracer) meta(name string, tid int64, value []byte) {
	b := journal.AppendTextField(t.begin("M", tid), "name", []byte(name))
	b = append(journal.AppendName(b, "args"), '{')
	t.end(append(journal.AppendTextField(b, "name", value), '}'))
}

// slice is the try itself.
func (t *tracer) slice(e *entry) {
	b := t.begin("X", e.slot)
	b = appendValue(b, "name", e.name())
	cat := "ok"
	if !e.ok {
		cat = "failed"
	}
	b = journal.AppendTextField(b, "cat", []byte(cat))
	b = journal.AppendIntField(b, "ts", e.start)
	b = journal.AppendIntField(b, "dur", e.took)
	if !e.ok {
		b = journal.AppendTextField(b, "cname", []byte("terrible"))
	}
	b = append(journal.AppendName(b, "args"), '{')
	b = journal.AppendIntField(b, "seq", e.seq)
	b = journal.AppendIntField(b, "try", e.try)
	for _, f := range []struct {
		name  string
		value []byte
	}{{"end", e.end}, {"command", e.command}} {
		if f.value != nil {
			b = appendValue(b, f.name, f.value)
		}
	}
	t.end(append(b, '}'))
}

// appendValue adds a member with what the journal has as its value, or with that
// as a text where it isn't JSON.
func appendValue(dst []byte, name string, value []byte) []byte {
	if json.Valid(value) && utf8.Valid(value) {
		return append(journal.AppendName(dst, name), value...)
	}
	return journal.AppendTextField(dst, name, value)
}

// mark is a moment: the end of a try.
func (t *tracer) mark(e *entry, name string) {
	b := journal.AppendTextField(t.begin("i", e.slot), "name", []byte(name))
	b = journal.AppendIntField(b, "ts", e.start+e.took)
	t.end(journal.AppendTextField(b, "s", []byte("t")))
}

func (t *tracer) close() error {
	t.w.WriteString("\n]}\n")
	return t.w.Flush()
}
