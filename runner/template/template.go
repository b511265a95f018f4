package template

import (
	"fmt"
	"path/filepath"
	"strings"

	"pmap/startmode"
)

// A Mode says whether a shell is wanted.
type Mode int

const (
	Auto   Mode = iota // by the looks of the words
	Script             // the word is a script
	Argv               // the words are executed as they are
)

// A Config is a command line and what it is compiled under.
type Config struct {
	Words   []string // the command line's words
	Mode    Mode
	Shell   []string // argv of the shell; empty is sh
	Replace string   // the only placeholder; empty is the usual list
	Packing Packing  // how several items go into one command
	Placed  bool     // the item goes elsewhere, such as into the name of the job's stdin: it is not appended
	Named   bool     // the item goes nowhere unless the words say where: it is not appended, and none is an error

	// Prepared says that the shell has read a file first: it runs every command,
	// since only it knows which ones are functions.
	Prepared bool

	Beside  []*Word  // words that are made for each job beside the command; nil ones don't count
	Program string   // the path of the program, whatever the first word says; empty: looked up
	Moved   bool     // jobs run in another directory: that is where a relative path to the program begins
	Environ []string // where PATH and bash's exported functions are looked up
	Around  []string // variables that jobs may not have, of which a hint can be
}

// A Template lays out the argv of each job. It doesn't change once compiled,
// so any number of slots may use it at the same time.
type Template struct {
	lead    []string // the words that are the same for every job, up to the first that isn't
	words   []Word   // the others
	program string
	shell   bool
	source  string
	script  string // as compiled, where a shell runs it
	numbers []numberOp
	named   []op // what the script's variables stand for

	pack     Packing
	furthest int // the highest {N} that is an item by position
	widest   int // the highest {N} that is a column which may be missing
	show     display
}

// Compile compiles a command line. The error is a *UsageError or a
// *ProgramError; nothing has been read or run then.
func Compile(cfg Config) (*Template, error) {
	if len(cfg.Shell) == 0 {
		cfg.Shell = []string{"sh"}
	}
	if err := checkWords(&cfg); err != nil {
		return nil, err
	}
	cfg.Placed = cfg.Placed || cfg.Packing.Mode == None
	t, err := compile(&cfg)
	if err != nil {
		return nil, err
	}
	t.source = quoteSources(cfg.Words)
	t.pack = cfg.Packing
	t.find(t.words)
	for _, o := range t.named {
		t.note(o)
	}
	for _, w := range cfg.Beside {
		if w != nil {
			t.find([]Word{*w})
		}
	}
	return t, nil
}

// compile chooses between argv and script.
func compile(cfg *Config) (*Template, error) {
	switch cfg.Mode {
	case Argv:
		return compileArgv(cfg)
	case Script:
		if len(cfg.Words) > 1 {
			return nil, manyScripts(cfg)
		}
		return compileScript(cfg)
	}
	spans, err := cfg.Packing.scan(cfg.Words[0], cfg.Replace)
	if err != nil {
		return nil, err
	}
	script := looksLikeScript(cfg.Words[0], spans)
	switch {
	case len(cfg.Words) == 1 && script:
		return compileScript(cfg)
	case script && len(spans) > 0 && strings.HasPrefix(cfg.Words[1], "-"):
		return nil, &UsageError{Msg: "a script stands alone, and " + quoteSource(cfg.Words[1]) + " comes after it", Hint: optionsFirst}
	case len(cfg.Words) > 1:
		if err := refuseOperators(cfg); err != nil {
			return nil, err
		}
	}
	return compileArgv(cfg)
}

func checkWords(cfg *Config) error {
	if len(cfg.Words) == 0 {
		return &UsageError{Msg: "no command. To run each line as a shell command: pmap sh -c < FILE; to print the items: pmap echo"}
	}
	for _, w := range cfg.Words {
		if strings.IndexByte(w, 0) >= 0 {
			return &UsageError{Msg: fmt.Sprintf("the word %q holds a NUL", w)}
		}
	}
	return nil
}

func manyScripts(cfg *Config) error {
	e := &UsageError{Msg: "a script is one word, and these are several", Hint: "pmap --shell " + quoteSource(oneWord(cfg.Words))}
	rest := cfg.Words[1:]
	follows := len(rest) == 1 && hasScriptByte(rest[0]) || strings.HasPrefix(rest[0], "--") // the script, or more options
	if shell := strings.Fields(cfg.Words[0]); len(shell) > 0 && isShell(shell[0]) && follows {
		if len(shell) == 1 && filepath.Base(shell[0]) == "busybox" {
			shell = append(shell, "sh")
		}
		e.Hint = "pmap --shell=" + quoteSource(strings.Join(shell, " ")) + " " + quoteSources(rest)
		return e
	}
	if hasScriptByte(cfg.Words[0]) && strings.HasPrefix(cfg.Words[1], "-") {
		e.Hint = optionsFirst
	}
	return e
}

// optionsFirst is for options that stand behind a script.
const optionsFirst = "options go before the command: pmap OPTIONS 'SCRIPT'"

// looksLikeScript reports whether s holds, outside its placeholders, what
// only a shell understands.
func looksLikeScript(s string, spans []span) bool {
	done := 0
	for _, sp := range spans {
		if hasScriptByte(s[done:sp.start]) {
			return true
		}
		done = sp.end
	}
	return hasScriptByte(s[done:])
}

func hasScriptByte(s string) bool { return strings.ContainsAny(s, " \t\n|&;<>()$`\\\"'") }

// Render lays out the job's argv in dst, in place of what was there. The
// error is a *JobError: this job can't be run, others may.
func (t *Template) Render(dst *startmode.Strings, job Job) error {
	if err := t.check(&job); err != nil {
		return err
	}
	if t.pack.Pad {
		job.pad = t.pack.Most
	}
	dst.Reset()
	for _, w := range t.lead {
		dst.AppendString(w)
	}
	for i := range t.words {
		t.words[i].render(dst, &job)
	}
	return nil
}

// check says why the job's values can't be its arguments, if so.
func (t *Template) check(job *Job) error {
	if t.pack.Mode != Single {
		if err := t.checkItems(job); err != nil {
			return err
		}
	} else if len(job.Chunk.Items) > 0 && job.Chunk.Items[0].HasNUL() {
		return &JobError{Msg: "the item holds a NUL, which no argument can"}
	}
	if t.widest > 0 {
		if err := t.checkColumns(job); err != nil {
			return err
		}
	}
	for _, o := range t.numbers {
		if v := o.append(nil, job); !isInteger(v) {
			return o.refuse(v)
		}
	}
	return nil
}

// A numberOp is a placeholder whose value must be an integer: it stands in
// arithmetic.
type numberOp struct {
	op
	index bool // as a subscript, of which only the shell knows whether it is a number
}

func (o numberOp) refuse(value []byte) error {
	if o.index {
		return &JobError{Msg: fmt.Sprintf("%q isn't an integer, and it stands in a subscript; for the key of an associative array: k={}; ... ${NAME[$k]}", value)}
	}
	return &JobError{Msg: fmt.Sprintf("%q isn't an integer, and it stands in arithmetic", value)}
}

// isInteger reports whether v is digits after at most one sign.
func isInteger(v []byte) bool {
	if len(v) > 0 && (v[0] == '+' || v[0] == '-') {
		v = v[1:]
	}
	for _, c := range v {
		if !isDigit(c) {
			return false
		}
	}
	return len(v) > 0
}

// split divides the words into the constant ones at the start and the rest.
func (t *Template) split(words []Word) {
	n := 0
	for n < len(words) && words[n].Constant() {
		t.lead = append(t.lead, words[n].literal())
		n++
	}
	t.words = words[n:]
}

// Program is the path of the program to execute. It is empty where the
// program's name has a placeholder: then LookPath finds each job's own.
func (t *Template) Program() string { return t.program }

// Shell reports whether a shell runs the command.
func (t *Template) Shell() bool { return t.shell }

// Source is the words as they were given, quoted.
func (t *Template) Source() string { return t.source }

// Compiled is the script as the shell gets it, "" where no shell runs it.
func (t *Template) Compiled() string { return t.script }
