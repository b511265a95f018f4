package cmd

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/ipc"
	"pmap/ipc/signals"
	"pmap/runner"
	"pmap/runner/template"
	"pmap/runner/xargs"
	"pmap/startmode"
)

// Exit statuses of pmap xargs that pmap itself has no use for.
const exitStopped = 124 // a job exited with 255

// An xargsCommand is one run of pmap xargs.
type xargsCommand struct {
	xargsOptions
	process Process
	name    string // before its messages
	command []string
	closers []func()
	tty     *os.File // answers to -p
}

// calledAsXargs reports whether pmap is xargs this time, by its name or by its
// first word, and returns the arguments that are left.
func calledAsXargs(p Process) (name string, args []string, ok bool) {
	if p.Name == "xargs" {
		return p.Name, p.Args, true
	}
	if subcommandOf(p.Args) == "xargs" {
		return p.Name + " xargs", p.Args[1:], true
	}
	return "", nil, false
}

// runXargs is pmap xargs: it returns the exit status, or doesn't return where
// it ends by a signal.
func runXargs(p Process, name string, args []string) int {
	x := &xargsCommand{process: p, name: name}
	x.room, x.roomErr = xargs.MakeRoom(p.Environ, startmode.ArgMax())
	defer x.close()
	command, err := x.parse(args)
	for _, warning := range x.warnings {
		x.say(warning)
	}
	switch {
	case err != nil:
	case x.help:
		err = x.print(xargsHelp(name))
	case x.version:
		err = x.print(xargsVersion(name))
	default:
		if len(command) == 0 {
			command = []string{"echo"}
		}
		x.command = command
		return x.run()
	}
	return x.failed(err)
}

// failed says what went wrong before anything ran.
func (x *xargsCommand) failed(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, unix.EPIPE):
		return dieBy(unix.SIGPIPE)
	}
	x.say(err.Error())
	if _, ok := err.(xargsUsage); ok {
		x.write(fmt.Sprintf("Try '%s --help' for more information.\n", x.name))
	}
	return exitFailure
}

func (x *xargsCommand) print(text string) error {
	_, err := ipc.WriteAll(x.process.Stdout, []byte(text))
	return err
}

// say writes a message of its own to stderr.
func (x *xargsCommand) say(text string) { x.write(x.name + ": " + text + "\n") }

func (x *xargsCommand) write(text string) { ipc.WriteAll(x.process.Stderr, []byte(text)) }

func (x *xargsCommand) close() {
	for _, c := range x.closers {
		c()
	}
}

// open opens a file for as long as the run lasts.
func (x *xargsCommand) open(name string, flags int) (int, error) {
	for {
		fd, err := unix.Open(name, flags|unix.O_CLOEXEC, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return -1, fmt.Errorf("cannot open %q: %w", name, err)
		}
		x.closers = append(x.closers, func() { unix.Close(fd) })
		return fd, nil
	}
}

func (x *xargsCommand) run() int {
	if x.roomErr != nil {
		return x.failed(x.roomErr)
	}
	cost := bareSlot
	if x.group || x.keepOrder {
		cost = plainSlot
	}
	if err := cost.enoughFiles(); err != nil {
		return x.failed(err)
	}
	cfg, err := x.config()
	if err != nil {
		return x.failed(err)
	}
	if x.showLimits {
		x.write(x.limitsText())
	}
	if x.group || x.keepOrder {
		return x.runGrouped(cfg)
	}
	if x.procs != 1 {
		runner.SetProcs(max(1, min(x.procs, mostSlots)))
	}
	run := xargs.New(cfg)
	w, err := startXargsWatch(run)
	if err != nil {
		return x.failed(err)
	}
	result := run.Run()
	if sig := w.stop(); sig != 0 {
		return dieBy(sig)
	}
	return x.finish(result)
}

// config opens what the run needs.
func (x *xargsCommand) config() (cfg xargs.Config, err error) {
	if cfg.Builder, err = x.builder(); err != nil {
		return cfg, err
	}
	stdin, err := x.jobStdin()
	if err != nil {
		return cfg, err
	}
	env := readEnvironment(x.process.Environ)
	cfg.Starter = startmode.NewFork(startmode.ForkOptions{NoClone3: env.noClone3})
	cfg.Environ = x.process.Environ
	cfg.Files = [3]int{stdin, x.process.Stdout, x.process.Stderr}
	cfg.Procs, cfg.SlotVar = x.procs, x.slotVar
	cfg.Most = x.mostProcesses
	cfg.Look = func(name string) (string, error) { return template.LookPath(name, x.process.Environ) }
	if x.trace || x.ask {
		cfg.Before = x.before
	}
	return cfg, nil
}

func (x *xargsCommand) builder() (*xargs.Builder, error) {
	in := chunker.NewInput(x.process.Stdin)
	if x.file != "-" {
		var err error
		if in, err = chunker.OpenFile(x.file); err != nil {
			return nil, err
		}
	}
	x.closers = append(x.closers, func() { in.Close() })
	words := chunker.NewWords(in, chunker.WordOptions{
		Delimited: x.delimited, Delimiter: x.delimiter,
		Lines: x.replaces, End: []byte(x.end),
	}, func() {
		x.say("WARNING: a NUL character occurred in the input, which no argument can hold; did you mean --null?")
	})
	limits := xargs.Limits{
		Bytes: x.bytes, Words: x.room.Words, Items: x.items, Lines: x.lines,
		Whole: x.whole || x.replaces || x.lines > 0,
	}
	if limits.Bytes == 0 {
		limits.Bytes = x.room.Default()
	}
	return xargs.NewBuilder(xargs.BuilderConfig{
		Words: words, Command: x.command, Limits: limits,
		Replaces: x.replaces, Replace: x.replace, IfEmpty: !x.notIfEmpty,
	})
}

// jobStdin is what jobs read: nothing, since the input is xargs' own, unless
// it comes from elsewhere.
func (x *xargsCommand) jobStdin() (int, error) {
	switch {
	case x.terminal:
		return x.open(terminalFile, unix.O_RDWR)
	case x.file != "-":
		return x.process.Stdin, nil
	}
	return x.open(nullFile, unix.O_RDONLY)
}

// mostProcesses is how many jobs the system's limits have room for, each with
// its thread.
func (x *xargsCommand) mostProcesses() int {
	limits := []limit{{slots: mostSlots}}
	if n, ok := processLimit(mostSlots, plainSlot); ok {
		limits = append(limits, limit{slots: n})
	}
	if n, ok := taskLimit(plainSlot); ok && (x.procs == 0 || x.procs > few) {
		limits = append(limits, limit{slots: n})
	}
	return lowest(limits).slots
}

// before prints a command, and asks for it under -p.
func (x *xargsCommand) before(argv *startmode.Strings) (bool, error) {
	var line []byte
	for i := range argv.Len() {
		if i > 0 {
			line = append(line, ' ')
		}
		line = template.Quote(line, argv.At(i))
	}
	if !x.ask {
		x.write(string(append(line, '\n')))
		return true, nil
	}
	x.write(string(append(line, " ?..."...)))
	return x.answer()
}

// answer reads a line from the terminal.
func (x *xargsCommand) answer() (bool, error) {
	if x.tty == nil {
		tty, err := os.Open(terminalFile)
		if err != nil {
			return false, fmt.Errorf("cannot ask: %w", err)
		}
		x.tty = tty
		x.closers = append(x.closers, func() { tty.Close() })
	}
	first, b := byte(0), []byte{0}
	for b[0] != '\n' {
		if n, err := x.tty.Read(b); n == 0 || err != nil {
			break
		}
		if first == 0 {
			first = b[0]
		}
	}
	return first == 'y' || first == 'Y', nil
}

// finish says what ended the run early, and returns the exit status.
func (x *xargsCommand) finish(r xargs.Result) int {
	if r.Stop != nil {
		x.say(stopText(r.Stop, x.command[0]))
	}
	return xargsStatus(r)
}

// stopText is the message for what ended a run. The system's own reason is
// enough where a program can't be run.
func stopText(err error, program string) string {
	var start *startmode.StartError
	if errors.As(err, &start) && start.Op == "exec" {
		return program + ": " + start.Err.Error()
	}
	return err.Error()
}

// xargsStatus is the exit status of a run: as with GNU xargs, a job that
// failed counts for more than what ended the run, unless that was the end of a
// job after the last command had been started.
func xargsStatus(r xargs.Result) int {
	var stop *xargs.StopError
	var look *template.ProgramError
	var start *startmode.StartError
	var end *endError
	switch {
	case r.Failed && !r.Last:
		return exitJobFailed
	case r.Stop == nil:
		return 0
	case errors.As(r.Stop, &stop) && stop.Status.Signaled():
		return exitSignaled
	case errors.As(r.Stop, &stop):
		return exitStopped
	case errors.As(r.Stop, &look):
		return look.Status
	case errors.As(r.Stop, &end):
		return end.status
	case errors.As(r.Stop, &start) && start.Op != "fork":
		if start.Err == unix.ENOENT {
			return exitNotFound
		}
		return exitCannotRun
	}
	return exitFailure
}

// limitsText is what --show-limits prints.
func (x *xargsCommand) limitsText() string {
	used := x.bytes
	if used == 0 {
		used = x.room.Default()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Your environment variables take up %d bytes\n", x.room.Environ)
	fmt.Fprintf(&b, "POSIX upper limit on argument length (this system): %d\n", x.room.Most)
	fmt.Fprintf(&b, "POSIX smallest allowable upper limit on argument length (all systems): %d\n", xargs.LeastBytes)
	fmt.Fprintf(&b, "Maximum length of command we could actually use: %d\n", uint64(x.room.Most-x.room.Environ))
	fmt.Fprintf(&b, "Size of command buffer we are actually using: %d\n", used)
	fmt.Fprintf(&b, "Maximum parallelism (--max-procs must be no greater): %d\n", mostProcs)
	return b.String()
}

// An xargsWatch answers signals while commands run.
//
//	USR1 USR2          one process more, or less, at a time
//	INT TERM HUP QUIT  the first: start none, pass it on; the second: go
//	ALRM VTALRM XCPU   the same
//
// What a terminal sends goes to the jobs as well, so that is not passed on.
type xargsWatch struct {
	run   *xargs.Run
	first atomic.Int32 // the signal that ends pmap, or 0
}

// partingWait is how long jobs that were told to end are waited for.
const partingWait = 2 * time.Second

func startXargsWatch(run *xargs.Run) (*xargsWatch, error) {
	heard, err := signals.Notify(xargsSignals()...)
	if err != nil {
		return nil, err
	}
	w := &xargsWatch{run: run}
	go func() {
		for sig := range heard.C {
			w.handle(sig)
		}
	}()
	return w, nil
}

// xargsSignals are those that were not ignored when pmap started.
func xargsSignals() []unix.Signal {
	sigs := []unix.Signal{unix.SIGUSR1, unix.SIGUSR2, unix.SIGTERM, unix.SIGALRM, unix.SIGVTALRM, unix.SIGXCPU}
	if !startmode.IgnoredAtStart(unix.SIGHUP) {
		sigs = append(sigs, unix.SIGHUP)
	}
	if !startmode.IgnoredAtStart(unix.SIGINT) {
		sigs = append(sigs, unix.SIGINT, unix.SIGQUIT)
	}
	return sigs
}

// stop returns the signal that ends pmap, or 0. The signals aren't given back:
// nothing but the exit is to come.
func (w *xargsWatch) stop() unix.Signal {
	return unix.Signal(w.first.Load())
}

func (w *xargsWatch) handle(sig unix.Signal) {
	switch {
	case sig == unix.SIGUSR1:
		w.run.Change(1)
	case sig == unix.SIGUSR2:
		w.run.Change(-1)
	case w.first.Load() != 0:
		dieBy(sig)
	default:
		w.first.Store(int32(sig))
		time.AfterFunc(partingWait, func() { dieBy(sig) })
		if fromTerminal(sig) {
			sig = 0
		}
		w.run.Interrupt(sig)
	}
}

// fromTerminal reports whether a signal is likely to have come from the
// terminal, which sends it to the jobs too.
func fromTerminal(sig unix.Signal) bool {
	if sig != unix.SIGINT && sig != unix.SIGQUIT {
		return false
	}
	fd, err := unix.Open(terminalFile, unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return foreground(fd)
}
