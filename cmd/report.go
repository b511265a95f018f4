package cmd

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"pmap/runner/report"
)

// reportOptions are those of pmap report.
type reportOptions struct {
	json  bool
	trace string
	help  bool
}

func (o *reportOptions) AddFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.json, "json", false, "print the report as a JSON object")
	fs.StringVar(&o.trace, "trace", "", "write the tries to `FILE` in Chrome's trace format, for https://ui.perfetto.dev")
	fs.BoolVarP(&o.help, "help", "h", false, "print this")
}

const reportHead = `Usage: %[1]s report [OPTION]... FILE
Say what happened in the runs of a journal, which --journal FILE writes; - is
standard input.

`

// runReport is pmap report.
func runReport(p Process, args []string) (outcome, error) {
	var o reportOptions
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.SortFlags = false
	o.AddFlags(flags)
	if err := flags.Parse(args); err != nil {
		return outcome{}, reportUsage(flagError(flags, err))
	}
	out := ownOutput(p.Stdout)
	if o.help {
		return printed(out, reportHelp(p.Name, flags))
	}
	if len(flags.Args()) != 1 {
		return outcome{}, reportUsage(usage("report needs the name of one journal", ""))
	}
	r, err := o.read(p, flags.Arg(0))
	if err != nil {
		return outcome{}, err
	}
	if !o.json {
		return printed(out, reportText(r))
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return outcome{}, err
	}
	return printed(out, string(text)+"\n")
}

// reportUsage says how to run a program that is called report.
func reportUsage(err error) error {
	var u *usageError
	if errors.As(err, &u) {
		u.hint = "for example: pmap report run.jsonl; for a program of that name: pmap -- report ..."
	}
	return err
}

func (o *reportOptions) read(p Process, name string) (*report.Report, error) {
	fd := p.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("cannot open %q: %w", name, pathCause(err))
		}
		defer f.Close()
		fd = int(f.Fd())
	}
	in := fdReader{fd, name}
	if o.trace == "" {
		return report.Read(name, in, nil)
	}
	if err := checkTrace(o.trace, fd, p.Stdout); err != nil {
		return nil, err
	}
	f, err := os.Create(o.trace)
	if err != nil {
		return nil, fmt.Errorf("cannot create %q: %w", o.trace, pathCause(err))
	}
	r, err := report.Read(name, in, f)
	if err = cmp.Or(err, f.Close()); err != nil {
		var failed *fs.PathError // of the trace: the journal is no os.File here
		if errors.As(err, &failed) {
			err = fmt.Errorf("cannot write to %q: %w", o.trace, failed.Err)
		}
		return nil, err
	}
	return r, nil
}

// checkTrace refuses to write over the journal, or into the report.
func checkTrace(name string, in, out int) error {
	var st unix.Stat_t
	if unix.Stat(name, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil
	}
	is := func(fd int) bool {
		var other unix.Stat_t
		return unix.Fstat(fd, &other) == nil && sameInode(&other, &st)
	}
	switch {
	case is(in):
		return usage("--trace would write over the journal", "write to another file: --trace trace.json")
	case is(out):
		return usage(fmt.Sprintf("--trace %s is pmap's own output too", name), "write to another file: --trace trace.json")
	}
	return nil
}

// An fdReader reads a descriptor that stays somebody else's.
type fdReader struct {
	fd   int
	name string // - is standard input
}

func (r fdReader) Read(p []byte) (int, error) {
	for {
		switch n, err := unix.Read(r.fd, p); {
		case err == unix.EINTR:
		case err != nil && r.name == "-":
			return 0, fmt.Errorf("cannot read standard input: %w", err)
		case err != nil:
			return 0, fmt.Errorf("cannot read %q: %w", r.name, err)
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

func pathCause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

func sameFileName(a, b string) bool {
	sa, err1 := os.Stat(a)
	sb, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(sa, sb)
}

func reportHelp(name string, flags *pflag.FlagSet) string {
	return fmt.Sprintf(reportHead, name) + flagsHelp(flags)
}
