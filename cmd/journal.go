package cmd

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/runner"
	"pmap/runner/journal"
	"pmap/runner/results"
	"pmap/runner/template"
)

// A journaling writes the journal of a run, and knows from it what an earlier
// one has done. It is a runner.Recorder.
type journaling struct {
	file    *journal.File // nil under --dry-run
	done    *journal.Done // nil without --resume
	display func([]byte, template.Job) []byte
	host    string
	packed  bool   // a job may have several items
	whole   bool   // and they count as one
	through bool   // output passes through pmap
	results string // the folder where output is kept, or empty
	say     func(string)
	missing sync.Once

	keyer  journal.Keyer // Enter's
	mu     sync.Mutex
	keys   map[int64][]journal.Key // under --key-mtime: of jobs that have not ended
	drafts sync.Pool               // of *draft
}

// A draft is where an entry is made.
type draft struct {
	entry   journal.Entry
	usage   journal.Usage
	keyer   journal.Keyer
	values  [][]byte
	command []byte
	line    []byte
}

// openJournal opens the journal, under --resume after a look at what it says.
func (r *execution) openJournal() (*journaling, error) {
	name := r.options.records.journal
	file, err := journal.OpenFile(name)
	if err != nil {
		return nil, err
	}
	j := newJournaling(r.options, r.plan, r.con.say)
	j.file = file
	run := r.journalRun(j.host)
	if err := j.goOn(name, r.options.records.resume, &run, r.con.say); err != nil {
		file.Close()
		return nil, err
	}
	if err := file.Append(run.Append(nil)); err != nil {
		file.Close()
		return nil, err
	}
	return j, nil
}

// goOn takes in what the journal says, which is in nobody else's hands now.
func (j *journaling) goOn(name string, resume bool, run *journal.Run, say func(string)) error {
	if !resume {
		if holdsBytes(name) {
			return journalInTheWay(name) // it was written after the first look
		}
		return nil
	}
	done, size, torn, err := readJournal(name, run)
	if err != nil {
		return err
	}
	if torn > 0 {
		if err := j.file.Heal(size); err != nil {
			return err
		}
		say(fmt.Sprintf("the journal %s ended in a torn line: its %d bytes have been removed", name, torn))
	}
	j.done = done
	return nil
}

// readJournal gives errors about a journal that is no good their status.
func readJournal(name string, run *journal.Run) (*journal.Done, int64, int, error) {
	done, size, torn, err := journal.ReadDone(name, run)
	if errors.Is(err, journal.ErrOther) {
		err = usage(strings.TrimSuffix(err.Error(), ": "+journal.ErrOther.Error()),
			"to begin anew: --journal ANOTHER-FILE")
	}
	return done, size, torn, err
}

// planJournal is the journal as --dry-run sees it: nothing is opened for
// writing.
func (o *options) planJournal(pl *plan, say func(string)) (*journaling, error) {
	j := newJournaling(o, pl, say)
	run := o.runOf(pl)
	var err error
	j.done, _, _, err = readJournal(o.records.journal, &run)
	return j, err
}

func newJournaling(o *options, pl *plan, say func(string)) *journaling {
	host, _ := os.Hostname()
	j := &journaling{
		say:     say,
		display: pl.display,
		host:    host,
		packed:  pl.limits != nil,
		whole:   pl.limits != nil && !pl.tmpl.Divisible(),
		through: o.output.grouping(pl.terminal) != runner.Ungrouped,
		keyer:   journal.Keyer{ID: o.workID(pl), Mtime: o.records.keyMtime},
		keys:    make(map[int64][]journal.Key),
	}
	if name, kind, _ := o.records.resultsFile(); kind == resultsDir {
		j.results = name
	}
	j.drafts.New = func() any { return &draft{keyer: journal.Keyer{ID: j.keyer.ID}} }
	return j
}

func (o *options) runOf(pl *plan) journal.Run {
	return journal.Run{Template: o.workText(pl), ID: o.workID(pl), Mtime: o.records.keyMtime}
}

func (r *execution) journalRun(host string) journal.Run {
	run := r.options.runOf(r.plan)
	run.Start, run.Slots, run.Host, run.PID = time.Now(), r.slots, host, os.Getpid()
	return run
}

// workText is the command as the user wrote it.
func (o *options) workText(pl *plan) string {
	switch w := &o.warm; {
	case o.builtins.name != "":
		return "--builtin " + strings.Join(o.builtins.words(pl.words.command), " ")
	case w.python != "":
		return "--python " + w.python
	case w.code != "":
		return "--python-code " + w.code
	case w.coproc != "":
		return "--coproc " + w.coproc
	}
	return pl.tmpl.Source()
}

// workID stands for all that makes an item's work what it is.
func (o *options) workID(pl *plan) journal.Key {
	var shell []string
	if pl.tmpl.Shell() {
		shell = o.command.shellWords(pl.env)
	}
	words := []string{
		o.workText(pl), strings.Join(pl.words.command, "\x00"), strings.Join(shell, "\x00"), o.command.only(),
		o.command.stdin, o.command.stdout, o.warm.preload, o.warm.setup, o.warm.framing.value, strings.Join(pl.names, "\x00"), o.command.workdir,
	}
	return journal.KeyOf(words...)
}

// Enter marks what an earlier run has done.
func (j *journaling) Enter(c *chunker.Chunk) {
	if j.done == nil && !j.keyer.Mtime {
		return
	}
	keys := j.keysOf(&j.keyer, nil, c.Items)
	if j.done != nil {
		keys = j.leaveOut(c, keys)
	}
	if j.keyer.Mtime && c.Done == nil {
		j.mu.Lock()
		j.keys[c.Seq] = keys
		j.mu.Unlock()
	}
}

// leaveOut takes out of a chunk what is done, and returns the others' keys.
func (j *journaling) leaveOut(c *chunker.Chunk, keys []journal.Key) []journal.Key {
	var items []chunker.Item
	var left []journal.Key
	var done []journal.Success
	for i, k := range keys {
		if s, ok := j.done.Take(k); ok {
			done = append(done, s)
		} else {
			left = append(left, k)
			if len(keys) == len(c.Items) {
				items = append(items, c.Items[i])
			}
		}
	}
	switch {
	case len(left) == 0:
		if c.Done = j.earlier(done); c.Done == nil {
			return keys // its output is lost
		}
	case items != nil:
		c.Items = items
	}
	return left
}

// earlier is what is kept of a job all of whose items are done; nil where it is
// not whole, so that the job is to be run again.
func (j *journaling) earlier(done []journal.Success) *chunker.Earlier {
	e := new(chunker.Earlier)
	if j.results == "" {
		return e
	}
	first := done[0]
	for _, s := range done {
		if s.Kept == "" || s.Kept != first.Kept || s.Items != len(done) {
			j.missing.Do(func() { j.say(keptNowhere) })
			return e
		}
	}
	e.Files = results.Paths(j.results, first.Kept)
	size := int64(0)
	for _, path := range e.Files {
		st, err := os.Stat(path)
		if err != nil {
			return nil
		}
		size += st.Size()
	}
	if first.Out >= 0 && size != first.Out {
		return nil
	}
	return e
}

const keptNowhere = "some output of what is done already isn't in the results folder by itself: it isn't printed"

// keysOf appends the keys of a job's items; where they count as one, theirs
// together.
func (j *journaling) keysOf(k *journal.Keyer, dst []journal.Key, items []chunker.Item) []journal.Key {
	var values [][]byte
	for i := range items {
		values = appendValues(values, &items[i])
		if !j.whole {
			dst = append(dst, k.Key(values))
			values = values[:0]
		}
	}
	if j.whole {
		dst = append(dst, k.Key(values))
	}
	return dst
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

// Record writes the entry of a try.
func (j *journaling) Record(r *runner.Result, again bool) error {
	d := j.drafts.Get().(*draft)
	defer j.drafts.Put(d)
	e := &d.entry
	e.Seq, e.Try, e.Slot, e.PID = r.Seq(), r.Try, r.Slot, r.PID
	e.OK, e.Again, e.Status, e.End, e.Reason = r.OK, again, r.Status.ExitCode(), r.Status.String(), r.Reason
	e.Signal = ""
	if r.Status.Signal != 0 {
		e.Signal = unix.SignalName(r.Status.Signal)
	}
	e.Start, e.Took, e.Host = r.Start, r.Took, j.host
	e.Out = -1
	if j.through {
		e.Out = r.Received(runner.Stdout) + r.Received(runner.Stderr)
	}
	e.Usage = nil
	if u := &r.Usage; u.Known {
		d.usage = journal.Usage{User: u.User, System: u.System, Peak: u.Peak}
		e.Usage = &d.usage
	}
	e.Kept = r.Kept()
	d.command = j.display(d.command[:0], template.Job{Chunk: r.Chunk, Slot: r.Slot})
	e.Command = d.command
	j.enterItems(d, r, again)
	d.line = e.Append(d.line[:0])
	return j.file.Append(d.line)
}

// enterItems says in the entry what the try was for.
func (j *journaling) enterItems(d *draft, r *runner.Result, again bool) {
	e := &d.entry
	e.Keys, e.Items, e.Packed = e.Keys[:0], e.Items[:0], j.packed
	for i := range r.Chunk.Items {
		e.Items = append(e.Items, r.Chunk.Items[i].Source())
	}
	if !j.packed {
		d.values = appendValues(d.values[:0], &r.Chunk.Items[0])
		e.Values = d.values
	}
	if j.keyer.Mtime {
		e.Keys = append(e.Keys, j.entered(r.Seq(), again)...)
		return
	}
	e.Keys = j.keysOf(&d.keyer, e.Keys, r.Chunk.Items)
}

// entered are the keys of a job as it was read, with its files as they were
// then.
func (j *journaling) entered(seq int64, again bool) []journal.Key {
	j.mu.Lock()
	defer j.mu.Unlock()
	keys := j.keys[seq]
	if !again {
		delete(j.keys, seq)
	}
	return keys
}
