package runner

import (
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/runner/template"
	"pmap/startmode"
)

// A job is one process of a slot, from the opening of its files to its end.
// The slot's goroutine starts it, reads its pipes and is its only waiter.
type job struct {
	slot  *slot
	task  *Task
	files [3]int  // what the process gets
	own   [3]bool // which of them this side closes
	save  *outputFile
	dir   string // that the process runs in; empty is pmap's own

	feed    *feed  // of a block, where the job reads one
	feeding bool   // not all of it has been written
	scratch string // or the file that it is in

	pid     int
	pidfd   int32   // -1: none is needed, or to be had
	reading [2]bool // pipes that have not come to their end
	status  unix.WaitStatus
	ended   bool // the process is a zombie, or
	reaped  bool // has been waited for
	lost    bool // its parent ended first

	begun           time.Time
	suspendedBefore time.Duration // of the run, when the job began
	why             Kind          // TimedOut or WantedTerm, where this slot ends the job
	killAt          time.Time     // then by KILL
	killed          bool
	set             [5]unix.PollFd
}

// open opens the files that the process is to get. On failure nothing is left
// open.
func (j *job) open(s *slot, t *Task, tj template.Job) error {
	opt, out := &s.pool.cfg.Jobs, &s.pool.cfg.Output
	*j = job{slot: s, task: t, pidfd: -1, files: [3]int{opt.Stdin, out.Fds[0], out.Fds[1]}}
	err := j.openDir(opt, tj)
	if err == nil {
		err = j.openStdin(opt, tj)
	}
	if err == nil {
		err = j.openStdout(opt, tj)
	}
	if err == nil && out.Grouping != Ungrouped {
		err = j.openPipes(out.Merge)
	}
	if err != nil {
		j.close()
	}
	return err
}

// openPipes makes the pipes of the streams that are captured, unless the process
// opens them itself.
func (j *job) openPipes(merge bool) error {
	offered := j.slot.pool.offered()
	for stream := range j.reading {
		if j.own[1+stream] {
			continue // it goes to a file
		}
		if stream == stderr && merge && j.save == nil {
			j.files[2] = j.files[1]
			continue
		}
		j.reading[stream] = true
		if offered[stream] {
			continue
		}
		w, err := j.slot.pipes[stream].open(j.slot.pool.ends)
		if err != nil {
			return err
		}
		j.files[1+stream], j.own[1+stream] = w, true
	}
	return nil
}

// closeFiles closes this side's copies of the process's files.
func (j *job) closeFiles() {
	for i := range j.files {
		if j.own[i] {
			unix.Close(j.files[i])
			j.own[i] = false
		}
	}
}

// close lets go of everything that the job still has; its process has been
// reaped, or was never started.
func (j *job) close() {
	j.closeFiles()
	j.stopFeeding()
	if j.scratch != "" {
		unix.Unlink(j.scratch)
		j.scratch = ""
	}
	if j.save != nil {
		j.save.discard()
		j.save = nil
	}
	j.closeDir()
	if j.pidfd >= 0 {
		j.slot.parent.Unwatch(int(j.pidfd))
		j.pidfd = -1
	}
}

// clock has the job's time begin, when its process is there: what a worker's
// --init or an interpreter took before isn't the job's.
func (j *job) clock() {
	j.suspendedBefore = j.slot.pool.suspendedFor()
	j.begun = time.Now()
}

// started takes over a process that has just been made.
func (j *job) started(pid int) {
	j.clock()
	j.pid = pid
	j.task.PID = pid
	atomic.StoreInt32(j.slot.cell, int32(pid))
	j.closeFiles()
	if j.pidfd < 0 && (!j.quiet() || j.limited() || j.prompt()) {
		j.openPIDFD()
	}
	if j.slot.pool.since.Load() != 0 {
		j.slot.suspend()
	}
	if sig := j.slot.pool.ending.Load(); sig != 0 {
		j.slot.endLate(unix.Signal(sig))
	}
}

// prompt reports whether only what is watched shows that the process has ended.
func (j *job) prompt() bool {
	p, ok := j.slot.parent.(startmode.Preparer)
	return ok && p.Prompt()
}

// suspend stops a job that came too late for Suspend to see it, unless the run
// has gone on meanwhile.
func (s *slot) suspend() {
	s.pool.mu.Lock()
	defer s.pool.mu.Unlock()
	if s.pool.since.Load() != 0 {
		s.signal(unix.SIGTSTP)
	}
}
