package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"pmap/chunker"
	"pmap/runner/template"
	"pmap/startmode"
)

// explain prints what becomes of the command for the first item, or
// the first job's items.
func (p *plan) explain(list *jobList, pid int, out io.Writer) error {
	chunk, err := list.next()
	if err == io.EOF {
		return writeString(out, "no items: nothing would run\n")
	}
	if err != nil {
		return err
	}
	job := template.Job{Chunk: chunk, Slot: 1}
	var argv startmode.Strings
	if err := p.render(&argv, job); err != nil {
		return err
	}
	return writeString(out, p.explanation(&argv, job, pid))
}

func (p *plan) explanation(argv *startmode.Strings, job template.Job, pid int) string {
	var b strings.Builder
	if p.pooled != nil {
		fmt.Fprintf(&b, "built-in worker: %s, in a process for each slot that lives on\n", jsonWords(p.pooled))
		fmt.Fprintf(&b, "item: %s\n", jsonWords([]string{string(job.Chunk.Items[0].Text())}))
		fmt.Fprintf(&b, "environment: %s\n", strings.TrimLeft(p.givenVariables()+"; "+p.otherVariables(), "; "))
		fmt.Fprintf(&b, "start method: %s (%s)\n", p.method, p.methodWhy)
		return b.String()
	}
	if w := p.prepared; w.lead > 0 {
		fmt.Fprintf(&b, "warm interpreter: %s\n", w)
		fmt.Fprintf(&b, "arguments: %s\n", jsonWords(argv.Slice()[w.lead:]))
	} else {
		fmt.Fprintf(&b, "argv: %s\n", jsonWords(argv.Slice()))
	}
	if program := p.tmpl.Program(); program != "" {
		fmt.Fprintf(&b, "program: %s\n", program)
	} else {
		b.WriteString("program: looked up for each job\n")
	}
	if p.tmpl.Shell() {
		fmt.Fprintf(&b, "script:\n    %s\n", strings.ReplaceAll(p.tmpl.Compiled(), "\n", "\n    "))
	}
	fmt.Fprintf(&b, "environment: %s PMAP_PID=%d %s%s; %s\n",
		p.jobVariables(), pid, p.environ[len(p.environ)-1], p.givenVariables(), p.otherVariables())
	if p.fresh {
		b.WriteString("directory: an empty one for each job\n")
	} else if p.dir != nil {
		fmt.Fprintf(&b, "directory: %s\n", p.dir.Append(nil, job))
	}
	fmt.Fprintf(&b, "stdin: %s\n", p.fileName(p.stdin, job, p.defaultStdin(job.Chunk.Share)))
	if p.stdout != nil {
		fmt.Fprintf(&b, "stdout: %s\n", p.fileName(p.stdout, job, ""))
	}
	fmt.Fprintf(&b, "start method: %s (%s)\n", p.method, p.methodWhy)
	return b.String()
}

// jobVariables are those of the first job alone. A coprocess is of its slot.
func (p *plan) jobVariables() string {
	if p.coproc != nil {
		return "PMAP_SLOT=1"
	}
	return "PMAP_SEQ=1 PMAP_SLOT=1 PMAP_TRY=1"
}

// givenVariables are those that --env sets, each after a blank.
func (p *plan) givenVariables() string {
	var b []byte
	for _, e := range p.given {
		if name, value, set := strings.Cut(e, "="); set {
			b = template.Quote(append(append(append(b, ' '), name...), '='), []byte(value))
		}
	}
	return string(b)
}

// otherVariables says what jobs find besides what pmap sets.
func (p *plan) otherVariables() string {
	if p.method != methodSpawn {
		return "the rest is pmap's own"
	}
	var names []string
	for _, kv := range p.environ[:len(p.environ)-1] {
		name, _, _ := strings.Cut(kv, "=")
		if !p.given.sets(name) {
			names = append(names, name)
		}
	}
	return "of pmap's own only " + strings.Join(names, " ")
}

func (p *plan) defaultStdin(b *chunker.Share) string {
	if b != nil && p.scratch == "" {
		return fmt.Sprintf("a block of %d bytes, after a header of %d", b.Size, len(b.Header))
	}
	switch {
	case p.coproc != nil:
		return "the items of a slot, one after the other"
	case p.terminal:
		return terminalFile
	}
	return nullFile
}

func (p *plan) fileName(w *template.Word, job template.Job, without string) string {
	if w == nil {
		return without
	}
	return string(w.Append(nil, job))
}

// jsonWords is a JSON array of words. JSON has no bytes, only characters: what
// is no UTF-8 is shown as U+FFFD.
func jsonWords(words []string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.Encode(words)
	return strings.TrimSuffix(b.String(), "\n")
}

func writeString(w io.Writer, s string) error {
	_, err := w.Write([]byte(s))
	return err
}
