package runner

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pmap/runner/template"
	"pmap/startmode"
)

func TestHalt(t *testing.T) {
	for rule, want := range map[string]int64{"soon,fail=1": 1, "now,fail=1": 1, "soon,success=2": 2} {
		h, err := ParseHalt(rule)
		if err != nil {
			t.Fatal(err)
		}
		values := append([]string{"1"}, numbers(100)...)
		if h.Why == HaltOnSuccess {
			values = []string{"0", "0", "0", "0", "0"}
		}
		r := newRun(t, values, `exit {}`)
		r.cfg.Jobs.Slots, r.cfg.Halt = 1, h
		sum := r.run(t)
		if !sum.Halted || sum.Done != want {
			t.Errorf("%s: %+v", rule, sum)
		}
		wantLeft := int64(len(values)) - want
		var left int64
		for _, u := range sum.Unfinished {
			left += u.To - u.From + 1
		}
		if left != wantLeft {
			t.Errorf("%s: %d unfinished, not %d", rule, left, wantLeft)
		}
	}
}

// TestHaltEndsRescue holds that a halt's signal reaches the job of the slot that
// was made to rescue the head, too.
func TestHaltEndsRescue(t *testing.T) {
	r := newRun(t, nil, "true")
	r.cfg.Jobs.KillAfter = 5 * time.Second
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	job := exec.Command("sleep", "1000")
	job.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := job.Start(); err != nil {
		t.Fatal(err)
	}
	p.extra = newSlot(p, 2)
	*p.extra.cell = int32(job.Process.Pid)
	p.halted = true
	p.endJobs(haltSignal)
	job.Wait()
	if got := job.ProcessState.Sys().(syscall.WaitStatus).Signal(); got != haltSignal {
		t.Errorf("ended by %v", got)
	}
	*p.extra.cell = 0
}

// TestInterrupt ends a run in the middle: what has ended is emitted, what
// runs is ended, everything not done is accounted for.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	r := newRun(t, numbers(10), `test {} = 2 || test {} = 5 && { echo "start {}"; : >`+dir+`/{}; sleep 60; }; echo {}`)
	r.cfg.Jobs.Slots = 3
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for p.Progress().Done < 7 || !exists(dir+"/2") || !exists(dir+"/5") {
			time.Sleep(time.Millisecond)
		}
		p.Interrupt(unix.SIGTERM)
	}()
	sum, err := p.Run()
	if err != nil {
		t.Fatal(err)
	}
	if sum.Signal != unix.SIGTERM || len(sum.Unfinished) == 0 || sum.Unfinished[0].From != 2 {
		t.Errorf("%+v", sum)
	}
	if !strings.HasPrefix(r.out.String(), "1\nstart 2\n3\n4\nstart 5\n") {
		t.Errorf("%q", r.out.String())
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func TestKillAtOnce(t *testing.T) {
	r := newRun(t, numbers(3), `trap '' TERM INT; sleep 60; echo {}`)
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{}, 3)
	r.watch.onStart = func(*Task) { started <- struct{}{} }
	go func() {
		for range 3 {
			<-started
		}
		p.Interrupt(unix.SIGINT)
		p.Kill()
	}()
	if sum, err := p.Run(); err != nil || len(sum.Unfinished) != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
}

// A lateStarter starts jobs whose pid nobody learns before they have made a file,
// and until release is closed.
type lateStarter struct {
	startmode.Starter
	file    string
	release chan struct{}
}

func (l lateStarter) Start(spec *startmode.Spec) (int, error) {
	unseen := *spec
	unseen.Cell = nil
	pid, err := l.Starter.Start(&unseen)
	for err == nil && !exists(l.file) {
		time.Sleep(time.Millisecond)
	}
	<-l.release
	return pid, err
}

// TestKillTooEarly holds that a job which is still being started when the others
// get KILL gets it too.
func TestKillTooEarly(t *testing.T) {
	late := lateStarter{startmode.NewFork(startmode.ForkOptions{}), t.TempDir() + "/file", make(chan struct{})}
	r := newRun(t, numbers(1), `trap '' TERM; : {} >`+late.file+`; while :; do sleep 1; done`)
	r.cfg.Starter, r.cfg.Jobs.KillAfter = late, time.Hour
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for !exists(late.file) {
			time.Sleep(time.Millisecond)
		}
		p.Interrupt(unix.SIGTERM)
		p.Kill()
		close(late.release)
	}()
	if sum, err := p.Run(); err != nil || len(sum.Unfinished) != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
	p.slots.Wait()
}

// TestKillWhileStdoutHangs holds that a job whose slot hangs in a write is
// accounted for when the run is killed.
func TestKillWhileStdoutHangs(t *testing.T) {
	r := newRun(t, numbers(3), `echo {}; sleep 60`)
	if _, left := r.killWhileStdoutHangs(t); strings.Count(left, "\n") != 3 {
		t.Errorf("failed to: %q", left)
	}
}

// TestKillCoprocWhileStdoutHangs holds the same of what a program was sent and
// has not answered.
func TestKillCoprocWhileStdoutHangs(t *testing.T) {
	r := newRun(t, numbers(3), "true")
	tmpl, err := template.Compile(template.Config{
		Words: []string{`read -r a; read -r b; read -r c; echo "$a"; sleep 60`}, Replace: "\x01", Placed: true, Environ: os.Environ(),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.cfg.Template, r.cfg.Coproc, r.cfg.Jobs.Slots = tmpl, &CoprocOptions{Framing: FramedByLine}, 1
	if _, left := r.killWhileStdoutHangs(t); left != "2\n3\n" {
		t.Errorf("failed to: %q", left)
	}
}

// killWhileStdoutHangs kills the run in its first write, and returns its summary
// and what it has given up then.
func (r *testRun) killWhileStdoutHangs(t *testing.T) (sum Summary, left string) {
	t.Helper()
	hangs, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	r.cfg.Output.Stdout = writerFunc(func(p []byte) (int, error) {
		once.Do(func() { close(hangs); <-release })
		return len(p), nil
	})
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-hangs
		p.Kill()
	}()
	if sum, err = p.Run(); err != nil {
		t.Error(err)
	}
	left = r.failed.String()
	close(release)
	p.slots.Wait()
	return sum, left
}

// TestCoprocEndedWithRun holds that a program which had to be killed at the end of
// an interrupted run has not timed out.
func TestCoprocEndedWithRun(t *testing.T) {
	r := newRun(t, nil, "cat")
	r.cfg.Coproc = &CoprocOptions{}
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	e := newCoprocEngine(newSlot(p, 1))
	e.late = true
	if st := e.lostStatus(); st.Kind != TimedOut {
		t.Errorf("%v", st)
	}
	p.ending.Store(int32(unix.SIGINT))
	if st := e.lostStatus(); st.Kind != Cancelled {
		t.Errorf("%v", st)
	}
}
