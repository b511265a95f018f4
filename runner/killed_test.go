package runner

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// A killer is a run's stdout that ends a worker by KILL every so many bytes.
type killer struct {
	safeBuffer
	random *rand.Rand
	every  int // bytes, on an average
	size   int // written
	next   int
	kills  int
}

// withKiller has up to barrenMax workers killed while the run writes size bytes:
// with more of them a slot could lose so many in a row that the run gives up.
func (r *testRun) withKiller(size int) *killer {
	k := &killer{random: rand.New(rand.NewPCG(uint64(size), 1)), every: size / barrenMax}
	r.cfg.Output.Stdout = k
	return k
}

func (k *killer) Write(p []byte) (int, error) {
	k.safeBuffer.Write(p)
	if k.size += len(p); k.size > k.next && k.kills < barrenMax {
		k.next = k.size + k.random.IntN(2*k.every)
		if workers := workerPIDs(); len(workers) > 0 && unix.Kill(workers[k.random.IntN(len(workers))], unix.SIGKILL) == nil {
			k.kills++
		}
	}
	return len(p), nil
}

// untilKilled does runs until they had so many workers killed in all: one whose
// output comes late has none left that could be.
func untilKilled(t *testing.T, enough int, run func() (kills int)) {
	t.Helper()
	for kills, runs := 0, 0; kills < enough; kills += run() {
		if runs++; runs > 20 {
			t.Fatalf("%d workers killed in %d runs", kills, runs-1)
		}
	}
}

// workerPIDs are the workers of this process.
func workerPIDs() (pids []int) {
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, pid := range strings.Fields(string(text)) {
			line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
			if n, err := strconv.Atoi(pid); err == nil && bytes.HasPrefix(line, []byte("pmap-worker")) {
				pids = append(pids, n)
			}
		}
	}
	return pids
}

// TestWorkersKilled kills workers at random through a run of many items: all
// of them are done, each once in the output, in their order.
func TestWorkersKilled(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 2000
	}
	values := numbers(n)
	for i := range values {
		values[i] = "item " + values[i]
	}
	text := strings.Join(values, "\n") + "\n"
	kinds := map[string]struct {
		prepare func(*testing.T, *testRun)
		want    string
	}{
		"spawn":      {spawnMethod, text},
		"forkserver": {forkServerMethod, text},
		"builtin":    {func(_ *testing.T, r *testRun) { r.builtin("upper") }, strings.ToUpper(text)},
		"builtin, one at a time": {func(_ *testing.T, r *testRun) {
			r.builtin("upper")
			r.cfg.Chunking.Size = 1
		}, strings.ToUpper(text)},
		"builtin, by sevens": {func(_ *testing.T, r *testRun) {
			r.builtin("upper")
			r.cfg.Chunking.Size = 7
		}, strings.ToUpper(text)},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			untilKilled(t, 5, func() int {
				r := newRun(t, values, "echo", "{}")
				r.withTable(t)
				r.cfg.Retry.Tries = 0
				kind.prepare(t, r)
				k := r.withKiller(len(text))
				sum := r.run(t)
				if got := k.String(); got != kind.want || sum.Done != int64(n) || sum.Failed != 0 {
					t.Errorf("%d workers killed: %d done, %d failed, the same output: %v", k.kills, sum.Done, sum.Failed, got == kind.want)
				}
				return k.kills
			})
		})
	}
}

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
