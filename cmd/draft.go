package cmd

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/runner"
	"pmap/runner/journal"
	"pmap/runner/template"
)

// A drafter says in journal entries how tries ended.
type drafter struct {
	display func([]byte, template.Job) []byte
	host    string
	packed  bool // a job may have several items
	through bool // output passes through pmap
	drafts  sync.Pool
}

// A draft is where a line is made.
type draft struct {
	entry   journal.Entry
	usage   journal.Usage
	keyer   journal.Keyer
	values  [][]byte
	command []byte
	line    []byte
}

func newDrafter(o *options, pl *plan) *drafter {
	host, _ := os.Hostname()
	d := &drafter{
		display: pl.display,
		host:    host,
		packed:  pl.limits != nil,
		through: o.output.grouping(pl.terminal) != runner.Ungrouped,
	}
	d.drafts.New = func() any { return new(draft) }
	return d
}

// take returns a draft, which drop gives back.
func (d *drafter) take() *draft { return d.drafts.Get().(*draft) }

func (d *drafter) drop(dr *draft) { d.drafts.Put(dr) }

// task says which try it is. There is no key.
func (d *drafter) task(dr *draft, t *runner.Task) {
	e := &dr.entry
	*e = journal.Entry{Keys: e.Keys[:0], Items: e.Items[:0], Packed: d.packed}
	e.Seq, e.Try, e.Slot, e.PID, e.Host, e.Start = t.Number(), t.Try, t.Slot, t.PID, d.host, t.Start
	for i := range t.Chunk.Items {
		e.Items = append(e.Items, t.Chunk.Items[i].Source())
	}
	if !d.packed && len(t.Chunk.Items) > 0 {
		dr.values = appendValues(dr.values[:0], &t.Chunk.Items[0])
		e.Values = dr.values
	}
	dr.command = d.display(dr.command[:0], template.Job{Chunk: t.Chunk, Slot: t.Slot})
	e.Command = dr.command
}

// result says how the try ended.
func (d *drafter) result(dr *draft, r *runner.Result, again bool) {
	d.task(dr, r.Task)
	e := &dr.entry
	e.OK, e.Again, e.Status, e.End, e.Reason = r.OK, again, r.Status.ExitCode(), r.Status.String(), r.Reason
	if r.Status.Signal != 0 {
		e.Signal = unix.SignalName(r.Status.Signal)
	}
	e.Took, e.Kept, e.Out = r.Took, r.Kept(), -1
	if d.through {
		e.Out = r.Received(runner.Stdout) + r.Received(runner.Stderr)
	}
	if u := &r.Usage; u.Known {
		dr.usage = journal.Usage{User: u.User, System: u.System, Peak: u.Peak}
		e.Usage = &dr.usage
	}
}

// appendValues appends an item's columns.
func appendValues(dst [][]byte, it *chunker.Item) [][]byte {
	for n := 1; ; n++ {
		v, ok := it.Value(n)
		if !ok {
			return dst
		}
		dst = append(dst, v)
	}
}
