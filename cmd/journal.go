package cmd

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"pmap/chunker"
	"pmap/runner"
	"pmap/runner/journal"
	"pmap/runner/results"
)

// A journaling writes the journal of a run, and knows from it what an earlier
// one has done. It is a runner.Recorder.
type journaling struct {
	*drafter
	file    *journal.File // nil under --dry-run
	done    *journal.Done // nil without --resume
	whole   bool          // several items of a job count as one
	head    []byte        // the run's line; nil once it is written, and under --dry-run
	results string        // the folder where output is kept, or empty
	say     func(string)
	missing sync.Once

	keyer journal.Keyer // Enter's
	mu    sync.Mutex
	keys  map[int64][]journal.Key // under --key-mtime: of jobs that have not ended
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
	j.head = run.Append(nil)
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
	switch anew := "to begin anew: --journal ANOTHER-FILE"; {
	case errors.Is(err, journal.ErrOther):
		err = usage(strings.TrimSuffix(err.Error(), ": "+journal.ErrOther.Error()), anew)
	case errors.Is(err, journal.ErrDamaged):
		err = damaged(err, "to go on without that line, delete it: what it says is run again\n"+anew)
	}
	return done, size, torn, err
}

// damaged is for a record that was whole once: not the command line is wrong.
func damaged(err error, hint string) error {
	return &endError{status: exitFailure, text: strings.TrimSuffix(err.Error(), ": "+journal.ErrDamaged.Error()), hint: hint}
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
	j := &journaling{
		drafter: newDrafter(o, pl),
		say:     say,
		whole:   pl.limits != nil && !pl.tmpl.Divisible(),
		keyer:   journal.Keyer{ID: o.workID(pl), Mtime: o.records.keyMtime},
		keys:    make(map[int64][]journal.Key),
	}
	if name, kind, _ := o.records.resultsFile(); kind == resultsDir {
		j.results = name
	}
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

// Enter marks what an earlier run has done. The run's line is written before its
// first job begins, so that a run which does nothing leaves no trace.
func (j *journaling) Enter(c *chunker.Chunk) error {
	j.mark(c)
	if c.Done != nil || j.head == nil {
		return nil
	}
	head := j.head
	j.head = nil
	return j.file.Append(head)
}

func (j *journaling) mark(c *chunker.Chunk) {
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
	if len(keys) > 1 && j.results != "" {
		if found := j.leaveOutCommand(c, keys); c.Done != nil {
			return nil
		} else if found {
			return keys // its output is lost
		}
	}
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
		for c.Done = j.earlier(done); c.Done == nil; c.Done = j.earlier(done) {
			if done = j.done.TakeKept(keys); done == nil {
				return keys // its output is lost
			}
		}
	case items != nil:
		if len(done) > 0 && j.results != "" {
			j.sayMissing() // theirs is among that of other commands
		}
		c.Items = items
	}
	return left
}

// leaveOutCommand has the chunk be done where a command with the same items is,
// and says whether there was one.
func (j *journaling) leaveOutCommand(c *chunker.Chunk, keys []journal.Key) (found bool) {
	for c.Done == nil {
		done := j.done.TakeCommand(keys)
		if done == nil {
			break
		}
		c.Done, found = j.earlier(done), true
	}
	return found
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
			j.sayMissing()
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

// sayMissing says once that the output isn't whole.
func (j *journaling) sayMissing() { j.missing.Do(func() { j.say(keptNowhere) }) }

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

// Record writes the entry of a try.
func (j *journaling) Record(r *runner.Result, again bool) error {
	d := j.take()
	defer j.drop(d)
	j.result(d, r, again)
	e := &d.entry
	if j.keyer.Mtime {
		e.Keys = append(e.Keys, j.entered(r.Seq(), again)...)
	} else {
		d.keyer.ID = j.keyer.ID
		e.Keys = j.keysOf(&d.keyer, e.Keys, r.Chunk.Items)
	}
	d.line = e.Append(d.line[:0])
	return j.file.Append(d.line)
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
