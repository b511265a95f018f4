package cmd

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"pmap/runner"
)

// outputOptions say where output goes, when, and what pmap itself says.
type outputOptions struct {
	keepOrder  bool
	unordered  bool
	group      bool
	lineBuffer bool
	ungroup    bool
	tag        bool
	tagString  string
	buffer     sizeValue
	spill      sizeValue
	tmpDir     string

	progress   bool
	noProgress bool
	commands   bool // -t
	verbose    bool // -v
	quiet      bool
	color      choiceValue
}

func (o *outputOptions) AddFlags(fs *pflag.FlagSet) {
	o.buffer = sizeValue{bytes: 64 << 20, defaultString: "64M"}
	o.spill = sizeValue{bytes: -1, unlimitedToo: true, defaultString: "unlimited"}
	fs.BoolVarP(&o.keepOrder, "keep-order", "k", false, "output in the order of the items: the default; with --line-buffer, the job whose turn it is streams")
	fs.BoolVar(&o.unordered, "unordered", false, "output of each job as it ends")
	fs.BoolVar(&o.group, "group", false, "keep the output of a job together: the default")
	fs.BoolVar(&o.lineBuffer, "line-buffer", false, "output whole lines as they come, of all jobs")
	fs.BoolVar(&o.lineBuffer, "linebuffer", false, "same as --line-buffer")
	fs.BoolVar(&o.lineBuffer, "lb", false, "same as --line-buffer")
	fs.BoolVarP(&o.ungroup, "ungroup", "u", false, "jobs write to pmap's own output themselves, mixed as it comes")
	fs.BoolVar(&o.tag, "tag", false, "put the item and a tab before each line of its output")
	fs.StringVar(&o.tagString, "tagstring", "", "put `TEMPLATE` and a tab before each line of output")
	fs.Var(&o.buffer, "buffer", "output that waits in memory")
	fs.Var(&o.spill, "spill", "output that waits in files beyond that, or unlimited; then no more jobs are started")
	fs.StringVar(&o.tmpDir, "tmpdir", "", "`DIR` of those files (default $TMPDIR or /tmp)")
	o.color = choiceValue{value: "auto", allowed: []string{"auto", "always", "never"}}
	fs.Var(&o.color, "color", "make the tags of failed jobs red: on a terminal, always or never")
	o.addReports(fs)
}

// addReports adds what pmap says on stderr.
func (o *outputOptions) addReports(fs *pflag.FlagSet) {
	fs.BoolVar(&o.progress, "progress", false, "show how far the run is, with a bar where the total is known")
	fs.BoolVar(&o.progress, "bar", false, "same as --progress")
	fs.BoolVar(&o.progress, "eta", false, "same as --progress")
	fs.BoolVar(&o.noProgress, "no-progress", false, "never show how far the run is")
	fs.BoolVarP(&o.commands, "verbose", "t", false, "print each command as it starts")
	fs.BoolVarP(&o.verbose, "trace", "v", false, "print each command as it starts, and each failure when it happens")
	fs.BoolVar(&o.quiet, "quiet", false, "say nothing: the exit status tells")
}

// order and grouping: --line-buffer is unordered unless -k is given too.
func (o *outputOptions) order() runner.Order {
	if o.unordered || o.lineBuffer && !o.keepOrder {
		return runner.Unordered
	}
	return runner.Ordered
}

func (o *outputOptions) grouping(terminal bool) runner.Grouping {
	switch {
	case o.ungroup || terminal:
		return runner.Ungrouped
	case o.lineBuffer:
		return runner.ByLine
	}
	return runner.ByJob
}

// holds reports whether a job's output goes out whole, at its end. What comes as
// an answer is whole anyway, and can wait for its record.
func (o *options) holds() bool {
	_, kind, _ := o.records.resultsFile()
	answered := o.builtins.name != "" || o.warm.coproc != ""
	recorded := o.records.journal != "" || o.records.jobLog != ""
	return kind == resultsTable || o.records.json || answered && recorded
}

// separates reports whether a job's stdout and stderr are kept apart, even
// where pmap's own are one file.
func (o *options) separates() bool { return o.records.results != "" || o.records.json }

// red says in which streams the tags of failed jobs are red.
func (o *outputOptions) red(env *environment, stdout, stderr int) [2]bool {
	switch {
	case o.color.value == "always":
		return [2]bool{true, true}
	case o.color.value == "never" || env.noColor || env.dumb:
		return [2]bool{}
	}
	return [2]bool{isTerminal(stdout), isTerminal(stderr)}
}

// checkTmpDir looks at a --tmpdir that was given.
func (o *outputOptions) checkTmpDir() error {
	if o.tmpDir == "" {
		return nil
	}
	st, err := os.Stat(o.tmpDir)
	if err != nil {
		return usage(fmt.Sprintf("cannot use --tmpdir %s: %v", o.tmpDir, pathCause(err)), "name a directory that is there")
	}
	if !st.IsDir() {
		return usage(fmt.Sprintf("cannot use --tmpdir %s: %v", o.tmpDir, unix.ENOTDIR), "name a directory that is there")
	}
	return nil
}
