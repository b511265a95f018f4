package journal

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
)

// ErrOther says that a file can't be gone on with: it is the journal of another
// command, or none at all.
var ErrOther = errors.New("it can't be gone on with")

// ErrDamaged says that a line isn't as it was written.
var ErrDamaged = errors.New("it is damaged")

// A Success is an item's, as the journal has it.
type Success struct {
	Kept  string // where its output is kept, or empty
	Items int    // how many items were one command with it, itself included
	Out   int64  // bytes of output; -1: unknown
}

// Done is what has succeeded, as a journal tells it.
type Done struct {
	count map[Key]int       // of all successes,
	kept  map[Key][]Success // and those whose output is kept
	total int64
}

// Total is how many items have succeeded.
func (d *Done) Total() int64 { return d.total }

// Take takes one success of the item, if there is one. The first whose output
// was kept is the first that is taken.
func (d *Done) Take(k Key) (s Success, ok bool) {
	n := d.count[k]
	if n == 0 {
		return s, false
	}
	d.count[k] = n - 1
	if all := d.kept[k]; len(all) > 0 {
		s, d.kept[k] = all[0], all[1:]
	}
	return s, true
}

// TakeKept takes one more success of each item whose output was kept; nil where
// one of them has none.
func (d *Done) TakeKept(keys []Key) (all []Success) {
	for _, k := range keys {
		if len(d.kept[k]) == 0 {
			return nil
		}
	}
	for _, k := range keys {
		s, _ := d.Take(k)
		all = append(all, s)
	}
	return all
}

// TakeCommand takes the successes of a command that had just these items, and
// whose output was kept; nil where there is none. An item may be one of several
// commands: so it is taken with those that it ran with.
func (d *Done) TakeCommand(keys []Key) []Success {
	rarest := slices.MinFunc(keys, func(a, b Key) int { return cmp.Compare(len(d.kept[a]), len(d.kept[b])) })
	for _, s := range d.kept[rarest] {
		if s.Items == len(keys) && d.holds(s.Kept, keys) {
			for _, k := range keys {
				at := slices.IndexFunc(d.kept[k], func(o Success) bool { return o.Kept == s.Kept })
				d.kept[k] = slices.Delete(d.kept[k], at, at+1)
				d.count[k]--
			}
			return slices.Repeat([]Success{s}, len(keys))
		}
	}
	return nil
}

// holds reports whether the items are all kept under a name.
func (d *Done) holds(name string, keys []Key) bool {
	wanted := make(map[Key]int, len(keys))
	for _, k := range keys {
		wanted[k]++
	}
	for k, n := range wanted {
		for _, s := range d.kept[k] {
			if s.Kept == name {
				n--
			}
		}
		if n > 0 {
			return false
		}
	}
	return true
}

// Kept calls f with every name under which output is kept of what hasn't been
// taken.
func (d *Done) Kept(f func(name string)) {
	for _, all := range d.kept {
		for _, s := range all {
			f(s.Kept)
		}
	}
}

// add enters a success.
func (d *Done) add(k Key, s Success) {
	d.count[k]++
	d.total++
	if s.Kept != "" {
		d.kept[k] = append(d.kept[k], s)
	}
}

// ReadDone reads a journal that run is to go on with. size is how long its whole
// lines are, torn what stands after them. The error wraps ErrOther where it is
// another command's, and ErrDamaged where a line other than the first is no
// journal's.
func ReadDone(name string, run *Run) (d *Done, size int64, torn int, err error) {
	d = &Done{count: make(map[Key]int), kept: make(map[Key][]Success)}
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return d, 0, 0, nil
	}
	if err != nil {
		return nil, 0, 0, fmt.Errorf("cannot read %q: %w", name, err.(*os.PathError).Err)
	}
	defer f.Close()
	tail, err := Lines(f, func(number int, line []byte) error {
		size += int64(len(line)) + 1
		if err := d.line(number, line, run); err != nil {
			return fmt.Errorf("%s, line %d: %w", name, number, err)
		}
		return nil
	})
	if err == nil && size == 0 && !begins(tail) {
		err = fmt.Errorf("%s is no journal: %w", name, ErrOther)
	}
	return d, size, len(tail), err
}

// begins reports whether the only line of a file is the torn beginning of a
// journal.
func begins(tail []byte) bool {
	n := min(len(tail), len(runHead))
	return string(tail[:n]) == runHead[:n] || len(bytes.Trim(tail, "\x00")) == 0
}

// line enters one line.
func (d *Done) line(number int, line []byte, run *Run) error {
	e := finished{out: -1}
	err := Fields(line, e.field)
	switch err = cmp.Or(err, e.err); {
	case err != nil && number > 1:
		return fmt.Errorf("%w: %w", err, ErrDamaged)
	case err != nil:
		return fmt.Errorf("%w: %w", err, ErrOther)
	case e.run != nil:
		return checkRun(e.run, run)
	case number == 1:
		return fmt.Errorf("no journal begins so: %w", ErrOther)
	case e.ok:
		for _, k := range e.keys {
			d.add(k, Success{Kept: e.kept, Items: len(e.keys), Out: e.out})
		}
	}
	return nil
}

// finished is what counts of an entry.
type finished struct {
	keys []Key
	ok   bool
	kept string
	out  int64
	run  []byte
	err  error
}

func (e *finished) field(name, value []byte) bool {
	switch string(name) {
	case "key":
		e.key(value)
	case "keys":
		if err := Elements(value, e.key); err != nil {
			e.err = err
		}
	case "ok":
		e.ok = string(value) == "true"
	case "kept":
		text, err := Text(value)
		e.kept, e.err = string(text), errors.Join(e.err, err)
	case "kept64": // after it, where the name isn't UTF-8
		text, err := Bytes(value)
		e.kept, e.err = string(text), errors.Join(e.err, err)
	case "out":
		var err error
		if e.out, err = strconv.ParseInt(string(value), 10, 64); err != nil {
			e.err = fmt.Errorf("%.40s is no number of bytes", value)
		}
	case "run":
		e.run = value
	}
	return e.err == nil
}

func (e *finished) key(value []byte) {
	text, err := Text(value)
	if err == nil {
		var k Key
		k, err = parseKey(text)
		e.keys = append(e.keys, k)
	}
	e.err = errors.Join(e.err, err)
}

// checkRun holds the line that a run begins with against the one that goes on.
func checkRun(value []byte, run *Run) error {
	var version, template, id, mtime string
	err := Fields(value, func(name, value []byte) bool {
		switch string(name) {
		case "version":
			version = string(value)
		case "template":
			text, _ := Text(value)
			template = string(text)
		case "id":
			text, _ := Text(value)
			id = string(text)
		case "mtime":
			mtime = string(value)
		}
		return true
	})
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", err, ErrOther)
	case version != "1":
		return fmt.Errorf("it was written by another version of pmap: %w", ErrOther)
	case mtime == "true" && !run.Mtime:
		return fmt.Errorf("its items count by their files' time too (--key-mtime): %w", ErrOther)
	case mtime != "true" && run.Mtime:
		return fmt.Errorf("its items count without their files' time (no --key-mtime): %w", ErrOther)
	case id != run.ID.String() && template == run.Template:
		return fmt.Errorf("it is of the same command with another --shell, -I, --stdin, --stdout, --workdir, --preload, --python-setup or --coproc-framing, or with other columns: %w", ErrOther)
	case id != run.ID.String():
		return fmt.Errorf("it is of another command, %s: %w", template, ErrOther)
	}
	return nil
}

// Heal takes a torn last line away.
func (f *File) Heal(size int64) error {
	if err := os.Truncate(f.name, size); err != nil {
		return fmt.Errorf("cannot heal %q: %w", f.name, err.(*os.PathError).Err)
	}
	return nil
}
