package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"pmap/chunker"
	"pmap/runner"
	"pmap/runner/journal"
	"pmap/runner/template"
)

// A jobLogging writes a job log, and knows from it what an earlier run has
// done. It is a runner.Recorder.
type jobLogging struct {
	file    *journal.File // nil under --dry-run
	display func([]byte, template.Job) []byte
	done    map[int64]journal.LoggedJob // nil where nothing counts as done
	again   bool                        // what failed isn't done
	numbers []int64                     // of the jobs under --retry-failed, in the log
	drafts  sync.Pool                   // of *jobDraft
}

type jobDraft struct {
	line journal.JobLine
	text []byte
}

func newJobLogging(o *options, pl *plan) *jobLogging {
	l := &jobLogging{display: pl.display, again: o.records.resumeFailed, numbers: pl.retried}
	l.drafts.New = func() any { return new(jobDraft) }
	return l
}

// openJobLog opens the job log, after a look at what it says.
func (r *execution) openJobLog() (*jobLogging, error) {
	o := &r.options.records
	name, adding := o.jobLogFile()
	file, err := journal.OpenFile(name)
	if err != nil {
		return nil, err
	}
	l := newJobLogging(r.options, r.plan)
	l.file = file
	if err := l.begin(name, o, adding, r.con.say); err != nil {
		file.Close()
		return nil, err
	}
	return l, nil
}

// begin heals a log that is there, and begins one that isn't.
func (l *jobLogging) begin(name string, o *recordOptions, adding bool, say func(string)) error {
	there := holdsBytes(name)
	if there && !adding {
		return jobLogInTheWay(name) // it was written after the first look
	}
	if there {
		jobs, size, torn, err := readJobLog(name)
		if err != nil {
			return err
		}
		if torn > 0 {
			if err := l.file.Heal(size); err != nil {
				return err
			}
			say(fmt.Sprintf("the job log %s ended in a torn line: its %d bytes have been removed", name, torn))
			there = size > 0
		}
		if o.resumes() && !o.retryFailed {
			l.done = jobs
		}
	}
	if there {
		return nil
	}
	return l.file.Append(journal.AppendJobLogHead(nil))
}

func readJobLog(name string) (map[int64]journal.LoggedJob, int64, int, error) {
	jobs, size, torn, err := journal.ReadJobLog(name)
	switch anew := "to begin anew: --joblog ANOTHER-FILE"; {
	case errors.Is(err, journal.ErrOther):
		err = usage(strings.TrimSuffix(err.Error(), ": "+journal.ErrOther.Error()), anew)
	case errors.Is(err, journal.ErrDamaged):
		err = damaged(err, "to go on without that line, delete it\n"+anew)
	}
	return jobs, size, torn, err
}

func jobLogInTheWay(name string) error {
	return usage(fmt.Sprintf("the job log %s isn't empty", name),
		fmt.Sprintf("to go on with it: --joblog %s --resume\nto add to it: --joblog +%s", name, name))
}

// planJobLog is the job log as --dry-run sees it.
func (o *options) planJobLog(pl *plan) (*jobLogging, error) {
	l := newJobLogging(o, pl)
	name, _ := o.records.jobLogFile()
	var err error
	l.done, _, _, err = readJobLog(name)
	return l, err
}

// retry makes the failed jobs of the log the items.
func (o *recordOptions) retry(pl *plan) error {
	name, _ := o.jobLogFile()
	jobs, _, _, err := readJobLog(name)
	if err != nil {
		return err
	}
	for seq, job := range jobs {
		if job.Failed {
			pl.retried = append(pl.retried, seq)
		}
	}
	slices.Sort(pl.retried)
	commands := make([]string, 0, len(pl.retried))
	for _, seq := range pl.retried {
		commands = append(commands, jobs[seq].Command)
	}
	pl.ignored = len(pl.words.command) > 0 || !pl.words.stdinAlone()
	pl.words = &commandLine{sources: []source{{values: commands}}}
	return nil
}

// adaptRetry makes the command that of a shell which runs what the log has.
func (o *options) adaptRetry(cfg *template.Config) {
	if o.records.retryFailed {
		shell := cfg.Shell
		if len(shell) == 0 {
			shell = []string{"sh"}
		}
		cfg.Words, cfg.Mode, cfg.Replace = append(slices.Clone(shell), "-c", item), template.Argv, item
	}
}

// Enter marks what the log has.
func (l *jobLogging) Enter(c *chunker.Chunk) error {
	if l.numbers != nil {
		c.Logged = l.numbers[c.Seq-1]
	}
	if job, ok := l.done[c.Seq]; ok && !(l.again && job.Failed) {
		c.Done = new(chunker.Earlier)
	}
	return nil
}

// Record writes the line of a job that has ended for good. One that was ended
// with the run hasn't.
func (l *jobLogging) Record(r *runner.Result, again bool) error {
	if again || r.Status.Kind == runner.Cancelled {
		return nil
	}
	d := l.drafts.Get().(*jobDraft)
	defer l.drafts.Put(d)
	d.line = journal.JobLine{
		Seq: r.Number(), Start: r.Start, Took: r.Took, Receive: r.Received(runner.Stdout),
		Exit: r.Status.Code, Signal: int(r.Status.Signal),
		Command: l.display(d.line.Command[:0], template.Job{Chunk: r.Chunk, Slot: r.Slot}),
	}
	if r.Status.Kind == runner.TimedOut {
		d.line.Exit = -1
	}
	d.text = d.line.Append(d.text[:0])
	return l.file.Append(d.text)
}
