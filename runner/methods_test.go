package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"pmap/ipc"
	"pmap/runner/builtin"
	"pmap/runner/template"
	"pmap/runner/worker"
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

// TestMethodsRunBuiltins is TestMethodsAgree for a built-in worker, which is a
// process for each item or lives on, and fails for some items.
func TestMethodsRunBuiltins(t *testing.T) {
	words := []string{"wc"}
	names, groups, errs := filesToCount(t, words)
	for name, method := range methods {
		for _, order := range []Order{Ordered, Unordered} {
			for _, tries := range []int{1, 2} {
				t.Run(fmt.Sprintf("%s/order=%d/tries=%d", name, order, tries), func(t *testing.T) {
					r := newRun(t, names, "echo")
					r.cfg.Output.Order, r.cfg.Retry.Tries, r.cfg.Jobs.Slots = order, tries, 3
					r.withTable(t)
					if name == "spawn" {
						r.builtin(words...)
					} else {
						r.builtinProcesses(t, words)
						method(t, r)
					}
					sum := r.run(t)
					got := [2]string{r.out.String(), r.err.String()}
					want := [2]string{strings.Join(groups, ""), strings.Join(errs, "")}
					for stream := range got {
						if order == Unordered {
							got[stream], want[stream] = sortedLines(got[stream]), sortedLines(want[stream])
						}
						if diff := cmp.Diff(want[stream], got[stream]); diff != "" {
							t.Error(diff)
						}
					}
					if diff := cmp.Diff(map[string]int64{"exit 1": int64(len(errs))}, sum.ByStatus); diff != "" || sum.Done != int64(len(names)) || len(errs) == 0 {
						t.Errorf("%d done; -want +got:\n%s", sum.Done, diff)
					}
				})
			}
		}
	}
}

// filesToCount are names of files, some of which aren't there, and what a
// built-in worker says of each.
func filesToCount(t *testing.T, words []string) (names, outs, errs []string) {
	t.Helper()
	f, err := builtin.New(words, []byte("\n"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 15 {
		name := filepath.Join(t.TempDir(), fmt.Sprint("file ", i))
		if i%7 != 3 {
			os.WriteFile(name, []byte(someLines(i*i)), 0o600)
		}
		names = append(names, name)
		var r builtin.Result
		if f([]byte(name), &r) == 0 {
			outs = append(outs, string(r.Out))
		} else {
			errs = append(errs, string(r.Err))
		}
	}
	return names, outs, errs
}

// builtinProcesses makes the run one of a built-in worker in a process for each
// item.
func (r *testRun) builtinProcesses(t *testing.T, words []string) {
	t.Helper()
	program, err := startmode.Program()
	if err != nil {
		t.Fatal(err)
	}
	r.cfg.Environ = append(r.cfg.Environ, worker.BuiltinEnv+`="\n"`)
	r.cfg.Template, err = template.Compile(template.Config{
		Words: worker.OneArgs(words, "{}"), Mode: template.Argv, Program: program, Environ: r.cfg.Environ,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestMethodsEndJobs holds that timeouts and interrupts reach jobs and their
// children under every start method.
func TestMethodsEndJobs(t *testing.T) {
	for name, method := range methods {
		t.Run(name+"/timeout", func(t *testing.T) {
			r := newRun(t, []string{"1000"}, "sleep {} & wait")
			r.withTable(t)
			method(t, r)
			r.cfg.Jobs.Timeout.Fixed = 100 * time.Millisecond
			sum := r.run(t)
			if diff := cmp.Diff(map[string]int64{"timeout": 1}, sum.ByStatus); diff != "" {
				t.Error(diff)
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
