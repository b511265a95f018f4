package cmd

import (
	"cmp"
	"fmt"
	"os"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"pmap/ipc"
	"pmap/runner"
	"pmap/startmode"
)

const (
	nullFile     = "/dev/null"
	terminalFile = "/dev/tty"
)

// run does what the options and words say.
func (o *options) run(fs *pflag.FlagSet, p Process) (outcome, error) {
	if err := o.parseShellWord(fs, p.Args); err != nil {
		return outcome{}, flagError(fs, err)
	}
	out := ownOutput(p.Stdout)
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
	con := newConsole(p.Name, p.Stderr, o.output.quiet)
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

// show prints what would be done: --dry-run and --explain.
func (o *options) show(pl *plan, p Process, con *console) (outcome, error) {
	err := o.openInput(pl, p, con)
	if err != nil {
		return outcome{}, err
	}
	defer pl.closeInput()
	list := newJobList(pl)
	out := ownOutput(p.Stdout)
	if o.command.explain {
		return written(pl.explain(list, os.Getpid(), out))
	}
	if list.enter, err = o.planRecord(pl, con.say); err != nil {
		return outcome{}, err
	}
	return written(pl.dryRun(list, out))
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
	return &account{Summary: summary, total: shown.total.Load(), interrupted: w.first != 0, failure: err, numbers: r.plan.retried}, w, nil
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
		Display:   r.display,
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
	cfg.Jobs.Widen = func() { runner.SetProcs(r.slots) }
	for _, open := range []func(*runner.Config) error{
		r.makeTable, r.openJobs, r.openWorkers, r.openItems, r.openRecords, r.readByWorkers,
	} {
		if err := open(&cfg); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}

func (r *execution) makeTable(cfg *runner.Config) error {
	table, err := ipc.NewTable(runner.TableCells(r.slots))
	if err != nil {
		return err
	}
	r.closers = append(r.closers, func() { table.Close() })
	cfg.Table = table
	return nil
}

// openJobs opens and sets what is each job's.
func (r *execution) openJobs(cfg *runner.Config) (err error) {
	if cfg.Jobs.Stdin, err = r.jobStdin(); err != nil {
		return err
	}
	if cfg.Jobs.Dir, err = r.jobDir(); err != nil {
		return err
	}
	if r.pool.ask {
		if cfg.Asker, err = r.openAsker(); err != nil {
			return err
		}
	}
	cfg.Jobs.Terminal = !r.terminal && r.hasTerminal()
	return r.pool.nice.apply()
}

// openWorkers says what runs the items.
func (r *execution) openWorkers(cfg *runner.Config) error {
	switch {
	case r.warm.forks():
		return r.setWarm(cfg)
	case r.warm.coproc != "":
		cfg.Coproc = r.plan.coproc
		return nil
	case r.builtins.name != "":
		return r.setBuiltin(cfg)
	}
	return r.setMethod(cfg)
}

// openItems opens where the items come from, and where the failed ones go.
func (r *execution) openItems(cfg *runner.Config) error {
	if err := r.openInput(r.plan, r.process, r.con); err != nil {
		return err
	}
	cfg.Source = r.plan.input.stream
	r.setShares(cfg)
	if r.failure.failedTo == "" {
		return nil
	}
	fd, err := r.openFailedTo()
	if err != nil {
		return err
	}
	cfg.FailedTo = &failedFile{stream: stream{fd: fd}, header: r.plan.input.header}
	return nil
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
			return -1, usage(fmt.Sprintf("-o gives jobs the terminal, and there is none: %v", err), "leave -o out; to give each job a file to read: --stdin {}")
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
