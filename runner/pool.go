package runner

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/startmode"
)

const (
	guardianAfter = 50 * time.Millisecond // a run this long gets a guardian
	guardianTries = 10                    // with refusedWait between them
	killedWait    = 2 * time.Second       // how long Run waits for killed jobs
)

// A Pool runs a template over a source's items.
type Pool struct {
	cfg    Config
	sched  *scheduler
	out    output
	seq    sequence
	tally  tally
	median median
	env    startmode.Strings // of every job

	ends      int // see openEnds
	hold      holdLimit
	slots     sync.WaitGroup
	mu        sync.Mutex
	made      []*slot
	extra     *slot         // the last that rescueHead made
	rescue    atomic.Bool   // an extra slot is running, see slot.rescueHead
	ready     chan struct{} // closed once the first slot is prepared, or can't be
	readyOnce sync.Once

	read      atomic.Int64 // items
	blocks    int64        // read
	blockSize atomic.Int64 // of the next one
	atEnd     atomic.Bool
	ending    atomic.Int32 // the signal that ends the jobs, or 0
	killAt    atomic.Int64 // then KILL, in Unix nanoseconds
	suspended atomic.Int64 // nanoseconds spent suspended, before since
	since     atomic.Int64 // suspended since then, or 0
	killed    chan struct{}
	killOnce  sync.Once
	stopOnce  sync.Once
	endOnce   sync.Once
	refusal   sync.Once
	refusedAt atomic.Int64 // when the system last refused a process, in Unix nanoseconds
	denied    atomic.Int64 // tasks in slots that wait since the system has refused a start, or since there is no room

	deal         *deal      // nil: each share is a job's own
	failedMu     sync.Mutex // of cfg.FailedTo
	failedHeader bool       // a header stands in it
	failedOpen   bool       // what was written last lacks its delimiter
	holding      sync.Once
	muted        sync.Once
	failedIdle   sync.Once

	askMu sync.Mutex // held while a question is open

	failMu sync.Mutex
	fault  error // pmap's own failure, the first
	gone   bool  // stdout was closed by its reader
	halted bool
	signal unix.Signal
}

// New prepares a run; nothing is read or started before Run.
func New(cfg Config) (*Pool, error) {
	if cfg.Jobs.Slots < 1 {
		return nil, fmt.Errorf("internal error: a pool of %d slots", cfg.Jobs.Slots)
	}
	if cfg.Blocks != nil && cfg.Itemwise() {
		return nil, errors.New("internal error: blocks, and something to do for each of their items")
	}
	if cfg.Display == nil {
		cfg.Display = cfg.Template.Display
	}
	p := &Pool{cfg: cfg, hold: usualHold, killed: make(chan struct{}), ready: make(chan struct{})}
	p.sched = newScheduler(cfg.Retry.Tries, cfg.Jobs.Delay, cfg.Jobs.Slots, p.crowded)
	p.setOutput(cfg.Output)
	if cfg.Deal {
		var err error
		if p.deal, err = newDeal(cfg.Jobs.Slots); err != nil {
			return nil, fmt.Errorf("cannot make a pipe: %w", err)
		}
	}
	p.env = baseEnvironment(cfg.Environ)
	if cfg.Jobs.Bare {
		p.env = bareEnvironment(cfg.Environ, cfg.Jobs.SlotVar)
	}
	return p, nil
}

func (p *Pool) setOutput(opt OutputOptions) {
	o := &p.out
	o.budget.limit, o.names, o.failed = opt.Buffer, opt.Names, opt.Failed
	o.spill.dir, o.spill.limit, o.spill.first = opt.TmpDir, opt.Spill, opt.Spilling
	o.emit.files = [2]io.Writer{opt.Stdout, opt.Stderr}
	o.emit.failed = p.outputFailed
	o.fail = p.fail
	o.freed = p.freed
	if opt.Order == Ordered && opt.Grouping != Ungrouped {
		p.seq = newSequencer(o)
		return
	}
	p.seq = &unordered{out: o, lines: opt.Grouping == ByLine}
}

// Run runs every job and returns when all of them have ended, have been
// reaped, and their output has been written. It is called once. The error is
// pmap's own failure (input, output, no processes to be had), never a job's.
func (p *Pool) Run() (Summary, error) {
	stopGuardian := p.guard()
	defer stopGuardian()
	defer p.removePassing()
	if err := p.makePassing(); err != nil {
		return Summary{}, err
	}
	if p.deal != nil {
		defer p.deal.close()
	}
	countProcs()
	p.ends = openEnds()
	defer unix.Close(p.ends)
	defer p.out.spill.close()
	over := make(chan struct{})
	go func() {
		p.prepareFirst()
		p.intake()
		p.slots.Wait()
		close(over)
	}()
	select {
	case <-over:
		if !p.sched.drained() {
			p.fail(errors.New("internal error: the slots have ended before the jobs"))
		}
	case <-p.killed:
		p.waitKilled(over)
	}
	sum := p.summary()
	p.forgetSlots()
	return sum, p.failure()
}

// forgetSlots keeps a signal that comes late away from the cells: the caller may
// close the table once the run is over.
func (p *Pool) forgetSlots() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made, p.extra = nil, nil
}

// waitKilled waits for slots whose jobs have been killed. One that hangs in a
// write to a full stdout is left behind: pmap is about to end.
func (p *Pool) waitKilled(over <-chan struct{}) {
	select {
	case <-over:
	case <-time.After(killedWait):
	}
}

// guard starts the guardian once the run has lasted; the function it returns
// ends it.
func (p *Pool) guard() (stop func()) {
	if p.cfg.Table == nil {
		return func() {}
	}
	if len(p.passing()) > 0 {
		g := p.startGuardian(p.killed) // it removes the directory, which isn't there yet
		return func() {
			if g != nil {
				g.Close()
			}
		}
	}
	started := make(chan *startmode.Guardian, 1)
	after := guardianAfter
	if p.cfg.Prepare {
		after = 0 // pmap's end is not the end of what an interpreter has forked
	}
	over := make(chan struct{})
	timer := time.AfterFunc(after, func() { started <- p.startGuardian(over) })
	return func() {
		if timer.Stop() {
			return
		}
		close(over)
		if g := <-started; g != nil {
			g.Close()
		}
	}
}

// passing is the directories that are there for the run alone: none, or one, or
// one and another in it.
func (p *Pool) passing() []string {
	dirs := []string{p.cfg.Jobs.Dir.temp(), p.cfg.Scratch}
	return slices.DeleteFunc(dirs, func(dir string) bool { return dir == "" })
}

// startGuardian returns nil where there is no guardian to be had, or over is
// closed first. What the system refuses for now it may grant soon.
func (p *Pool) startGuardian(over <-chan struct{}) *startmode.Guardian {
	dir := ""
	if dirs := p.passing(); len(dirs) > 0 {
		dir = dirs[0] // and what is in it
	}
	for try := 1; ; try++ {
		g, err := startmode.StartGuardian(p.cfg.Table, dir)
		if err == nil {
			return g
		}
		if try == guardianTries {
			p.notice("cannot start the guardian, jobs' children may outlive a kill -9 of pmap: " + err.Error())
			return nil
		}
		select {
		case <-over:
			return nil
		case <-time.After(refusedWait):
		}
	}
}

// cell is a slot's cell, counted from 0; that of the slot that rescueHead makes
// comes after the others.
func (p *Pool) cell(slot int) *int32 {
	if p.cfg.Table == nil {
		return new(int32)
	}
	return p.cfg.Table.Cell(slot)
}

// startSlots adds up to n slots, within the limit. While the system refuses
// processes it adds none: the program can't go on where it gets no thread.
func (p *Pool) startSlots(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ; n > 0 && len(p.made) < p.cfg.Jobs.Slots && !p.tight(); n-- {
		if len(p.made) == 1 && p.cfg.Jobs.Widen != nil {
			p.cfg.Jobs.Widen()
		}
		s := newSlot(p, len(p.made)+1)
		p.made = append(p.made, s)
		p.slots.Go(s.loop)
	}
}

// crowded reports whether no new job may start, because the output of those
// that have run fills all the room.
func (p *Pool) crowded() bool {
	b := &p.out.budget
	if !b.crowded() && (b.fits(readSize) || p.out.spill.hasRoom(readSize)) {
		return false
	}
	p.out.stalled.Store(true)
	return b.crowded() || !b.fits(readSize) && !p.out.spill.hasRoom(readSize)
}

// freed is called whenever room has been made.
func (p *Pool) freed() {
	p.out.spill.full.Store(false)
	if p.out.stalled.CompareAndSwap(true, false) {
		p.sched.wake()
	}
}

func (p *Pool) notice(text string) {
	if p.cfg.Observer != nil {
		p.cfg.Observer.Notice(text)
	}
}

// fail records pmap's own failure and ends the run.
func (p *Pool) fail(err error) {
	p.failMu.Lock()
	if p.fault == nil {
		p.fault = err
	}
	p.failMu.Unlock()
	p.abort(unix.SIGTERM)
}

func (p *Pool) failure() error {
	p.failMu.Lock()
	defer p.failMu.Unlock()
	return p.fault
}

// outputFailed is told by the emitter that nothing can be written any more.
func (p *Pool) outputFailed(stream int, err error) {
	if err != unix.EPIPE {
		p.fail(fmt.Errorf("cannot write to %s: %w", [...]string{"stdout", "stderr"}[stream], err))
		return
	}
	p.failMu.Lock()
	p.gone = true
	p.failMu.Unlock()
	p.abort(unix.SIGTERM)
}

// checkReader looks, after a failure of a job that writes to stdout itself,
// whether anybody reads that any more: pmap has no write of its own that could
// tell.
func (p *Pool) checkReader() {
	if p.cfg.Output.Grouping != Ungrouped {
		return
	}
	fds := []unix.PollFd{{Fd: int32(p.cfg.Output.Fds[0]), Events: unix.POLLOUT}}
	if n, err := unix.Poll(fds, 0); n == 1 && err == nil && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
		p.outputFailed(stdout, unix.EPIPE)
	}
}
