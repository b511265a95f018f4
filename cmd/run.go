package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/ipc"
	"pmap/runner"
	"pmap/runner/template"
	"pmap/startmode"
)

const (
	nullFile     = "/dev/null"
	terminalFile = "/dev/tty"
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
	method      string   // start method,
	methodWhy   string   // and why it is this one
	pooled      []string // a built-in worker that lives on, and its arguments
	terminal    bool
	env         *environment
	retried     []int64 // under --retry-failed: the jobs' numbers in the log
	ignored     bool    // and the words say something, too
}

// run does what the options and words say.
func (o *options) run(fs *pflag.FlagSet, p Process) (outcome, error) {
	if err := parseShellWord(fs, &o.command.shell, p.Args, o.input.separators()); err != nil {
		return outcome{}, flagError(fs, err)
	}
	out := &stream{fd: p.Stdout}
	switch {
	case o.about.help:
		return printed(out, longHelp(p.Name))
	case o.about.usage:
		return printed(out, shortHelp(p.Name))
	case o.about.version:
		return printed(out, versionText())
	case o.builtins.list:
		return printed(out, listBuiltins())
	}
	env := readEnvironment(p.Environ)
	con := newConsole(p.Stderr, o.output.quiet)
	pl, err := o.plan(fs, p, env, con)
	if err != nil {
		return outcome{}, err
	}
	if o.command.dryRun || o.command.explain {
		return o.show(pl, p, con)
	}
	r := &execution{options: o, plan: pl, process: p, env: env, con: con}
	return r.run()
}

// plan checks and compiles the command line.
func (o *options) plan(fs *pflag.FlagSet, p Process, env *environment, con *console) (*plan, error) {
	o.blocks.adopt(o)
	o.input.skipBlank = o.input.skipBlank || o.pack.lines.n > 0 // as xargs -L
	words, err := o.input.split(fs.Args())
	if err != nil {
		return nil, err
	}
	if err := o.conflicts(fs, words); err != nil {
		return nil, err
	}
	if err := o.output.checkTmpDir(); err != nil {
		return nil, err
	}
	if err := o.checkFailedTo(words, p); err != nil {
		return nil, err
	}
	if err := o.records.checkFiles(); err != nil {
		return nil, err
	}
	if err := o.workers.checkEnv(p.Environ); err != nil {
		return nil, err
	}
	if err := o.input.selection.part.resolve(p.Environ); err != nil {
		return nil, err
	}
	pl := &plan{words: words, known: o.input.known(words), terminal: o.pool.terminal, env: env}
	if o.records.retryFailed {
		if err := o.records.retry(pl); err != nil {
			return nil, err
		}
		pl.known = int64(len(pl.retried))
		o.input.plain()
	}
	pl.method, pl.methodWhy = o.startMethod()
	o.warm.overrule(pl)
	cpus := cpuCount(env.maxProcs)
	pl.slots, pl.widthNotice, pl.whenFull = o.pool.width(cpus, env, pl.known, o.warm.cost())
	pl.environ = jobEnviron(o.command.withoutPWD(o.workers.environ(p.Environ, pl.method)), env.share(cpus), pl.slots)
	columns, err := o.columns(pl, p, con)
	if err != nil {
		return nil, err
	}
	if err := o.compile(pl, env, columns); err != nil {
		return nil, err
	}
	if o.blocks.pipe {
		if o.blocks.cat {
			pl.scratch = scratchName(o.tempDir(env))
		}
		pl.shares, err = o.blocks.options(o.input.delim(), pl.slots)
		return pl, err
	}
	pl.limits, pl.sizeNotice, err = o.pack.limits(pl.tmpl, pl.environ, pl.slots)
	pl.known = o.pack.jobs(pl.known, pl.limits)
	return pl, err
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
	if err := cmp.Or(refuseSeveral("--stdin", pl.stdin), refuseSeveral("--stdout", pl.stdout)); err != nil {
		return err
	}
	if pl.stdout != nil && pl.stdout.Constant() {
		return usage(fmt.Sprintf("--stdout %s names the same file for every job", o.command.stdout),
			"put a placeholder into the name: --stdout {}.out; or collect all output: pmap COMMAND > FILE")
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
		Placed:  o.pack.none() || varies(pl.stdin) || pl.stdout != nil || varies(pl.dir),
		Beside:  []*template.Word{pl.stdin, pl.stdout, pl.tag, pl.dir},
		Moved:   o.command.workdir != "",
		Named:   o.blocks.cat,
		Environ: pl.environ,
	}
	o.adapt(&cfg)
	o.adaptRetry(&cfg)
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

// show prints what would be done: --dry-run and --explain.
func (o *options) show(pl *plan, p Process, con *console) (outcome, error) {
	err := o.openInput(pl, p, con)
	if err != nil {
		return outcome{}, err
	}
	defer pl.closeInput()
	list := newJobList(pl)
	out := &stream{fd: p.Stdout}
	if o.command.explain {
		return written(pl.explain(list, os.Getpid(), out))
	}
	if list.enter, err = o.planRecord(pl, con.say); err != nil {
		return outcome{}, err
	}
	return written(pl.dryRun(list, out))
}

// checkFailedTo refuses to write failed items over the input, or into the
// output, which would be emptied for them.
func (o *options) checkFailedTo(words *commandLine, p Process) error {
	switch o.failure.failedTo {
	case "":
		return nil
	case "-":
		return usage("--failed-to takes the name of a file", "for a pipe or terminal at standard output write /dev/stdout, for a file of that name ./-")
	}
	var st unix.Stat_t
	if unix.Stat(o.failure.failedTo, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil
	}
	for _, in := range words.stats(p.Stdin) {
		if !sameInode(&in, &st) {
			continue
		}
		return usage(fmt.Sprintf("--failed-to %s is the input too", o.failure.failedTo), "write to another file and rename it afterwards")
	}
	for _, fd := range []int{p.Stdout, p.Stderr} {
		var out unix.Stat_t
		if unix.Fstat(fd, &out) == nil && sameInode(&out, &st) {
			return usage(fmt.Sprintf("--failed-to %s is pmap's own output too", o.failure.failedTo), "write to another file: this one would be emptied")
		}
	}
	return nil
}

// An execution is one run of the pool with everything around it.
type execution struct {
	*options
	*plan
	process Process
	env     *environment
	con     *console
	closers []func()

	closeRecords []func() error
}

func (r *execution) run() (outcome, error) {
	cfg, err := r.config()
	if err != nil {
		r.close()
		return outcome{}, err
	}
	r.notices()
	pool, err := runner.New(cfg)
	if err != nil {
		r.close()
		return outcome{}, err
	}
	a, w, err := r.watched(pool)
	if err != nil {
		r.close()
		return outcome{}, err
	}
	a.failure = cmp.Or(a.failure, r.recordsEnd())
	if !w.killed { // or a slot may still hang in a write, and use all this
		r.close()
	}
	return r.end(a, w)
}

// watched runs the pool under signals and display.
func (r *execution) watched(pool *runner.Pool) (*account, *watch, error) {
	style := r.output.progressStyle(r.con, r.process.Stdout, r.env.dumb, r.output.ungroup || r.terminal || r.pool.ask)
	var file *countable
	if r.limits == nil && r.plan.shares == nil {
		file = r.options.input.countable(r.words, r.process.Stdin)
	}
	shown := startProgress(r.con, pool.Progress, r.known, file, style)
	w, err := startWatch(pool, r.con.say, shown.report)
	if err != nil {
		shown.stop(true)
		return nil, nil, err
	}
	summary, err := pool.Run()
	w.stop()
	shown.stop(!w.killed)
	return &account{Summary: summary, total: shown.total.Load(), interrupted: w.first != 0, failure: err}, w, nil
}

// end says how the run went. After a second signal, and where nobody reads
// stdout any more, it says nothing.
func (r *execution) end(a *account, w *watch) (outcome, error) {
	if !w.killed && !(a.OutputGone && a.failure == nil) {
		if a.failure != nil {
			r.con.say(a.failure.Error())
		}
		for _, line := range a.lines() {
			r.con.say(line)
		}
	}
	switch {
	case w.first != 0:
		return outcome{signal: w.first}, nil
	case a.OutputGone && a.failure == nil:
		return outcome{signal: unix.SIGPIPE}, nil
	}
	return outcome{status: statusOf(a.Summary, a.failure, r.failure.exitStatus.value)}, nil
}

// notices are what the user should know before anything runs.
func (r *execution) notices() {
	if r.env.badJobs != "" && r.pool.jobs.text == "" {
		r.con.say(fmt.Sprintf("PMAP_JOBS is %q, which is no number of jobs: not used", r.env.badJobs))
	}
	if r.widthNotice != "" && !r.whenFull {
		r.con.say(r.widthNotice)
	}
	if r.ignored {
		r.con.say("--retry-failed goes by the job log: the command and the items on the command line are not used")
	}
	if r.sizeNotice != "" {
		r.con.say(r.sizeNotice)
	}
}

// config opens what the run needs: the input first, so that a missing file
// ends it before anything is written.
func (r *execution) config() (runner.Config, error) {
	cfg := runner.Config{
		Template:  r.tmpl,
		Limits:    r.limits,
		Starter:   startmode.NewFork(startmode.ForkOptions{NoClone3: r.env.noClone3}),
		Environ:   r.environ,
		Jobs:      r.pool.jobOptions(r.slots),
		Output:    r.outputs(),
		Retry:     r.failure.retryOptions(),
		Halt:      r.failure.haltRule(),
		Delimiter: r.options.input.delim(),
		Observer:  r.observer(),
	}
	cfg.Jobs.StdinFrom, cfg.Jobs.StdoutTo = r.stdin, r.stdout
	cfg.Jobs.Widen = func() { setProcs(r.slots) }
	table, err := ipc.NewTable(runner.TableCells(r.slots))
	if err != nil {
		return cfg, err
	}
	r.closers = append(r.closers, func() { table.Close() })
	cfg.Table = table
	if cfg.Jobs.Stdin, err = r.jobStdin(); err != nil {
		return cfg, err
	}
	if cfg.Jobs.Dir, err = r.jobDir(); err != nil {
		return cfg, err
	}
	if r.pool.ask {
		if cfg.Asker, err = r.openAsker(); err != nil {
			return cfg, err
		}
	}
	if err := r.pool.nice.apply(); err != nil {
		return cfg, err
	}
	cfg.Jobs.Terminal = !r.terminal && r.hasTerminal()
	switch {
	case r.warm.forks():
		err = r.setWarm(&cfg)
	case r.warm.coproc != "":
		r.setCoproc(&cfg)
	case r.builtins.name != "":
		err = r.setBuiltin(&cfg)
	default:
		err = r.setMethod(&cfg)
	}
	if err != nil {
		return cfg, err
	}
	if err := r.openInput(r.plan, r.process, r.con); err != nil {
		return cfg, err
	}
	cfg.Source = r.plan.input.stream
	r.setShares(&cfg)
	if r.failure.failedTo != "" {
		fd, err := r.openFailedTo()
		if err != nil {
			return cfg, err
		}
		cfg.FailedTo = &failedFile{stream: stream{fd: fd}, header: r.plan.input.header}
	}
	if err := r.openRecords(&cfg); err != nil {
		return cfg, err
	}
	return cfg, r.readByWorkers(&cfg)
}

func (r *execution) observer() *observer {
	obs := &observer{
		con:      r.con,
		command:  r.display,
		starts:   r.output.commands || r.output.verbose,
		failures: r.output.verbose,
		slots:    r.slots,
	}
	if r.whenFull {
		obs.whenFull = r.widthNotice
	}
	return obs
}

func (r *execution) outputs() runner.OutputOptions {
	p := r.process
	out, err := r.con.streams(p.Stdout)
	return runner.OutputOptions{
		Order:    r.output.order(),
		Grouping: r.output.grouping(r.terminal),
		Stdout:   out,
		Stderr:   err,
		Fds:      [2]int{p.Stdout, p.Stderr},
		Merge:    sameFile(p.Stdout, p.Stderr) && !r.options.separates(),
		Failed:   r.output.red(r.env, p.Stdout, p.Stderr),
		Tag:      r.tag,
		Hold:     r.options.holds(),
		Names:    r.records.files,
		Buffer:   r.output.buffer.bytes,
		Spill:    r.output.spill.bytes,
		TmpDir:   r.spillDir(),
		Spilling: r.spilling,
	}
}

func (r *execution) spillDir() string { return r.tempDir(r.env) }

// tempDir is where files go that nobody keeps.
func (o *options) tempDir(env *environment) string {
	return cmp.Or(o.output.tmpDir, env.tmpDir)
}

// spilling is called before the first output goes to a file: one that lies in
// memory doesn't save any.
func (r *execution) spilling() {
	if dir := r.spillDir(); inMemory(dir) {
		r.con.say(fmt.Sprintf("output that waits goes to %s, which is a tmpfs and lies in memory too; --tmpdir names another directory, --spill a limit", dir))
	}
}

// jobStdin opens what jobs read.
func (r *execution) jobStdin() (int, error) {
	if r.terminal {
		fd, err := r.open(terminalFile, unix.O_RDWR)
		if err != nil {
			return -1, fmt.Errorf("%w: -o needs a terminal", err)
		}
		return fd, nil
	}
	return r.open(nullFile, unix.O_RDONLY)
}

// hasTerminal reports whether there is a terminal that a job could want.
func (r *execution) hasTerminal() bool {
	fd, err := unix.Open(terminalFile, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err == nil {
		unix.Close(fd)
	}
	return err == nil
}

// openFailedTo makes the file empty only now that nothing can be refused any
// more.
func (r *execution) openFailedTo() (int, error) {
	fd, err := r.open(r.failure.failedTo, unix.O_WRONLY|unix.O_CREAT)
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
		if err := unix.Ftruncate(fd, 0); err != nil {
			return -1, fmt.Errorf("cannot empty %q: %w", r.failure.failedTo, err)
		}
	}
	return fd, nil
}

// open opens a file for as long as the run lasts.
func (r *execution) open(name string, flags int) (int, error) {
	for {
		fd, err := unix.Open(name, flags|unix.O_CLOEXEC, 0o666)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return -1, fmt.Errorf("cannot open %q: %w", name, err)
		}
		r.closers = append(r.closers, func() { unix.Close(fd) })
		return fd, nil
	}
}

func (r *execution) close() {
	r.closeInput()
	for _, c := range r.closers {
		c()
	}
}

// varies reports whether the word says where the item goes.
func varies(w *template.Word) bool { return w != nil && !w.Constant() }
