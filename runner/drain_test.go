package runner

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSlowReader holds that what a job left in its pipe is emitted however
// long pmap's own reader takes for it.
func TestSlowReader(t *testing.T) {
	unhurried(t, 500*time.Millisecond, func(limit time.Duration) bool {
		r := newRun(t, []string{"x"}, `(for k in 1 2 3 4 5 6 7 8; do head -c 60000 /dev/zero; done) & : {}`)
		var n int
		r.cfg.Output.Stdout = writerFunc(func(p []byte) (int, error) {
			time.Sleep(limit / 5) // in all longer than any process is waited for here
			n += len(p)
			return len(p), nil
		})
		p, err := New(r.cfg)
		if err != nil {
			t.Fatal(err)
		}
		p.hold = holdLimit{silence: 10 * limit, total: limit}
		if _, err := p.Run(); err != nil {
			t.Fatal(err)
		}
		return n != 480000
	})
}

// TestHeldPipe holds that a process that a job leaves in the background does
// not hold the run up.
func TestHeldPipe(t *testing.T) {
	pidFile := t.TempDir() + "/pid"
	r := newRun(t, []string{"x"}, `sleep 1000 & echo $! >`+pidFile+`; echo now {}`)
	r.run(t)
	if diff := cmp.Diff("now x\n", r.out.String()); diff != "" {
		t.Error(diff)
	}
	if len(r.watch.notices) != 1 {
		t.Errorf("notices: %q", r.watch.notices)
	}
	killPidFile(t, pidFile)
}

// TestHeldPipeIsReadOn holds that what such a process writes soon is kept.
func TestHeldPipeIsReadOn(t *testing.T) {
	flag := t.TempDir() + "/flag"
	r := newRun(t, []string{"x"}, `(until test -e `+flag+`; do sleep 0.01; done; echo late {}) & echo now`)
	r.cfg.Output.Stdout = writerFunc(func(p []byte) (int, error) {
		os.WriteFile(flag, nil, 0o600)
		return r.out.Write(p)
	})
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.hold = holdLimit{silence: testPatience, total: testPatience}
	if _, err := p.Run(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("now\nlate x\n", r.out.String()); diff != "" || len(r.watch.notices) > 0 {
		t.Errorf("%s, notices: %q", diff, r.watch.notices)
	}
}

// TestLull holds that time in which pmap itself didn't run is no silence of others.
func TestLull(t *testing.T) {
	var l lull
	l.add(time.Hour)
	if left := l.left(usualHold); left != usualHold.silence-holdTick {
		t.Errorf("%v are left after an hour without a look", left)
	}
	l.silence = 0
	l.add(time.Millisecond)
	if left := l.left(holdLimit{silence: time.Second, total: 15 * time.Millisecond}); left != 4*time.Millisecond {
		t.Errorf("%v are left of the total", left)
	}
}
