package cmd

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"pmap/runner"
)

func TestStatusOf(t *testing.T) {
	exited := func(code int) runner.Summary {
		return runner.Summary{Failed: 1, First: &runner.Failure{Status: runner.Status{Code: code}}}
	}
	killed := runner.Summary{Failed: 2, Signaled: true,
		First: &runner.Failure{Status: runner.Status{Kind: runner.Signaled, Signal: unix.SIGKILL}}}
	timedOut := runner.Summary{Failed: 1,
		First: &runner.Failure{Status: runner.Status{Kind: runner.TimedOut, Code: 124, Signal: unix.SIGTERM}}}
	for _, c := range []struct {
		name    string
		summary runner.Summary
		failure error
		style   string
		want    int
	}{
		{"all well", runner.Summary{Done: 3}, nil, "xargs", 0},
		{"pmap failed", runner.Summary{NotFound: true, Failed: 1}, errors.New("x"), "xargs", 1},
		{"pmap failed, counting", runner.Summary{Failed: 7}, errors.New("x"), "count", 1},
		{"not found", runner.Summary{Failed: 3, NotFound: true, CannotRun: true, Signaled: true}, nil, "xargs", 127},
		{"cannot run", runner.Summary{Failed: 3, CannotRun: true, Signaled: true}, nil, "xargs", 126},
		{"signal", runner.Summary{Failed: 3, Signaled: true}, nil, "xargs", 125},
		{"failed", exited(255), nil, "xargs", 123},
		{"timeout", timedOut, nil, "xargs", 123},
		{"stopped by success", runner.Summary{Done: 3, Halted: true}, nil, "xargs", 0},
		{"count 0", runner.Summary{Done: 3}, nil, "count", 0},
		{"count", runner.Summary{Failed: 7, NotFound: true}, nil, "count", 7},
		{"count 100", runner.Summary{Failed: 100}, nil, "count", 100},
		{"count 101", runner.Summary{Failed: 101}, nil, "count", 101},
		{"count many", runner.Summary{Failed: 5000}, nil, "count", 101},
		{"first of none", runner.Summary{Done: 3}, nil, "first", 0},
		{"first", exited(42), nil, "first", 42},
		{"first, where 0 is no success", exited(0), nil, "first", 123},
		{"first by signal", killed, nil, "first", 137},
		{"first timed out", timedOut, nil, "first", 124},
	} {
		if got := statusOf(c.summary, c.failure, c.style); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestStatusOfError(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{usage("x", ""), 2}, {&endError{status: 127}, 127}, {&endError{status: 126}, 126}, {errors.New("x"), 1},
	} {
		if got := statusOfError(c.err); got != c.want {
			t.Errorf("%#v: %d, want %d", c.err, got, c.want)
		}
	}
}

// Whoever started pmap must see a death by the signal, not an exit status.
func TestDieBy(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE} {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), deathEnv+"="+strconv.Itoa(int(sig)))
		out, _ := c.CombinedOutput()
		ws := c.ProcessState.Sys().(syscall.WaitStatus)
		if !ws.Signaled() || ws.Signal() != sig || len(out) > 0 {
			t.Errorf("%v: ended with %v and %q", sig, c.ProcessState, out)
		}
	}
}
