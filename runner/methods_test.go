package runner

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/ipc"
	"pmap/startmode"
)

// methods make a run's processes come to life in each way.
var methods = map[string]func(*testing.T, *testRun){
	"fork":       func(*testing.T, *testRun) {},
	"spawn":      spawnMethod,
	"forkserver": forkServerMethod,
}

func spawnMethod(_ *testing.T, r *testRun) {
	r.cfg.Parent = func(cell int) (startmode.Parent, error) {
		spec := r.workerSpec(cell)
		return startmode.Spawn(&spec)
	}
}

func forkServerMethod(t *testing.T, r *testRun) {
	f, err := startmode.StartForkServer(r.workerSpec(-1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	r.cfg.Parent = f.Parent
}

// withTable gives the run a table of processes for its slots.
func (r *testRun) withTable(t *testing.T) {
	t.Helper()
	table, err := ipc.NewTable(r.cfg.Jobs.Slots)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	r.cfg.Table = table
}

func (r *testRun) workerSpec(cell int) startmode.WorkerSpec {
	spec := startmode.WorkerSpec{
		Starter: r.cfg.Starter, Table: r.cfg.Table, Environ: os.Environ(),
		Hello: ipc.Hello{Cell: cell, Bare: true},
	}
	if cell >= 0 {
		spec.Cell = r.cfg.Table.Cell(cell)
	}
	return spec
}

// builtin makes the run one of a built-in worker.
func (r *testRun) builtin(words ...string) {
	r.cfg.Worker = func(cell int) (Worker, error) {
		spec := r.workerSpec(cell)
		spec.Hello.Words = append([]string{"\n"}, words...)
		return StartPooled(&spec)
	}
}

// TestMethodsAgree runs the same jobs under every start method, order and
// number of tries, and holds their output and statuses against the sequential
// loop's.
func TestMethodsAgree(t *testing.T) {
	const n = 24
	job := `i={}; echo "out $i"; test $((i % 7)) -gt 0 || sleep 0.02; test $((i % 5)) -gt 0 || seq $((i * 100)); echo "err $i" >&2; test $((i % 9)) -gt 0 || exit $((i % 4)); kill -0 $$; test $i != 11 || kill -9 $$; echo "end $i"`
	groups := loopOutputs(t, job, n)
	for name, method := range methods {
		for _, order := range []Order{Ordered, Unordered} {
			for _, tries := range []int{1, 2} {
				t.Run(fmt.Sprintf("%s/order=%d/tries=%d", name, order, tries), func(t *testing.T) {
					r := newRun(t, numbers(n), job)
					r.cfg.Output.Order, r.cfg.Retry.Tries, r.cfg.Jobs.Slots = order, tries, 3
					r.withTable(t)
					method(t, r)
					sum := r.run(t)
					sameGroups(t, groups, r.out.String())
					if want := strings.Join(groups, ""); order == Ordered && r.out.String() != want {
						t.Error(cmp.Diff(want, r.out.String()))
					}
					want := map[string]int64{"exit 1": 1, "exit 2": 1, "SIGKILL": 1}
					if diff := cmp.Diff(want, sum.ByStatus); diff != "" || sum.Done != n {
						t.Errorf("%d done; -want +got:\n%s", sum.Done, diff)
					}
				})
			}
		}
	}
}

// TestMethodsEndJobs holds that timeouts and interrupts reach jobs and their
// children under every start method.
func TestMethodsEndJobs(t *testing.T) {
	for name, method := range methods {
		t.Run(name+"/timeout", func(t *testing.T) {
			r := newRun(t, []string{"1000", "0"}, "echo {}; sleep {} & wait")
			r.withTable(t)
			method(t, r)
			r.cfg.Jobs.Timeout.Fixed = 100 * time.Millisecond
			sum := r.run(t)
			if diff := cmp.Diff(map[string]int64{"timeout": 1}, sum.ByStatus); diff != "" {
				t.Error(diff)
			}
			if got := r.out.String(); got != "1000\n0\n" {
				t.Errorf("output %q", got)
			}
		})
		t.Run(name+"/interrupt", func(t *testing.T) {
			r := newRun(t, []string{"1000", "1001"}, "sleep {}")
			r.withTable(t)
			method(t, r)
			p, err := New(r.cfg)
			if err != nil {
				t.Fatal(err)
			}
			r.watch.onStart = func(task *Task) { p.Interrupt(unix.SIGTERM) }
			sum, err := p.Run()
			if err != nil || sum.Signal != unix.SIGTERM || len(sum.Unfinished) != 1 {
				t.Errorf("%+v, %v", sum, err)
			}
		})
	}
}

// killWorkers ends whatever stands in the table by KILL, a process every few
// moments, until stop is called.
func killWorkers(r *testRun, kills *atomic.Int64, every time.Duration) (stop func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for slot := 0; ; slot++ {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			pid := atomic.LoadInt32(r.cfg.Table.Cell(slot % r.cfg.Table.Slots()))
			if pid > 1 && unix.Kill(int(pid), unix.SIGKILL) == nil {
				kills.Add(1)
			}
		}
	}()
	return func() { close(over); <-ended }
}

// TestWorkersKilled kills workers at random through a run of many items: all
// of them are done, each once in the output, in their order.
func TestWorkersKilled(t *testing.T) {
	values := numbers(10_000)
	for i := range values {
		values[i] = "item " + values[i]
	}
	want := strings.ToUpper(strings.Join(values, "\n") + "\n")
	for _, size := range []int{0, 1, 7} {
		t.Run(fmt.Sprintf("chunk=%d", size), func(t *testing.T) {
			r := newRun(t, nil, "echo")
			r.withTable(t)
			r.builtin("upper")
			r.cfg.Chunking.Size = size
			r.cfg.Retry.Tries = 0
			var kills atomic.Int64
			t.Cleanup(killWorkers(r, &kills, 3*time.Millisecond))
			r.cfg.Source = &untilKilled{Source: chunker.Values(values), kills: &kills, least: 5}
			sum := r.run(t)
			if r.out.String() != want || sum.Done != 10_000 || sum.Failed != 0 {
				t.Errorf("%d done, %d failed, the same output: %v", sum.Done, sum.Failed, r.out.String() == want)
			}
		})
	}
}

// untilKilled holds back the last items until so many workers were killed.
type untilKilled struct {
	Source
	kills *atomic.Int64
	least int64
	given int
}

func (s *untilKilled) Next() (chunker.Item, error) {
	if s.given++; s.given > 9000 {
		for end := time.Now().Add(10 * time.Second); s.kills.Load() < s.least && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	}
	return s.Source.Next()
}

func (s *untilKilled) Ready() bool { return s.given < 9000 && s.Source.Ready() }

// TestKillerItem holds that an item which ends its worker fails alone, after
// its tries, and costs the others none.
func TestKillerItem(t *testing.T) {
	r := newRun(t, numbers(50), "echo")
	r.withTable(t)
	r.cfg.Retry.Tries = 3
	r.cfg.Worker = func(cell int) (Worker, error) { return &fragile{}, nil }
	sum := r.run(t)
	if diff := cmp.Diff(map[string]int64{"worker lost": 1}, sum.ByStatus); diff != "" || sum.Done != 50 {
		t.Errorf("%d done: %s", sum.Done, diff)
	}
	if sum.First == nil || sum.First.Seq != 13 || sum.First.Tries != 3 {
		t.Errorf("the failure is %+v", sum.First)
	}
	for _, end := range r.watch.ended {
		if !strings.HasPrefix(end, "13.") && !strings.Contains(end, ".1 ") {
			t.Errorf("%s: another item lost a try", end)
		}
	}
}

// A fragile worker is lost at item 13.
type fragile struct{ tasks []*Task }

func (w *fragile) Send(tasks []*Task) error { w.tasks = append(w.tasks, tasks...); return nil }
func (w *fragile) Room() int                { return 100 }
func (w *fragile) Retire()                  {}
func (w *fragile) Close() error             { return nil }

func (w *fragile) Step(time.Duration) (answers []Answer, err error) {
	for len(w.tasks) > 0 && w.tasks[0].Seq() != 13 {
		answers = append(answers, Answer{Task: w.tasks[0], Took: time.Microsecond})
		w.tasks = w.tasks[1:]
	}
	if len(w.tasks) > 0 || len(answers) == 0 {
		err = unix.ECONNRESET
	}
	return answers, err
}

func (w *fragile) Current() int { return 0 }
