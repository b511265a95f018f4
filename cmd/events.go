package cmd

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/runner"
	"pmap/runner/journal"
)

// An eventing writes what happens as JSON lines while it does: starts and kills
// as the observer is told of them, ends as a runner.Recorder.
type eventing struct {
	*drafter
	file   *journal.File
	failed atomic.Pointer[error] // of a start or a kill, for the next Record
}

// openEvents opens what --events names.
func (r *execution) openEvents() (*eventing, error) {
	ev := &eventing{drafter: newDrafter(r.options, r.plan)}
	name := r.options.records.events
	if fd, ok := eventsFD(name); ok {
		if fd > 2 {
			unix.CloseOnExec(fd) // or a job that stays would keep the reader waiting
		}
		ev.file = journal.NewFile(name, fd)
		return ev, nil
	}
	var err error
	ev.file, err = journal.OpenFile(name)
	return ev, err
}

// eventsFD reads fd:N.
func eventsFD(name string) (fd int, ok bool) {
	text, ok := strings.CutPrefix(name, "fd:")
	if !ok {
		return 0, false
	}
	fd, err := strconv.Atoi(text)
	if err != nil {
		fd = -1
	}
	return fd, true
}

// checkEvents refuses a descriptor that there isn't.
func checkEvents(name string) error {
	fd, ok := eventsFD(name)
	if !ok {
		return nil
	}
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err == nil && flags&unix.O_ACCMODE != unix.O_RDONLY {
		return nil
	}
	return usage(fmt.Sprintf("--events %s is no descriptor that can be written to", name),
		"open it in the shell: pmap --events fd:3 ... 3>events.jsonl")
}

// begin begins an event's line.
func (ev *eventing) begin(d *draft, what string) []byte {
	line := journal.AppendTextField(append(d.line[:0], '{'), "event", []byte(what))
	return journal.AppendSecondsField(line, "time", time.Now().UnixMicro())
}

func (ev *eventing) end(d *draft, line []byte) error {
	d.line = append(line, '}', '\n')
	return ev.file.Append(d.line)
}

// started is told of a process.
func (ev *eventing) started(t *runner.Task) {
	d := ev.take()
	defer ev.drop(d)
	ev.task(d, t)
	ev.note(ev.end(d, d.entry.AppendTask(ev.begin(d, "start"))))
}

// signaled is told of a signal that is to end a process.
func (ev *eventing) signaled(t *runner.Task, pid int, sig unix.Signal) {
	d := ev.take()
	defer ev.drop(d)
	line := journal.AppendIntField(ev.begin(d, "kill"), "seq", t.Number())
	line = journal.AppendIntField(line, "try", int64(t.Try))
	line = journal.AppendIntField(line, "slot", int64(t.Slot))
	line = journal.AppendIntField(line, "pid", int64(pid))
	ev.note(ev.end(d, journal.AppendTextField(line, "signal", []byte(unix.SignalName(sig)))))
}

func (ev *eventing) note(err error) {
	if err != nil {
		ev.failed.CompareAndSwap(nil, &err)
	}
}

// Enter has nothing to tell: what is done already doesn't happen.
func (ev *eventing) Enter(*chunker.Chunk) error { return nil }

// Record tells of a try that has ended.
func (ev *eventing) Record(r *runner.Result, again bool) error {
	if err := ev.failed.Load(); err != nil {
		return *err
	}
	what := "end"
	if again {
		what = "try"
	}
	d := ev.take()
	defer ev.drop(d)
	ev.result(d, r, again)
	line := d.entry.AppendTask(ev.begin(d, what))
	return ev.end(d, d.entry.AppendEnd(line))
}
