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
	name    string
	file    *journal.File
	comma   byte
	headed  bool         // it had headings before
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
	size, torn, values, err := rows(name, comma)
	if err == nil && torn > 0 {
		err = file.Heal(size)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	t = &Table{name: name, file: file, comma: comma, display: display, headed: size > 0, empty: size == 0}
	t.values.Store(values)
	return t, torn, nil
}

// ErrOther says that a file has other columns, so that no row can be added.
var ErrOther = errors.New("it has other columns than a results file")

// rows is how long the whole rows of a file are, what stands after them, and how
// many columns of values its headings name.
func rows(name string, comma byte) (size, torn int64, values int32, err error) {
	if st, err := os.Stat(name); err != nil || !st.Mode().IsRegular() {
		return 0, 0, 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("cannot read %q: %w", name, err.(*os.PathError).Err)
	}
	defer f.Close()
	quoted := false
	head := strings.Join(columnNames, string(comma))
	tail, err := journal.Lines(f, func(number int, line []byte) error {
		if number == 1 {
			if values, err = valueColumns(string(line), comma); err != nil {
				return err
			}
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
		return 0, 0, 0, fmt.Errorf("cannot add to %q: %w", name, err)
	}
	if size == 0 {
		values = 0 // its headings are torn
	}
	return size, torn + int64(len(tail)), values, nil
}

// valueColumns is how many columns of values a line of headings names.
func valueColumns(line string, comma byte) (values int32, err error) {
	names := strings.Split(line, string(comma))
	n := len(names) - len(columnNames) - len(streamNames)
	if n < 0 || !slices.Equal(names[:len(columnNames)], columnNames) || !slices.Equal(names[len(columnNames)+n:], streamNames) {
		return 0, ErrOther
	}
	return int32(n), nil
}

// Close brings the rows to the disk.
func (t *Table) Close() error { return t.file.Close() }

// Enter counts the values: the first job of a new file says how many there are.
// A file that is added to has its columns already, and what a job has beyond them
// would stand under other headings; but how many items go into one command is
// chance.
func (t *Table) Enter(c *chunker.Chunk) error {
	n, columns := int32(len(valuesOf(c.Items))), t.values.Load()
	switch {
	case !t.headed && columns == 0:
		t.values.Store(n)
	case t.headed && n > columns && len(c.Items) == 1:
		return fmt.Errorf("cannot add to %q: it has %d columns of values, and job #%d has %d", t.name, columns, c.Seq, n)
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
	fmt.Fprintf(w, "%d%c:%c%d.%03d%c%.3f%c0%c%d%c%d%c%d", r.Number(), t.comma, t.comma,
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
