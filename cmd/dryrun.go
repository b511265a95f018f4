package cmd

import (
	"io"
	"strings"

	"pmap/runner"
	"pmap/runner/template"
	"pmap/startmode"
)

const dryRunBuffer = 32 << 10 // bytes of output before it is written

// dryRun prints each job as a person would have typed it. It reads lazily:
// what can be printed is out before it waits for more input.
func (p *plan) dryRun(src runner.Source, out io.Writer) error {
	var buf []byte
	var argv startmode.Strings
	for list := newJobList(src, p); ; {
		if len(buf) > dryRunBuffer || !list.ready() {
			if _, err := out.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
		chunk, err := list.next()
		if err == io.EOF {
			_, err = out.Write(buf)
			return err
		}
		if err != nil {
			out.Write(buf)
			return err
		}
		job := template.Job{Chunk: chunk, Slot: 1}
		if err := p.tmpl.Render(&argv, job); err != nil {
			buf = append(buf, refusedJob(err)...)
		} else {
			buf = p.tmpl.Display(buf, job)
		}
		buf = append(buf, '\n')
	}
}

// refusedJob stands for a job that would not be run. It is a comment: what is
// printed may be given to a shell, for which the job's values are unfit.
func refusedJob(err error) string {
	return "# refused: " + strings.ReplaceAll(err.Error(), "\n", "\n# ")
}
