package cmd

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"pmap/runner"
	"pmap/runner/journal"
	"pmap/runner/results"
	"pmap/runner/template"
)

// resultsKind is what --results names.
type resultsKind int

const (
	noResults resultsKind = iota
	resultsDir
	resultsTable
)

// resultsFile is where results go, and whether what is there may be added to.
func (o *recordOptions) resultsFile() (name string, kind resultsKind, adding bool) {
	name, adding = o.results, o.resumes()
	switch {
	case name == "":
		return "", noResults, false
	case strings.HasSuffix(name, ".csv"), strings.HasSuffix(name, ".tsv"):
		bare, plus := strings.CutPrefix(name, "+")
		return bare, resultsTable, adding || plus
	}
	return name, resultsDir, adding
}

// checkResults refuses to write over what is there already.
func (o *recordOptions) checkResults() error {
	name, kind, adding := o.resultsFile()
	switch {
	case kind == resultsTable && !adding && holdsBytes(name):
		return tableInTheWay(name)
	case kind == resultsDir && !adding && holdsFiles(name):
		return folderInTheWay(name)
	case kind == resultsDir && isFile(name):
		return usage(fmt.Sprintf("--results %s is a file, not a folder", name), "a file of rows has a name that ends in .csv or .tsv")
	}
	return nil
}

func folderInTheWay(name string) error {
	return usage(fmt.Sprintf("the results folder %s isn't empty", name),
		fmt.Sprintf("to go on with it: --journal FILE --resume --results %s\nto begin anew: --results ANOTHER-FOLDER", name))
}

func tableInTheWay(name string) error {
	return usage(fmt.Sprintf("the results file %s isn't empty", name),
		fmt.Sprintf("to go on with it: --journal FILE --resume --results %s\nto add to it: --results +%s", name, name))
}

func holdsFiles(name string) bool {
	entries, err := os.ReadDir(name)
	return err == nil && len(entries) > 0
}

func isFile(name string) bool {
	st, err := os.Stat(name)
	return err == nil && !st.IsDir()
}

// hasPlaceholder reports whether a name would be another for each job.
func hasPlaceholder(name string) bool {
	w, err := template.CompileWord(name, "")
	return err != nil || !w.Constant()
}

// openResults opens what keeps the jobs' output. done may be nil.
func (r *execution) openResults(cfg *runner.Config, done *journal.Done) error {
	o := &r.records
	name, kind, adding := o.resultsFile()
	switch {
	case kind == resultsDir:
		return r.openFolder(cfg, name, adding, done)
	case kind == resultsTable:
		return r.openTable(cfg, name, adding)
	case o.files:
		cfg.Keeper = results.Loose{Dir: r.spillDir()}
	}
	return nil
}

func (r *execution) openFolder(cfg *runner.Config, name string, adding bool, done *journal.Done) error {
	var kept func(func(string))
	if done != nil {
		kept = done.Kept
	}
	dir, err := results.NewDir(name, kept)
	if err != nil {
		return err
	}
	r.closeRecords = append(r.closeRecords, dir.Close)
	if !adding && holdsFiles(name) {
		return folderInTheWay(name) // it was written after the first look
	}
	cfg.Keeper = dir
	cfg.Recorders = append(cfg.Recorders, dir)
	return nil
}

func (r *execution) openTable(cfg *runner.Config, name string, adding bool) error {
	if !adding && holdsBytes(name) {
		return tableInTheWay(name) // it was written after the first look
	}
	comma := byte(',')
	if strings.HasSuffix(name, ".tsv") {
		comma = '\t'
	}
	table, torn, err := results.OpenTable(name, comma, r.display)
	if errors.Is(err, results.ErrOther) {
		return usage(err.Error(), "to begin anew: --results ANOTHER-FILE")
	}
	if err != nil {
		return err
	}
	if torn > 0 {
		r.con.say(fmt.Sprintf("the results file %s ended in a torn row: its %d bytes have been removed", name, torn))
	}
	r.closeRecords = append(r.closeRecords, table.Close)
	cfg.Recorders = append([]runner.Recorder{table}, cfg.Recorders...) // what is recorded is kept already
	return nil
}
