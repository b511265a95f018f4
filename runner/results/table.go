package results

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"pmap/chunker"
	"pmap/runner"
	"pmap/runner/journal"
	"pmap/runner/template"
)

// A Table keeps a row for each job in a file of GNU parallel's columns, with
// what the job has printed in the last two. It is a runner.Recorder of a run
// whose output is held.
type Table struct {
	file    *journal.File
	comma   byte
	values  atomic.Int32 // columns of values
	display func([]byte, template.Job) []byte

	mu    sync.Mutex
	empty bool // it has no headings yet
}

// OpenTable opens a file whose columns comma separates. What is there is added
// to; a row at its end that a killed run or a full disk has left torn is taken
// away, torn bytes of it.
func OpenTable(name string, comma byte, display func([]byte, template.Job) []byte) (t *Table, torn int64, err error) {
	file, err := journal.OpenFile(name)
	if err != nil {
		return nil, 0, err
	}
	size, torn, err := rows(name, comma)
	if err == nil && torn > 0 {
		err = file.Heal(size)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return &Table{file: file, comma: comma, display: display, empty: size == 0}, torn, nil
}

// ErrOther says that a file has other columns, so that no row can be added.
var ErrOther = errors.New("it has other columns than a results file")

// rows is how long the whole rows of a file are, and what stands after them.
func rows(name string, comma byte) (size, torn int64, err error) {
	if st, err := os.Stat(name); err != nil || !st.Mode().IsRegular() {
		return 0, 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return 0, 0, fmt.Errorf("cannot read %q: %w", name, err.(*os.PathError).Err)
	}
	defer f.Close()
	quoted := false
	head := strings.Join(columnNames, string(comma))
	tail, err := journal.Lines(f, func(number int, line []byte) error {
		if number == 1 && !strings.HasPrefix(string(line), head) {
			return ErrOther
		}
		torn += int64(len(line)) + 1
		if quoted = quoted != (bytes.Count(line, []byte{'"'})%2 == 1); !quoted {
			size, torn = size+torn, 0
		}
		return nil
	})
	if n := min(len(tail), len(head)); size+torn == 0 && string(tail[:n]) != head[:n] {
		err = ErrOther
	}
	if err != nil {
		return 0, 0, fmt.Errorf("cannot add to %q: %w", name, err)
	}
	return size, torn + int64(len(tail)), nil
}

// Close brings the rows to the disk.
func (t *Table) Close() error { return t.file.Close() }

// Enter counts the values: the first job has as many as the others.
func (t *Table) Enter(c *chunker.Chunk) error {
	if t.values.Load() == 0 {
		t.values.Store(int32(len(valuesOf(c.Items))))
	}
	return nil
}

func valuesOf(items []chunker.Item) (values [][]byte) {
	for i := range items {
		for n := 1; ; n++ {
			v, ok := items[i].Value(n)
			if !ok {
				break
			}
			values = append(values, v)
		}
	}
	return values
}

// Record writes the row of a job that has ended for good. One that was ended
// with the run hasn't.
func (t *Table) Record(r *runner.Result, again bool) error {
	if again || r.Status.Kind == runner.Cancelled {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.file.AppendFrom(func(w *bufio.Writer) error {
		if t.empty {
			t.head(w)
			t.empty = false
		}
		return t.row(w, r)
	})
}

func (t *Table) head(w *bufio.Writer) {
	names := slices.Clone(columnNames)
	for n := range t.values.Load() {
		names = append(names, fmt.Sprint("V", n+1))
	}
	names = append(names, streamNames...)
	w.WriteString(strings.Join(names, string(t.comma)) + "\n")
}

// columnNames are those before the values.
var columnNames = []string{"Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal", "Command"}

var streamNames = []string{"Stdout", "Stderr"}

func (t *Table) row(w *bufio.Writer, r *runner.Result) error {
	exit := r.Status.Code
	if r.Status.Kind == runner.TimedOut {
		exit = -1
	}
	fmt.Fprintf(w, "%d%c:%c%d.%03d%c%.3f%c0%c%d%c%d%c%d", r.Seq(), t.comma, t.comma,
		r.Start.Unix(), r.Start.Nanosecond()/1e6, t.comma, r.Took.Seconds(), t.comma, t.comma,
		r.Received(runner.Stdout), t.comma, exit, t.comma, int(r.Status.Signal))
	t.cell(w, t.display(nil, template.Job{Chunk: r.Chunk, Slot: r.Slot}))
	values := valuesOf(r.Chunk.Items)
	for _, v := range values {
		t.cell(w, v)
	}
	for range int(t.values.Load()) - len(values) {
		w.WriteByte(t.comma)
	}
	for stream := range streamNames {
		w.WriteByte(t.comma)
		if r.Received(stream) == 0 {
			continue
		}
		w.WriteByte('"')
		err := r.EachPart(stream, func(p []byte) error {
			_, err := doubled.WriteString(w, string(p))
			return err
		})
		if err != nil {
			return err
		}
		w.WriteByte('"')
	}
	return w.WriteByte('\n')
}

var doubled = strings.NewReplacer(`"`, `""`)

// cell writes a comma and a text.
func (t *Table) cell(w *bufio.Writer, text []byte) {
	w.WriteByte(t.comma)
	if !strings.ContainsAny(string(text), "\" \t\r\n,") {
		w.Write(text)
		return
	}
	w.WriteByte('"')
	doubled.WriteString(w, string(text))
	w.WriteByte('"')
}
