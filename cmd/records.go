package cmd

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"pmap/runner"
)

// recordOptions say what is kept of a run, and what of an earlier one counts.
type recordOptions struct {
	journal  string
	resume   bool
	keyMtime bool
}

func (o *recordOptions) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.journal, "journal", "", "write a JSON line to `FILE` for each try that has ended, before its output goes out")
	fs.BoolVar(&o.resume, "resume", false, "go on with what the journal says: run what has not succeeded yet")
	fs.BoolVar(&o.keyMtime, "key-mtime", false, "a journal's item counts as done only while the file that it names has the same size and time")
}

// recordsConflict is about records that don't go together.
func (o *options) recordsConflict(given func(...string) bool) error {
	r := &o.records
	switch {
	case given("journal") && r.journal == "":
		return usage("--journal needs the name of a file", "for example: --journal run.jsonl")
	case r.resume && r.journal == "":
		return usage("--resume needs a record to go on with", "name it: --journal FILE --resume")
	case r.keyMtime && r.journal == "":
		return usage("--key-mtime says how a journal tells items apart", "add --journal FILE")
	}
	return nil
}

// checkFiles refuses to write over what is there already.
func (o *recordOptions) checkFiles() error {
	if o.journal != "" && !o.resume && holdsBytes(o.journal) {
		return journalInTheWay(o.journal)
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
	if r.records.journal == "" {
		return nil
	}
	j, err := r.openJournal()
	if err != nil {
		return err
	}
	r.closeRecords = append(r.closeRecords, j.file.Close)
	cfg.Recorders = append(cfg.Recorders, j)
	return nil
}

// recordsEnd closes the records; the error is the first failure of them.
func (r *execution) recordsEnd() error {
	var failed []error
	for _, c := range r.closeRecords {
		failed = append(failed, c())
	}
	return errors.Join(failed...)
}
