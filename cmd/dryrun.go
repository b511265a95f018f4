package cmd

import (
	"io"

	"pmap/runner"
	"pmap/runner/template"
)

const dryRunBuffer = 32 << 10 // bytes of output before it is written

// dryRun prints each job as a person would have typed it. It reads lazily:
// what can be printed is out before it waits for more input.
func (p *plan) dryRun(src runner.Source, out io.Writer) error {
	var buf []byte
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
		buf = p.tmpl.Display(buf, template.Job{Chunk: chunk, Slot: 1})
		buf = append(buf, '\n')
	}
}
