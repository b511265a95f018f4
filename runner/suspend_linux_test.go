package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pmap/startmode"
)

// A suspendingStarter suspends the run just before each start.
type suspendingStarter struct {
	startmode.Starter
	pool *Pool
}

func (s *suspendingStarter) Start(spec *startmode.Spec) (int, error) {
	s.pool.Suspend()
	return s.Starter.Start(spec)
}

// TestSuspendWhileStarting holds that a job which is being started while the
// run is suspended stops too, and that the time until it goes on doesn't count
// for its timeout.
func TestSuspendWhileStarting(t *testing.T) {
	if startmode.IgnoredAtStart(unix.SIGTSTP) {
		t.Skip("jobs ignore what would stop them")
	}
	unhurried(t, time.Second, func(timeout time.Duration) bool { return suspendWhileStarting(t, timeout) })
}

func suspendWhileStarting(t *testing.T, timeout time.Duration) (tooSlow bool) {
	t.Helper()
	end := filepath.Join(t.TempDir(), "end")
	r := newRun(t, numbers(1), "sh", "-c", `until test -e "$0"; do :; done; echo $1`, end) // with no child, which could stop while sh waits for its exec
	r.cfg.Jobs.Timeout.Fixed = timeout
	starter := &suspendingStarter{Starter: r.cfg.Starter}
	r.cfg.Starter = starter
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	starter.pool = p
	begin := time.Now()
	done := make(chan Summary)
	go func() {
		sum, _ := p.Run()
		done <- sum
	}()
	for !stopped(p) || time.Since(begin) < timeout+timeout/2 {
		if time.Since(begin) > testPatience {
			t.Error("the job doesn't stop")
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := os.WriteFile(end, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.Resume()
	sum := <-done
	if sum.ByStatus["timeout"] > 0 {
		return true
	}
	if sum.Failed != 0 || r.out.String() != "1\n" {
		t.Errorf("%+v, printed %q", sum, r.out.String())
	}
	return false
}

// stopped reports whether the only job's process stands still.
func stopped(p *Pool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.made) == 0 {
		return false
	}
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", atomic.LoadInt32(p.made[0].cell)))
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "T")
}
