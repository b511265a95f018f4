package cmd

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"pmap/runner"
	"pmap/runner/template"
)

// An observer tells the user what happens: commands as they start under -t
// and -v, failures under -v, and what the pool has to say.
type observer struct {
	con      *console
	command  func(dst []byte, job template.Job) []byte
	starts   bool
	failures bool

	events *eventing // may be nil

	slots    int
	whenFull string // said once all slots are in use; may be empty
	full     sync.Once
}

func (o *observer) Started(t *runner.Task) {
	if o.whenFull != "" && t.Slot == o.slots {
		o.full.Do(func() { o.con.say(o.whenFull) })
	}
	if o.events != nil {
		o.events.started(t)
	}
	if o.starts {
		o.con.say(shortened(o.display(t)))
	}
}

func (o *observer) Ended(r *runner.Result, again bool) {
	if o.failures && !r.OK && r.Status.Kind != runner.Cancelled {
		o.con.say(endedText(r, again, o.display(r.Task)))
	}
}

func (o *observer) Signaled(t *runner.Task, pid int, sig unix.Signal) {
	if o.events != nil {
		o.events.signaled(t, pid, sig)
	}
}

func (o *observer) Notice(text string) { o.con.say(text) }

func (o *observer) display(t *runner.Task) string {
	return string(o.command(nil, template.Job{Chunk: t.Chunk, Slot: t.Slot}))
}

// endedText is such as
//
//	#17 failed: exit 22, try 2, to be tried again: curl -fsS https://x/17
func endedText(r *runner.Result, again bool, command string) string {
	text := fmt.Sprintf("#%d failed: %s", r.Number(), statusText(r.Status, r.Reason))
	if r.Try > 1 || again {
		text += fmt.Sprintf(", try %d", r.Try)
	}
	if again {
		text += ", to be tried again"
	}
	return text + ": " + shortened(command)
}
