package cmd

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"pmap/runner"
	"pmap/runner/template"
)

// freshDir as --workdir's value is an empty directory for each job.
const freshDir = "..."

// compileDir compiles --workdir; nil where it is no template.
func (o *options) compileDir(only string, packing template.Packing) (*template.Word, error) {
	if o.command.workdir == freshDir {
		return nil, nil
	}
	w, err := compileWord("--workdir", o.command.workdir, only, packing)
	if err == nil {
		err = refuseSeveral("--workdir", "directory", w)
	}
	return w, err
}

// withoutPWD leaves out the variable that names pmap's own directory, since
// jobs under --workdir get one of their own.
func (o *commandOptions) withoutPWD(environ []string) []string {
	if o.workdir == "" {
		return environ
	}
	return slices.DeleteFunc(environ, func(kv string) bool { return strings.HasPrefix(kv, "PWD=") })
}

// jobDir is where jobs run, nil for pmap's own directory.
func (r *execution) jobDir() (*runner.JobDir, error) {
	if r.options.command.workdir == "" {
		return nil, nil
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("cannot find out where pmap itself is: %w", err)
	}
	d := &runner.JobDir{Here: here, Name: r.dir}
	if r.dir != nil {
		return d, nil
	}
	d.Temp = scratchName(r.spillDir())
	return d, nil
}

// enterDir appends what makes and enters the job's directory.
func (p *plan) enterDir(dst []byte, job template.Job) []byte {
	if p.fresh {
		return append(dst, `cd "$(mktemp -d)"`...)
	}
	dir := p.dir.Append(nil, job)
	if len(dir) > 0 && dir[0] == '-' {
		dir = append([]byte("./"), dir...) // else it is an option
	}
	dst = template.Quote(append(dst, "mkdir -p "...), dir)
	return template.Quote(append(dst, " && cd "...), dir)
}
