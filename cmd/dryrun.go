package cmd

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"pmap/runner"
	"pmap/runner/template"
	"pmap/runner/warm"
	"pmap/startmode"
)

const dryRunBuffer = 32 << 10 // bytes of output before it is written

// dryRun prints each job as a person would have typed it. It reads lazily:
// what can be printed is out before it waits for more input.
func (p *plan) dryRun(list *jobList, out io.Writer) error {
	var buf []byte
	var argv startmode.Strings
	for {
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
		if err := p.render(&argv, job); err != nil {
			buf = append(buf, refusedJob(err)...)
		} else {
			buf = p.display(buf, job)
		}
		buf = append(buf, '\n')
	}
}

// render lays out the job's argv. The error says why the job would not be run.
func (p *plan) render(argv *startmode.Strings, job template.Job) error {
	err := p.tmpl.Render(argv, job)
	if err == nil && p.coproc != nil {
		_, err = p.coproc.Framing.Request(nil, job.Chunk.Items[0].Text())
	}
	return err
}

// display appends the job's command as a person would have typed it, with the
// redirections that --stdin and --stdout are.
func (p *plan) display(dst []byte, job template.Job) []byte {
	switch {
	case p.retried != nil:
		return append(dst, job.Chunk.Items[0].Record...)
	case p.coproc != nil:
		dst = appendRequest(dst, p.coproc.Framing, job.Chunk.Items[0].Text())
		return grouped(append(dst, " | "...), p.tmpl.Display(nil, job), p.tmpl.Compiled() != "")
	case p.alone != nil:
		dst = p.displayAlone(dst, job)
	case p.dir != nil || p.fresh:
		dst = append(p.enterDir(append(dst, '('), job), " && "...)
		dst = append(grouped(dst, p.tmpl.Display(nil, job), p.tmpl.Compiled() != ""), ')')
	case p.sourced != "":
		dst = p.displaySourced(dst, job)
	case p.stdin == nil && p.stdout == nil:
		return p.tmpl.Display(dst, job)
	default:
		dst = grouped(dst, p.tmpl.Display(nil, job), p.tmpl.Compiled() != "")
	}
	for _, r := range []struct {
		sign string
		file *template.Word
	}{{" < ", p.stdin}, {" > ", p.stdout}} {
		if r.file != nil {
			dst = template.Quote(append(dst, r.sign...), r.file.Append(nil, job))
		}
	}
	return dst
}

// alone are the words after a pmap and before ::: and an item, where nothing
// simpler does what a job does. words are a built-in worker's arguments.
func (o *options) alone(words []string) []string {
	var alone []string
	switch w := &o.warm; {
	case o.builtins.name != "":
		switch {
		case o.input.null:
			alone = append(alone, "-0")
		case len(o.input.delimiter) > 0:
			alone = append(alone, "-d", escape(o.input.delimiter))
		}
		return slices.Concat(alone, []string{"--builtin"}, o.builtins.words(words))
	case w.isPython() && o.command.stdin != "":
		alone = append(alone, "--stdin", "/dev/stdin")
	case !w.isPython():
		return nil
	}
	if o.warm.python != "" {
		return append(alone, "--python", o.warm.python)
	}
	if o.warm.setup != "" {
		alone = append(alone, "--python-setup", o.warm.setup)
	}
	return append(alone, "--python-code", o.warm.code)
}

// displayAlone appends a pmap that has the one item to run.
func (p *plan) displayAlone(dst []byte, job template.Job) []byte {
	item := string(job.Chunk.Items[0].Text())
	dst, sep := append(template.Quote(dst, []byte(ownName())), ' '), ":::"
	if slices.ContainsFunc(append(p.alone[:len(p.alone):len(p.alone)], item), separators{values: sep, files: "::::"}.is) {
		dst, sep = append(dst, "--arg-sep :: --arg-file-sep ::::: "...), "::"
	}
	for _, w := range p.alone {
		dst = append(template.Quote(dst, []byte(w)), ' ')
	}
	return template.Quote(append(append(dst, sep...), ' '), []byte(item))
}

// ownName is what a shell finds this very program by: another one may be called
// pmap, too.
var ownName = sync.OnceValue(func() string {
	const usual = "pmap"
	own, err := os.Executable()
	if err != nil {
		return usual
	}
	for _, name := range []string{usual, filepath.Base(os.Args[0])} {
		if found, err := template.LookPath(name, os.Environ()); err == nil && sameFileName(found, own) {
			return name
		}
	}
	return own
})

// displaySourced appends the command in a shell that has read --preload's file.
func (p *plan) displaySourced(dst []byte, job template.Job) []byte {
	dst = append(template.Quote(append(dst, "(. "...), []byte(warm.Operand(p.sourced))), "; "...)
	command := p.tmpl.Display(nil, job)
	end := ")"
	if bytes.ContainsAny(command, "\n#") {
		end = "\n)"
	}
	return append(append(dst, command...), end...)
}

// appendRequest appends a command that prints an item as a coprocess is sent it.
func appendRequest(dst []byte, framing runner.Framing, item []byte) []byte {
	dst = append(dst, "printf '"...)
	switch framing {
	case runner.FramedByLine:
		dst = append(dst, `%s\n`...)
	case runner.FramedByNUL:
		dst = append(dst, `%s\0`...)
	case runner.FramedByLength:
		for _, b := range binary.BigEndian.AppendUint32(nil, uint32(len(item))) {
			dst = fmt.Appendf(dst, `\%03o`, b)
		}
		dst = append(dst, "%s"...)
	}
	return template.Quote(append(dst, "' "...), item)
}

// grouped appends a command so that a redirection after it, or a pipe before
// it, is of all of it.
func grouped(dst, command []byte, script bool) []byte {
	if !script {
		return append(dst, command...)
	}
	end := "; }"
	if bytes.ContainsAny(command, "\n#") || bytes.HasSuffix(bytes.TrimRight(command, " \t"), []byte("&")) ||
		bytes.HasSuffix(bytes.TrimRight(command, " \t"), []byte(";")) {
		end = "\n}"
	}
	return append(append(append(dst, "{ "...), command...), end...)
}

// refusedJob stands for a job that would not be run. It is a comment: what is
// printed may be given to a shell, for which the job's values are unfit.
func refusedJob(err error) string {
	return "# refused: " + strings.ReplaceAll(err.Error(), "\n", "\n# ")
}
