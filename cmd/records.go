package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"pmap/chunker"
	"pmap/runner"
	"pmap/runner/journal"
)

// recordOptions say what is kept of a run, and what of an earlier one counts.
type recordOptions struct {
	journal      string
	keyMtime     bool
	jobLog       string // with the + before it
	resume       bool
	resumeFailed bool
	retryFailed  bool
	results      string
	files        bool
	json         bool
	events       string
}

func (o *recordOptions) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.journal, "journal", "", "write a JSON line to `FILE` for each try that has ended, before its output goes out")
	fs.BoolVar(&o.keyMtime, "key-mtime", false, "a journal's item counts as done only while the file that it names has the same size and time")
	fs.StringVar(&o.jobLog, "joblog", "", "write a line to `FILE` for each job that has ended, in GNU parallel's columns; +FILE adds to what is there")
	fs.BoolVar(&o.resume, "resume", false, "go on with what the journal says: run what has not succeeded yet; or with the job log: what it doesn't have")
	fs.BoolVar(&o.resumeFailed, "resume-failed", false, "go on with what the job log says: run what it doesn't have, and again what failed")
	fs.BoolVar(&o.retryFailed, "retry-failed", false, "run the commands again that failed, as the job log has them; nothing else")
	fs.StringVar(&o.results, "results", "", "keep the output of each job under `DIR`, in GNU parallel's form, or in the rows of a file whose name ends in .csv or .tsv")
	fs.BoolVar(&o.files, "files", false, "print the name of a file with the output of each job, not the output")
	fs.BoolVar(&o.json, "json", false, "print a JSON object for each job, with how it ended and what it printed")
	fs.StringVar(&o.events, "events", "", "write starts, ends, tries and kills as JSON lines to `FILE` or fd:N while they happen")
}

// resumes reports whether an earlier run counts.
func (o *recordOptions) resumes() bool { return o.resume || o.resumeFailed || o.retryFailed }

// jobLogFile is the job log's name, and whether what is there may be added to.
func (o *recordOptions) jobLogFile() (name string, adding bool) {
	name, adding = strings.CutPrefix(o.jobLog, "+")
	return name, adding || o.resumes()
}

// checkFiles refuses to write over what is there already.
func (o *recordOptions) checkFiles() error {
	if o.journal != "" && !o.resume && holdsBytes(o.journal) {
		return journalInTheWay(o.journal)
	}
	if name, adding := o.jobLogFile(); !adding && holdsBytes(name) {
		return jobLogInTheWay(name)
	}
	return cmp.Or(o.checkEarlier(), checkEvents(o.events), o.checkResults())
}

// checkEarlier refuses a record of an earlier run that can't be read again.
func (o *recordOptions) checkEarlier() error {
	log, _ := o.jobLogFile()
	name := cmp.Or(o.journal, log)
	st, err := os.Stat(name)
	if o.resumes() && err == nil && st.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0 {
		return usage(fmt.Sprintf("%s is a pipe: what an earlier run has written to it is gone", name), "to go on with a run, its record is a file")
	}
	return nil
}

func journalInTheWay(name string) error {
	return usage(fmt.Sprintf("the journal %s isn't empty", name),
		fmt.Sprintf("to go on with it: --journal %s --resume\nto begin anew: --journal ANOTHER-FILE", name))
}

// holdsBytes reports whether a file is there and isn't empty.
func holdsBytes(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.Mode().IsRegular() && st.Size() > 0
}

// openRecords opens what the run is recorded in. Nothing can be refused any
// more but by the files themselves.
func (r *execution) openRecords(cfg *runner.Config) error {
	o := &r.records
	var done *journal.Done
	if o.journal != "" {
		j, err := r.openJournal()
		if err != nil {
			return err
		}
		done = j.done
		r.addRecord(cfg, j, j.file)
	}
	if o.jobLog != "" {
		l, err := r.openJobLog()
		if err != nil {
			return err
		}
		r.addRecord(cfg, l, l.file)
	}
	if err := r.openResults(cfg, done); err != nil {
		return err
	}
	if o.json {
		cfg.Output.Object = r.object()
	}
	if o.events == "" {
		return nil
	}
	ev, err := r.openEvents()
	if err != nil {
		return err
	}
	cfg.Observer.(*observer).events = ev
	r.addRecord(cfg, ev, ev.file)
	return nil
}

// object makes the members of a job's JSON object, but for its output.
func (r *execution) object() func(*runner.Result) []byte {
	d := newDrafter(r.options, r.plan)
	return func(res *runner.Result) []byte {
		dr := d.take()
		defer d.drop(dr)
		d.result(dr, res, false)
		return dr.entry.AppendEnd(dr.entry.AppendTask([]byte{'{'}))
	}
}

func (r *execution) addRecord(cfg *runner.Config, rec runner.Recorder, file *journal.File) {
	r.closeRecords = append(r.closeRecords, file.Close)
	cfg.Recorders = append(cfg.Recorders, rec)
}

// planRecord is what --dry-run knows of an earlier run; nil where nothing
// counts.
func (o *options) planRecord(pl *plan, say func(string)) (enter func(*chunker.Chunk) error, err error) {
	switch r := &o.records; {
	case r.retryFailed || !r.resumes():
		return nil, nil
	case r.jobLog != "":
		l, err := o.planJobLog(pl)
		return l.Enter, err
	default:
		j, err := o.planJournal(pl, say)
		return j.Enter, err
	}
}

// recordsEnd closes the records; the error is the first failure of them.
func (r *execution) recordsEnd() error {
	var failed []error
	for _, c := range r.closeRecords {
		failed = append(failed, c())
	}
	return errors.Join(failed...)
}
