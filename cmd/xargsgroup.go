package cmd

import (
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/runner"
	"pmap/runner/template"
	"pmap/runner/xargs"
	"pmap/startmode"
)

// heldOutput is how many bytes of output wait in memory; more goes to files.
const heldOutput = 64 << 20

// runGrouped runs the commands in a pool, which keeps their output apart.
func (x *xargsCommand) runGrouped(cfg xargs.Config) int {
	if x.ask || x.terminal {
		return x.failed(xargsUsage{errors.New("options -p and -o give a job the terminal: not with --group or -k")})
	}
	slots := x.procs
	if slots != 1 {
		slots = x.groupedSlots()
	}
	obs := &xargsObserver{x: x}
	pool, err := runner.New(x.poolConfig(cfg, slots, obs))
	if err != nil {
		return x.failed(err)
	}
	obs.pool = pool
	runner.SetProcs(slots)
	w, err := startWatch(pool, x.say, func() {})
	if err != nil {
		return x.failed(err)
	}
	summary, err := pool.Run()
	w.stop()
	switch {
	case w.first != 0:
		return dieBy(w.first)
	case summary.OutputGone && err == nil:
		return dieBy(unix.SIGPIPE)
	case err != nil:
		obs.stop(err)
	}
	return x.finish(obs.result)
}

// groupedSlots is -P within what the system has room for.
func (x *xargsCommand) groupedSlots() int {
	if x.procs == 0 {
		return lowest(append(hardLimits(mostSlots, plainSlot), limit{slots: mostSlots})).slots
	}
	return lowest(append(hardLimits(x.procs, plainSlot), limit{slots: x.procs})).slots
}

func (x *xargsCommand) poolConfig(cfg xargs.Config, slots int, obs *xargsObserver) runner.Config {
	con := newConsole(x.name, x.process.Stderr, false)
	out, err := con.streams(x.process.Stdout)
	order := runner.Unordered
	if x.keepOrder {
		order = runner.Ordered
	}
	var ok runner.StatusSet
	ok, _ = runner.ParseStatusSet("0")
	return runner.Config{
		Chunks:   &commandSource{builder: cfg.Builder, before: cfg.Before},
		Template: template.Whole(),
		Starter:  cfg.Starter,
		Environ:  cfg.Environ,
		Jobs: runner.JobOptions{
			Slots: slots, KillAfter: 2 * time.Second, Stdin: cfg.Files[0],
			Bare: true, SlotVar: cfg.SlotVar,
		},
		Output: runner.OutputOptions{
			Order: order, Stdout: out, Stderr: err,
			Fds:    [2]int{x.process.Stdout, x.process.Stderr},
			Merge:  sameFile(x.process.Stdout, x.process.Stderr),
			Buffer: heldOutput, Spill: -1,
			TmpDir: readEnvironment(x.process.Environ).tmpDir,
		},
		Retry:    runner.RetryOptions{Tries: 1, OK: ok},
		Observer: obs,
	}
}

// A commandSource yields a builder's commands, word by word.
type commandSource struct {
	builder *xargs.Builder
	before  func(*startmode.Strings) (bool, error) // may be nil
	argv    startmode.Strings
}

func (s *commandSource) Next() (chunker.Chunk, error) {
	if err := s.builder.Next(&s.argv); err != nil {
		return chunker.Chunk{}, err
	}
	if s.before != nil {
		if _, err := s.before(&s.argv); err != nil {
			return chunker.Chunk{}, err
		}
	}
	arena := make([]byte, 0, s.argv.Bytes())
	items := make([]chunker.Item, s.argv.Len())
	for i := range items {
		from := len(arena)
		arena = append(arena, s.argv.At(i)...)
		items[i] = chunker.Item{Seq: int64(i + 1), Record: slices.Clip(arena[from:])}
	}
	return chunker.Chunk{Items: items}, nil
}

func (s *commandSource) Interrupt() { s.builder.Words.Interrupt() }

// An xargsObserver stops a pool where xargs stops, and notes what the exit
// status is made from.
type xargsObserver struct {
	x      *xargsCommand
	pool   *runner.Pool
	mu     sync.Mutex
	result xargs.Result
}

func (o *xargsObserver) Started(*runner.Task) {}

func (o *xargsObserver) Ended(r *runner.Result, _ bool) {
	name := o.x.command[0]
	switch st := r.Status; {
	case r.OK, st.Kind == runner.Cancelled:
	case st.Kind == runner.Signaled:
		o.stop(&xargs.StopError{Name: name, Status: unix.WaitStatus(st.Signal)})
	case st.Kind != runner.Exited:
		o.stop(&endError{status: st.Code, text: name + ": " + r.Reason})
	case st.Code == xargs.StopStatus:
		o.stop(&xargs.StopError{Name: name, Status: unix.WaitStatus(st.Code << 8)})
	default:
		o.mu.Lock()
		o.result.Failed = true
		o.mu.Unlock()
	}
}

func (o *xargsObserver) Signaled(*runner.Task, int, unix.Signal) {}

func (o *xargsObserver) Notice(text string) { o.x.say(text) }

// stop ends the run; the first reason counts.
func (o *xargsObserver) stop(reason error) {
	o.mu.Lock()
	if o.result.Stop == nil {
		o.result.Stop = reason
	}
	o.mu.Unlock()
	o.pool.Stop()
}
