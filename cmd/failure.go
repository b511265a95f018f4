package cmd

import (
	"time"

	"github.com/spf13/pflag"

	"pmap/runner"
)

// failureOptions say what counts as a failure and what follows from one.
type failureOptions struct {
	tries      countValue
	delay      durationValue
	maxDelay   durationValue
	retryOn    statusesValue
	ok         statusesValue
	halt       haltValue
	failFast   bool
	failedTo   string
	exitStatus choiceValue
}

func (o *failureOptions) AddFlags(fs *pflag.FlagSet) {
	o.tries = 1
	o.delay = durationValue(time.Second)
	o.maxDelay = durationValue(time.Minute)
	o.ok.Set("0")
	o.halt.text = "never"
	o.exitStatus = choiceValue{value: "xargs", allowed: []string{"xargs", "count", "first"}}
	fs.Var(&o.tries, "tries", "try each item up to `N` times in all; 0: until it succeeds")
	fs.Var(&o.tries, "retries", "same as --tries `N`")
	fs.Var(&o.delay, "retry-delay", "wait up to `DURATION` before the second try, twice that before the next, and so on")
	fs.Var(&o.maxDelay, "retry-max-delay", "but never longer than `DURATION`")
	fs.Var(&o.retryOn, "retry-on", "try again only after these statuses, such as 75,124,SIGKILL")
	fs.Var(&o.ok, "ok-status", "statuses that count as success, such as 0,1")
	fs.Var(&o.halt, "halt", "stop early: now,fail=1, soon,fail=30%, now,success=1; or never")
	fs.BoolVar(&o.failFast, "fail-fast", false, "same as --halt now,fail=1")
	fs.StringVar(&o.failedTo, "failed-to", "", "write the items that were not done to `FILE`, as they were read")
	fs.Var(&o.exitStatus, "exit-status", "what pmap's exit status says: as xargs does, how many failed, or the first failure's own")
}

func (o *failureOptions) retryOptions() runner.RetryOptions {
	r := runner.RetryOptions{
		Tries:    int(o.tries),
		Delay:    time.Duration(o.delay),
		MaxDelay: time.Duration(o.maxDelay),
		OK:       o.ok.set,
	}
	if o.retryOn.text != "" {
		r.On = &o.retryOn.set
	}
	return r
}

func (o *failureOptions) haltRule() runner.Halt {
	if o.failFast {
		return runner.Halt{When: runner.HaltNow, Why: runner.HaltOnFail, Count: 1}
	}
	return o.halt.halt
}

// failedFile is --failed-to's file. Its first line is the header of the input,
// where that has one, so that it can be read in the same way.
type failedFile struct {
	stream
	header []byte // not written yet
}

func (f *failedFile) Write(p []byte) (int, error) {
	if len(f.header) > 0 {
		if _, err := f.stream.Write(f.header); err != nil {
			return 0, err
		}
		f.header = nil
	}
	return f.stream.Write(p)
}
