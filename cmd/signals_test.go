package cmd

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"pmap/runner"
)

// A fakePool writes down what it is told.
type fakePool struct {
	mu      sync.Mutex
	told    []string
	running int64
}

func (p *fakePool) tell(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, what)
}

func (p *fakePool) Interrupt(sig unix.Signal) { p.tell("interrupt " + unix.SignalName(sig)) }
func (p *fakePool) Kill()                     { p.tell("kill") }
func (p *fakePool) Suspend()                  { p.tell("suspend") }
func (p *fakePool) Resume()                   { p.tell("resume") }
func (p *fakePool) Progress() runner.Progress { return runner.Progress{Running: p.running} }

func TestWatch(t *testing.T) {
	const eight = "say interrupted: ending 8 jobs; again to kill"
	for _, c := range []struct {
		signals []unix.Signal
		told    string
		first   unix.Signal
		killed  bool
	}{
		{[]unix.Signal{unix.SIGINT}, "interrupt SIGINT, " + eight, unix.SIGINT, false},
		{[]unix.Signal{unix.SIGTERM}, "interrupt SIGTERM, " + eight, unix.SIGTERM, false},
		{[]unix.Signal{unix.SIGHUP}, "interrupt SIGTERM, " + eight, unix.SIGHUP, false},
		{[]unix.Signal{unix.SIGQUIT}, "kill", unix.SIGQUIT, true},
		{[]unix.Signal{unix.SIGINT, unix.SIGTERM}, "interrupt SIGINT, " + eight + ", kill", unix.SIGINT, true},
		{[]unix.Signal{unix.SIGHUP, unix.SIGHUP}, "interrupt SIGTERM, " + eight, unix.SIGHUP, false},
		{[]unix.Signal{unix.SIGHUP, unix.SIGINT}, "interrupt SIGTERM, " + eight + ", kill", unix.SIGHUP, true},
		{[]unix.Signal{unix.SIGCONT}, "resume", 0, false},
		{[]unix.Signal{unix.SIGUSR1}, "report", 0, false},
	} {
		pool := &fakePool{running: 8}
		w := &watch{pool: pool,
			say:    func(text string) { pool.tell("say " + text) },
			report: func() { pool.tell("report") }}
		for _, sig := range c.signals {
			w.handle(sig)
			w.says.Wait()
		}
		if got := strings.Join(pool.told, ", "); got != c.told || w.first != c.first || w.killed != c.killed {
			t.Errorf("%v: told %q, first %v, killed %v", c.signals, got, w.first, w.killed)
		}
	}
}

func TestEndingOneJob(t *testing.T) {
	if got := endingText(1); got != "interrupted: ending 1 job; again to kill" {
		t.Error(got)
	}
}

// A message that can't be written must not keep the second signal waiting.
func TestSecondSignalIsHeardWhileTheFirstIsBeingSaid(t *testing.T) {
	pool := &fakePool{}
	never := make(chan struct{})
	w := watchFor(t, pool, func(string) { <-never })
	raise(unix.SIGTERM)
	raise(unix.SIGTERM)
	w.stop()
	if want := []string{"interrupt SIGTERM", "kill"}; !slices.Equal(pool.told, want) || !w.killed {
		t.Errorf("told %q", pool.told)
	}
	close(never)
	w.says.Wait()
}

// What came before the signals were given back counts.
func TestWatchDrains(t *testing.T) {
	pool := &fakePool{}
	var said string
	w := watchFor(t, pool, func(text string) { said = text })
	raise(unix.SIGTERM)
	w.stop()
	if w.first != unix.SIGTERM || !strings.HasPrefix(said, "interrupted:") {
		t.Errorf("first %v, said %q", w.first, said)
	}
}

func watchFor(t *testing.T, pool controller, say func(string)) *watch {
	t.Helper()
	w, err := startWatch(pool, say, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return w
}
