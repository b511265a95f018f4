package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"pmap/chunker"
	"pmap/runner"
	"pmap/runner/template"
)

// A plan is a command line that has passed all checks of its own: what it
// means, with nothing run yet, and nothing read or opened but headers.
type plan struct {
	words       *commandLine
	tmpl        *template.Template
	stdin       *template.Word
	stdout      *template.Word
	tag         *template.Word
	dir         *template.Word // that jobs run in; nil: pmap's own, or
	fresh       bool           // an empty one each
	environ     []string
	around      []string // what pmap has itself
	slots       int
	input       *input   // opened already, where the command can't be understood without
	names       []string // of the columns
	widthNotice string
	whenFull    bool                  // the notice waits until all slots are in use
	known       int64                 // jobs that there will be, or -1
	shares      *chunker.ShareOptions // of the input, where that is what a job gets
	scratch     string                // under --cat, the directory of the jobs' files
	limits      *chunker.Limits       // of a job's items; nil: each job gets one
	sizeNotice  string
	method      string                // start method,
	methodWhy   string                // and why it is this one
	coproc      *runner.CoprocOptions // nil: no coprocess answers the items
	pooled      []string              // a built-in worker that lives on, and its arguments
	alone       []string              // of a pmap that runs one item, before ::: and that; nil: not what to type
	sourced     string                // what the jobs' shell has read
	prepared    preparation
	terminal    bool
	env         *environment
	given       envValue // --env's
	retried     []int64  // under --retry-failed: the jobs' numbers in the log
	ignored     bool     // and the words or the options of the input say something, too
}

// plan checks and compiles the command line.
func (o *options) plan(fs *pflag.FlagSet, p Process, env *environment, con *console) (*plan, error) {
	o.blocks.adopt(o)
	o.input.skipBlank = o.input.skipBlank || o.pack.lines.n > 0 // as xargs -L
	words, err := o.input.split(fs.Args())
	if err != nil {
		return nil, err
	}
	if err := o.check(fs, words, p); err != nil {
		return nil, err
	}
	pl := &plan{words: words, known: o.input.known(words), terminal: o.pool.terminal, env: env}
	if o.records.retryFailed {
		if err := o.records.retry(pl); err != nil {
			return nil, err
		}
		pl.known = int64(len(pl.retried))
		pl.ignored = o.input.plain() || pl.ignored
	}
	o.place(pl, p)
	columns, err := o.columns(pl, p, con)
	if err != nil {
		return nil, err
	}
	if err := o.compile(pl, env, columns); err != nil {
		return nil, err
	}
	return pl, o.divide(pl)
}

// check finds what contradicts itself, or names what can't be used.
func (o *options) check(fs *pflag.FlagSet, words *commandLine, p Process) error {
	for _, check := range []func() error{
		func() error { return o.conflicts(fs, words) },
		o.enoughFiles,
		o.output.checkTmpDir,
		func() error { return o.checkOwnFiles(words, p) },
		o.records.checkFiles,
		func() error { return o.workers.checkEnv(p.Environ) },
		o.warm.checkFile,
		func() error { return o.input.selection.part.resolve(p.Environ) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// place says by what start method, how many at a time and in what environment
// the jobs run.
func (o *options) place(pl *plan, p Process) {
	pl.method, pl.methodWhy = o.startMethod()
	o.warm.overrule(pl)
	cpus := cpuCount(pl.env.maxProcs)
	pl.slots, pl.widthNotice, pl.whenFull = o.pool.width(cpus, pl.env, pl.known, o.slotCost(pl.method))
	environ := o.command.withoutPWD(o.workers.environ(p.Environ, pl.method))
	pl.given = o.workers.env
	pl.around = p.Environ
	pl.environ = jobEnviron(environ, pl.env.share(cpus), pl.slots)
}

// divide says what of the input a job gets.
func (o *options) divide(pl *plan) (err error) {
	if !o.blocks.pipe {
		pl.limits, pl.sizeNotice, err = o.pack.limits(pl.tmpl, pl.environ, pl.slots)
		pl.known = o.pack.jobs(pl.known, pl.limits)
		return err
	}
	if o.blocks.cat {
		pl.scratch = scratchName(o.tempDir(pl.env))
	}
	pl.shares, err = o.blocks.options(o.input.delim(), pl.slots)
	return err
}

// columns is what the command can name of an item. Names are found in the
// input.
func (o *options) columns(pl *plan, p Process, con *console) (c template.Columns, err error) {
	if o.input.columns.header != "" {
		if pl.input, err = o.input.open(pl.words, p.Stdin, o.pack.pad, con.say); err != nil {
			return c, err
		}
		pl.names = pl.input.names
	}
	return o.input.templateColumns(pl.words, pl.names), nil
}

// openInput opens the sources, where that hasn't been done.
func (o *options) openInput(pl *plan, p Process, con *console) (err error) {
	switch {
	case pl.shares != nil:
		pl.input, err = o.openShares(pl, p, con)
	case pl.input == nil:
		pl.input, err = o.input.open(pl.words, p.Stdin, o.pack.pad, con.say)
	}
	return err
}

func (pl *plan) closeInput() {
	if pl.input != nil {
		pl.input.close()
	}
}

// compile compiles the command and the words that are templates beside it.
func (o *options) compile(pl *plan, env *environment, columns template.Columns) error {
	only, packing := o.command.only(), o.pack.packing()
	packing.Columns, packing.Pad = columns, o.pack.pad
	if o.blocks.pipe {
		packing = o.blocks.packing()
	}
	var err error
	if pl.stdin, err = compileWord("--stdin", o.command.stdin, only, packing); err != nil {
		return err
	}
	if pl.stdout, err = compileWord("--stdout", o.command.stdout, only, packing); err != nil {
		return err
	}
	if pl.tag, err = o.compileTag(only, packing); err != nil {
		return err
	}
	if err := cmp.Or(refuseSeveral("--stdin", "file", pl.stdin), refuseSeveral("--stdout", "file", pl.stdout)); err != nil {
		return err
	}
	if pl.stdout != nil && pl.stdout.Constant() {
		return usage(fmt.Sprintf("--stdout %s names the same file for every job", o.command.stdout),
			"put a placeholder into the name: --stdout {#}.out; or collect all output: pmap COMMAND > FILE")
	}
	if pl.dir, err = o.compileDir(only, packing); err != nil {
		return err
	}
	pl.fresh = o.command.workdir == freshDir
	cfg := template.Config{
		Words:   pl.words.command,
		Mode:    o.command.mode(),
		Shell:   o.command.shellWords(env),
		Replace: only,
		Packing: packing,
		Placed:  o.pack.none() || slices.ContainsFunc([]*template.Word{pl.stdin, pl.stdout, pl.dir}, takesItem),
		Beside:  []*template.Word{pl.stdin, pl.stdout, pl.tag, pl.dir},
		Moved:   o.command.workdir != "",
		Named:   o.blocks.cat,
		Environ: pl.environ,
		Around:  pl.around,
	}
	pl.prepared = o.adapt(&cfg)
	o.adaptRetry(&cfg)
	pl.alone, pl.sourced = o.alone(cfg.Words), o.warm.preload
	if o.builtins.name != "" && pl.method == methodSpawn {
		pl.pooled = o.builtins.words(cfg.Words)
	}
	if err := o.builtins.adapt(&cfg); err != nil {
		return err
	}
	pl.tmpl, err = template.Compile(cfg)
	return templateError(err)
}

// compileTag compiles what goes before each line; --tag means the item,
// whatever -I calls it.
func (o *options) compileTag(only string, packing template.Packing) (*template.Word, error) {
	if o.output.tag {
		return compileWord("--tag", "{}", "", packing)
	}
	return compileWord("--tagstring", o.output.tagString, only, packing)
}

// compileWord compiles a flag's template, nil where there is none.
func compileWord(flag, text, only string, packing template.Packing) (*template.Word, error) {
	if text == "" {
		return nil, nil
	}
	w, err := packing.CompileWord(text, only)
	var u *template.UsageError
	if errors.As(err, &u) {
		return nil, usage(flag+": "+u.Msg, u.Hint)
	}
	return w, err
}

// templateError gives a template's error its exit status.
func templateError(err error) error {
	var u *template.UsageError
	var p *template.ProgramError
	switch {
	case errors.As(err, &u):
		return usage(u.Msg, u.Hint)
	case errors.As(err, &p):
		return &endError{status: p.Status, text: p.Msg, hint: p.Hint}
	}
	return err
}

// takesItem reports whether the word says where the item goes.
func takesItem(w *template.Word) bool { return w != nil && w.TakesItem() }
