package cmd

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pmap/runner"
)

func TestProgressLine(t *testing.T) {
	for _, c := range []struct {
		p     runner.Progress
		total int64
		want  string
	}{
		{runner.Progress{Done: 12, Running: 8, Failed: 1, Head: 1, HeadCommand: "ssh host1", HeadFor: 34 * time.Second, Behind: 11}, 500,
			"[12/500  8 running  1 failed]  waiting for #1 ssh host1 (0:34), 11 done behind it"},
		{runner.Progress{Before: 300, Done: 12, Running: 8}, 500, "[312/500  300 before  8 running]"},
		{runner.Progress{Running: 2, Read: 7}, -1, "[0  2 running]"},
		{runner.Progress{Done: 3, Running: 2, Read: 7, AtEnd: true}, -1, "[3/7  2 running]"},
		{runner.Progress{Done: 3, Running: 2, Read: 7, AtEnd: true}, 5, "[3/7  2 running]"},
		{runner.Progress{Running: 1, Retrying: 2}, 9, "[0/9  1 running  2 to be tried again]"},
		{runner.Progress{Running: 1, Head: 4, HeadCommand: "x", HeadFor: 3723 * time.Second}, -1, "[0  1 running]  waiting for #4 x (1:02:03)"},
	} {
		if got := progressLine(c.p, c.total); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

// counter counts how often progress has been looked at.
type counter struct{ atomic.Int64 }

func (c *counter) look() runner.Progress {
	c.Add(1)
	return runner.Progress{}
}

func TestProgressTimes(t *testing.T) {
	for _, c := range []struct {
		name  string
		style progressStyle
		after map[time.Duration]int64 // looks by then
		times []time.Duration
	}{
		{"transient", progressStyle{transient: true},
			map[time.Duration]int64{1900 * time.Millisecond: 0, 2100 * time.Millisecond: 1, 2500 * time.Millisecond: 3}, nil},
		{"lines", progressStyle{lines: true},
			map[time.Duration]int64{29 * time.Second: 0, 31 * time.Second: 1, 61 * time.Second: 2}, nil},
		{"none", progressStyle{}, map[time.Duration]int64{time.Hour: 0}, nil},
	} {
		for after, want := range c.after {
			synctest.Test(t, func(t *testing.T) {
				var looks counter
				con := &console{fd: -1, quiet: true, ours: func() bool { return false }}
				p := startProgress(con, looks.look, -1, nil, c.style)
				time.Sleep(after)
				synctest.Wait()
				if got := looks.Load(); got != want {
					t.Errorf("%s: %d looks after %v, want %d", c.name, got, after, want)
				}
				p.stop(true)
			})
		}
	}
}

func TestProgressStyle(t *testing.T) {
	pipeEnd := makePipe(t)
	terminal := &console{tty: true, ours: func() bool { return true }}
	background := &console{tty: true, ours: func() bool { return false }}
	file := &console{}
	plain := outputOptions{}
	forced := outputOptions{progress: true}
	for _, c := range []struct {
		name      string
		o         outputOptions
		con       *console
		stdout    int
		dumb      bool
		ungrouped bool
		want      progressStyle
	}{
		{"terminal", plain, terminal, -1, false, false, progressStyle{transient: true}},
		{"in the background", plain, background, -1, false, false, progressStyle{}},
		{"stdout is a pipe", plain, terminal, pipeEnd.w, false, false, progressStyle{}},
		{"dumb terminal", plain, terminal, -1, true, false, progressStyle{}},
		{"ungrouped", plain, terminal, -1, false, true, progressStyle{}},
		{"no terminal", plain, file, -1, false, false, progressStyle{}},
		{"forced", forced, terminal, pipeEnd.w, false, false, progressStyle{transient: true, bar: true}},
		{"forced in the background", forced, background, -1, false, false, progressStyle{transient: true, bar: true}},
		{"forced off a terminal", forced, file, -1, false, false, progressStyle{lines: true}},
		{"forced, dumb", forced, terminal, -1, true, false, progressStyle{lines: true}},
		{"forced, ungrouped", forced, terminal, -1, false, true, progressStyle{lines: true}},
		{"stopped", outputOptions{noProgress: true}, terminal, -1, false, false, progressStyle{}},
		{"quiet", outputOptions{quiet: true}, terminal, -1, false, false, progressStyle{}},
	} {
		if got := c.o.progressStyle(c.con, c.stdout, c.dumb, c.ungrouped); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestBar(t *testing.T) {
	bar := newBar()
	half := barText(bar, 5, 10)
	if !strings.Contains(half, "50%") || strings.ContainsAny(half, "\r\n\x1b") {
		t.Errorf("bar at half: %q", half)
	}
	if full := barText(bar, 99, 10); !strings.Contains(full, "100%") {
		t.Errorf("bar beyond its total: %q", full)
	}
}
