package runner

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/runner/template"
	"pmap/startmode"
)

const (
	refusedWait = 100 * time.Millisecond // before a start that was refused is tried again
	idleLosses  = 20                     // of a parent, one after the other, before the run fails
	tightFor    = 5 * time.Second        // after a refusal, until a slot may be added
	refusedMax  = 300                    // times in a row, with no job running that could end
	emfileMax   = 10                     // the same, for want of fds of pmap's own
)

// A slot runs one job at a time. Its goroutine is locked to its thread for
// good, since a job dies with the thread that started it.
type slot struct {
	pool   *Pool
	number int // from 1
	place  int // in the table of processes, from 0; -1: in none
	cell   *int32
	parent startmode.Parent // of its processes; nil before the first, and after one has ended
	given  int              // items that the parent got

	argv    startmode.Strings
	env     startmode.Strings
	envBase int // strings of env that are the same for every job
	paths   programs
	pipes   [2]pipe
	buf     []byte // see buffer
	rusage  unix.Rusage
	job     job
	result  Result
	task    atomic.Pointer[Task] // that it has and nobody has settled
	flight  flight               // the same, of a worker that is sent many
}

func newSlot(p *Pool, number int) *slot {
	s := &slot{pool: p, number: number}
	s.take(number - 1)
	s.pipes[stdout].r, s.pipes[stderr].r = -1, -1
	return s
}

// take gives the slot a place in the table of processes, counted from 0.
func (s *slot) take(place int) {
	s.cell, s.place = s.pool.cell(place), place
	if s.pool.cfg.Table == nil {
		s.place = -1
	}
}

func (s *slot) loop() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	e := s.newEngine()
	defer e.close()
	e.loop()
}

// buffer is of readSize, and made when it is first needed.
func (s *slot) buffer() []byte {
	if s.buf == nil {
		s.buf = make([]byte, readSize)
	}
	return s.buf
}

// prepare lays out what is the same for all jobs of the slot.
func (s *slot) prepare() {
	s.env = s.pool.env.Clone()
	switch opt := &s.pool.cfg.Jobs; {
	case !opt.Bare:
		s.appendNumber("PMAP_SLOT=", int64(s.number))
	case opt.SlotVar != "":
		s.appendNumber(opt.SlotVar+"=", int64(s.number-1))
	}
	s.envBase = s.env.Len()
	s.paths.init(s.pool.cfg.Template, s.pool.cfg.Environ)
	s.paths.moved = s.pool.cfg.Jobs.Dir != nil
}

// run runs one try of t, and settles what becomes of the job.
func (s *slot) run(t *Task) {
	p := s.pool
	p.arm(t, s.number, time.Now())
	s.task.Store(t)
	status, reason, ran := s.try(t)
	s.given += max(1, len(t.Chunk.Items)) // a block is one
	if status.Kind == WorkerLost {
		s.dropParent() // with what is left of it, before the item can be tried again
		s.given = 0
	}
	switch {
	case !s.task.CompareAndSwap(t, nil): // the run was killed, and has given it up meanwhile
	case !ran:
		p.giveBack(t)
	default:
		s.result = Result{Task: t, Status: status, Reason: reason, Took: time.Since(t.Start)}
		p.settle(&s.result)
	}
	if most := p.cfg.Chunking.MaxTasks; most > 0 && s.given >= most {
		s.retireParent() // which may take its time
		s.given = 0
	}
}

// try renders, starts and watches one try. ran is false where the run was
// stopped before the process could be started.
func (s *slot) try(t *Task) (st Status, reason string, ran bool) {
	s.pool.seq.begin(t)
	return s.runItems(t, t.Chunk.Items)
}

// attempt runs one process for items of the task's. The error is errStopped,
// or a *tooLong where the command can't be started for its length.
func (s *slot) attempt(t *Task, items []chunker.Item) (st Status, reason string, err error) {
	p := s.pool
	job := template.Job{Chunk: chunker.Chunk{Seq: t.Number(), Items: items}, Slot: t.Slot}
	if err := p.cfg.Template.Render(&s.argv, job); err != nil {
		return Status{Kind: Refused, Code: 1}, err.Error(), nil
	}
	if err := s.checkLength(); err != nil {
		return Status{}, "", err
	}
	path, err := s.paths.lookup(&s.argv)
	if err != nil {
		return notFound(err), err.Error(), nil
	}
	j := &s.job
	switch err := s.open(j, t, job); {
	case err == errStopped:
		return Status{}, "", err
	case err == errOverdue:
		return Status{Kind: TimedOut, Code: 124}, err.Error(), nil
	case err != nil:
		return Status{Kind: OutputFailed, Code: 1}, err.Error(), nil
	}
	defer j.close()
	if err = s.start(j, path); err == errStopped {
		return Status{}, "", err
	} else if errors.Is(err, unix.E2BIG) {
		return Status{}, "", &tooLong{lengthReason(err, &s.argv)}
	} else if err != nil {
		return cannotStart(err), err.Error(), nil
	}
	if p.cfg.Observer != nil && begins(t, items) {
		p.cfg.Observer.Started(t)
	}
	j.watch()
	st, reason = j.verdict()
	return st, reason, nil
}

// open opens the job's files. Where there is no fd for one now it waits, as
// start does.
func (s *slot) open(j *job, t *Task, tj template.Job) error {
	for refused := 0; ; refused++ {
		err := j.open(s, t, tj)
		if !noFile(err) {
			return err
		}
		if s.pool.ending.Load() != 0 || !s.pool.refused(err, refused, 1) {
			return errStopped
		}
	}
}

// start makes the job's process. Where the system refuses one for now it
// waits, until another job has ended or for a while.
func (s *slot) start(j *job, path startmode.Path) error {
	s.layEnvironment(j.task)
	if j.dir != "" {
		s.env.Begin()
		s.env.WriteString("PWD=")
		s.env.WriteString(j.dir)
		s.env.End()
	}
	spec := startmode.Spec{
		Path: path, Argv: &s.argv, Env: &s.env, Dir: j.dir,
		Files: j.files, Group: s.pool.cfg.Jobs.Group, Cell: s.cell,
	}
	if !j.quiet() || j.limited() {
		spec.PIDFD = &j.pidfd
	}
	for refused := 0; ; refused++ {
		if s.pool.ending.Load() != 0 {
			return errStopped
		}
		pid, err := s.startOnce(&spec)
		if err == nil {
			j.started(pid)
			return nil
		}
		var se *startmode.StartError
		switch {
		case err == errStopped:
			return err
		case !errors.As(err, &se):
			s.pool.fail(err)
			return errStopped
		case !se.Temporary():
			return err
		}
		if !s.pool.refused(err, refused, 1) {
			return errStopped
		}
	}
}

// temporary reports whether the same start can succeed later.
func temporary(err error) bool {
	var se *startmode.StartError
	return errors.As(err, &se) && se.Temporary()
}

// startOnce asks the slot's parent, making one where there is none. A parent
// that ended while it had nothing to do is no loss. Where it ended during the
// start the cell tells whether there was a process, whose end is lost then. One
// that gets ready while the run is being ended is ended too, which is no failure.
func (s *slot) startOnce(spec *startmode.Spec) (pid int, err error) {
	for range idleLosses {
		if s.pool.ending.Load() != 0 {
			return 0, errStopped
		}
		if err := s.needParent(); err != nil {
			if s.pool.ending.Load() != 0 {
				err = errStopped
			}
			return 0, err
		}
		pid, err = s.parent.Start(spec)
		if !errors.Is(err, startmode.ErrLost) {
			return pid, err
		}
		if pid := atomic.LoadInt32(s.cell); pid > 0 {
			return int(pid), nil
		}
		s.dropParent()
	}
	if err == startmode.ErrLost {
		return 0, fmt.Errorf("cannot start jobs: %w, again and again: %s", err, whyLost)
	}
	return 0, fmt.Errorf("cannot start jobs: %w, again and again", err)
}

// needParent makes the slot's parent where it has none. One that somebody kills
// while it gets ready is replaced.
func (s *slot) needParent() (err error) {
	if s.parent != nil && s.lacksPipes() {
		s.dropParent()
	}
	for range idleLosses {
		if s.parent != nil {
			return nil
		}
		if s.parent, err = s.pool.parent(s.place); err != nil {
			s.parent = nil
			return err
		}
		if err = s.ready(); err == nil {
			return nil
		}
		s.dropParent()
		if !errors.Is(err, startmode.ErrLost) || s.pool.ending.Load() != 0 {
			return err
		}
	}
	return err
}

// retireParent lets the slot's parent end in peace, unless the run is being ended.
func (s *slot) retireParent() {
	if r, ok := s.parent.(startmode.Retirer); ok && s.pool.unbroken() {
		if err := r.Retire(); err != nil && s.pool.unbroken() {
			s.pool.notice(err.Error())
		}
		s.parent = nil
	}
	s.dropParent()
}

// dropParent ends the slot's parent.
func (s *slot) dropParent() {
	if s.parent != nil {
		s.parent.Close()
		s.parent = nil
	}
}

var errStopped = errors.New("the run is stopping")

// refused waits after a refused start, which was for so many tasks; false where
// there is no hope, since no other task runs than those that wait like this. A
// refusal that is over after one wait isn't worth a notice.
func (p *Pool) refused(err error, times, tasks int) bool {
	p.refusedAt.Store(time.Now().UnixNano())
	if times > 0 {
		p.refusal.Do(func() {
			p.notice("the system refuses more processes (" + err.Error() + "): waiting for running ones to end; a lower -j avoids this")
		})
	}
	if running, _ := p.sched.look(); times >= patience(err) && running <= tasks+int(p.denied.Load()) {
		if errors.Is(err, unix.EMFILE) {
			err = fmt.Errorf("%w; allow more (ulimit -n), or lower -j", err)
		}
		p.fail(err)
		return false
	}
	p.denied.Add(int64(tasks))
	time.Sleep(refusedWait)
	p.denied.Add(int64(-tasks))
	return true
}

// patience is how many times in a row a start may be refused while no job runs
// that could end. Other programs can make room for a process, but only pmap
// itself for its files.
func patience(err error) int {
	if errors.Is(err, unix.EMFILE) {
		return emfileMax
	}
	return refusedMax
}

// tight reports whether the system has refused a process of late.
func (p *Pool) tight() bool {
	at := p.refusedAt.Load()
	return at != 0 && time.Since(time.Unix(0, at)) < tightFor
}

func (s *slot) layEnvironment(t *Task) {
	s.env.Truncate(s.envBase)
	if s.pool.cfg.Jobs.Bare {
		return
	}
	s.appendNumber("PMAP_SEQ=", t.Number())
	s.appendNumber("PMAP_TRY=", int64(t.Try))
}

// appendNumber adds a variable. name ends in "=".
func (s *slot) appendNumber(name string, n int64) {
	s.env.Begin()
	s.env.WriteString(name)
	s.env.WriteInt(n)
	s.env.End()
}

// bareEnvironment is what all jobs find where nothing names them. slotVar is
// left out.
func bareEnvironment(environ []string, slotVar string) startmode.Strings {
	var env startmode.Strings
	for _, kv := range environ {
		if slotVar == "" || !strings.HasPrefix(kv, slotVar+"=") {
			env.AppendString(kv)
		}
	}
	return env
}

// baseEnvironment is what all jobs find, but for what names the job.
func baseEnvironment(environ []string) startmode.Strings {
	var env startmode.Strings
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "PMAP_SEQ", "PMAP_SLOT", "PMAP_TRY", "PMAP_PID":
		default:
			env.AppendString(kv)
		}
	}
	env.Begin()
	env.WriteString("PMAP_PID=")
	env.WriteInt(int64(unix.Getpid()))
	env.End()
	return env
}

// rescueHead is called by a slot whose job's output finds no room. If the job
// whose turn it is waits for another try while all slots are held up like
// this one, nothing would ever move: that try is given a thread of its own,
// under this slot's number, since this slot's job is standing still. In a run
// that is stopped it is given up.
func (s *slot) rescueHead() {
	p := s.pool
	head, running, _ := p.seq.look()
	if running == nil || !p.rescue.CompareAndSwap(false, true) {
		return
	}
	t, over := p.sched.takeRetry(head)
	if over {
		p.giveBack(t)
	}
	if t == nil || over {
		p.rescue.Store(false)
		return
	}
	extra := newSlot(p, s.number)
	extra.take(p.cfg.Jobs.Slots)
	p.mu.Lock()
	p.extra = extra
	p.mu.Unlock()
	p.slots.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer p.rescue.Store(false) // after close: the next one gets the same cell
		e := processEngine{extra}
		defer e.close()
		extra.prepare()
		extra.run(t)
	})
}
