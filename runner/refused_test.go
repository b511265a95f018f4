package runner

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pmap/startmode"
)

// A barren parent never gets ready, since there is no fd for it.
type barren struct{ startmode.Parent }

func (barren) Prepare(*startmode.Spec) error {
	return &startmode.StartError{Op: "fork", Path: "shell", Err: unix.EMFILE}
}
func (barren) Prompt() bool { return false }
func (barren) Close() error { return nil }

// barrenFrom makes the run one of parents that are prepared, of which those
// from a slot on never are.
func (r *testRun) barrenFrom(t *testing.T, place int) {
	t.Helper()
	r.opening(t, func() {})
	opener := r.cfg.Parent
	r.cfg.Parent = func(at int) (startmode.Parent, error) {
		own, err := opener(at)
		if at >= place {
			return barren{own}, err
		}
		return own, err
	}
}

// A slot that gets no interpreter leaves the work to those that have one,
// however long their jobs take.
func TestRefusedSlotWaits(t *testing.T) {
	r := newRun(t, numbers(2), `sleep 1.3; echo {}`)
	r.cfg.Jobs.Slots = 2
	r.barrenFrom(t, 1)
	r.run(t)
	if got := r.out.String(); got != "1\n2\n" {
		t.Errorf("%q", got)
	}
}

// Where no slot gets its own, nobody but pmap could make room: the run fails,
// and says what to do.
func TestRefusedForGood(t *testing.T) {
	r := newRun(t, numbers(2), `echo {}`)
	r.barrenFrom(t, 0)
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = p.Run(); err == nil || !strings.Contains(err.Error(), "ulimit -n") {
		t.Errorf("%v", err)
	}
}

// A slot that gets no worker leaves the work to those that have one, also what it
// had taken: they end only with the run.
func TestRefusedWorker(t *testing.T) {
	r := newRun(t, numbers(200), "echo", "{}")
	r.withTable(t)
	r.cfg.Jobs.Slots = 3
	tried := make(chan struct{}, 1)
	r.cfg.Worker = func(place int) (Worker, error) {
		if place > 0 {
			select {
			case tried <- struct{}{}:
			default:
			}
			return nil, &startmode.StartError{Op: "fork", Path: "worker", Err: unix.EMFILE}
		}
		<-tried
		return &slowWorker{quick: true}, nil
	}
	if sum := r.run(t); sum.Done != 200 || sum.Failed != 0 {
		t.Errorf("%+v", sum)
	}
}

// A refuser starts all jobs but the first.
type refuser struct{ startmode.Starter }

func (r refuser) Start(spec *startmode.Spec) (int, error) {
	for i := range spec.Env.Len() {
		if string(spec.Env.At(i)) == "PMAP_SEQ=1" {
			return 0, &startmode.StartError{Op: "fork", Path: "shell", Err: unix.EMFILE}
		}
	}
	return r.Starter.Start(spec)
}

// Where the job whose turn it is gets no process, and the others have no room
// for what they print, nothing would ever move: the run fails.
func TestRefusedHead(t *testing.T) {
	r := newRun(t, numbers(2), `seq {}00000`)
	r.cfg.Jobs.Slots = 2
	r.cfg.Output.Buffer, r.cfg.Output.Spill = 4*readSize, 0
	r.cfg.Starter = refuser{r.cfg.Starter}
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(time.Minute, p.Kill)
	_, err = p.Run()
	if !stuck.Stop() || err == nil || !strings.Contains(err.Error(), "ulimit -n") {
		t.Errorf("%v", err)
	}
}
