package runner

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/runner/template"
	"pmap/startmode"
)

// A testRun is a pool under test with everything around it.
type testRun struct {
	cfg      Config
	out, err safeBuffer
	failed   safeBuffer
	watch    recorder
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// A recorder keeps what an Observer is told.
type recorder struct {
	mu      sync.Mutex
	started int
	ended   []string // "seq.try status"
	notices []string
	onStart func(*Task)
}

func (r *recorder) Started(t *Task) {
	r.mu.Lock()
	r.started++
	f := r.onStart
	r.mu.Unlock()
	if f != nil {
		f(t)
	}
}

func (r *recorder) Ended(res *Result, again bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = append(r.ended, fmt.Sprintf("%d.%d %v", res.Seq(), res.Try, res.Status))
}

func (r *recorder) Signaled(*Task, int, unix.Signal) {}

func (r *recorder) Notice(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notices = append(r.notices, text)
}

func script(t *testing.T, words ...string) *template.Template {
	t.Helper()
	tmpl, err := template.Compile(template.Config{Words: words, Environ: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

func word(t *testing.T, s string) *template.Word {
	t.Helper()
	w, err := template.CompileWord(s, "")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func numbers(n int) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprint(i + 1)
	}
	return values
}

// newRun prepares a run of words over values; the caller may still change cfg.
func newRun(t *testing.T, values []string, words ...string) *testRun {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })
	ok, _ := ParseStatusSet("0")
	r := &testRun{}
	r.cfg = Config{
		Source:    chunker.Values(values),
		Template:  script(t, words...),
		Starter:   startmode.NewFork(startmode.ForkOptions{}),
		Environ:   os.Environ(),
		Jobs:      JobOptions{Slots: 4, KillAfter: 2 * time.Second, Stdin: int(null.Fd()), Group: true},
		Output:    OutputOptions{Stdout: &r.out, Stderr: &r.err, Buffer: 1 << 20, Spill: -1, TmpDir: os.TempDir()},
		Retry:     RetryOptions{Tries: 1, OK: ok},
		FailedTo:  &r.failed,
		Delimiter: []byte("\n"),
		Observer:  &r.watch,
	}
	return r
}

func (r *testRun) run(t *testing.T) Summary {
	t.Helper()
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := p.Run()
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// TestSameBytesAsTheLoop runs jobs that end in no particular order under
// every combination of slots, order, tries and buffer, and holds their output
// against the sequential loop's.
func TestSameBytesAsTheLoop(t *testing.T) {
	const n = 30
	job := `i={}; echo "out $i"; test $((i % 7)) -gt 0 || sleep 0.02; test $((i % 5)) -gt 0 || seq $((i * 100)); test $((i % 9)) -gt 0 || exit $((i % 3)); echo "end $i"`
	groups := loopOutputs(t, job, n)
	want := strings.Join(groups, "")
	for _, slots := range []int{1, 3, 16} {
		for _, tries := range []int{1, 2} {
			for _, buffer := range []int64{0, 4096, 1 << 20} {
				t.Run(fmt.Sprintf("slots=%d/tries=%d/buffer=%d", slots, tries, buffer), func(t *testing.T) {
					r := newRun(t, numbers(n), job)
					r.cfg.Jobs.Slots, r.cfg.Retry.Tries, r.cfg.Output.Buffer = slots, tries, buffer
					sum := r.run(t)
					if diff := cmp.Diff(want, r.out.String()); diff != "" {
						t.Errorf("-loop +pmap:\n%s", diff)
					}
					if sum.Done != n {
						t.Errorf("%d done", sum.Done)
					}
				})
				t.Run(fmt.Sprintf("unordered/slots=%d/tries=%d/buffer=%d", slots, tries, buffer), func(t *testing.T) {
					r := newRun(t, numbers(n), job)
					r.cfg.Jobs.Slots, r.cfg.Retry.Tries, r.cfg.Output.Buffer = slots, tries, buffer
					r.cfg.Output.Order = Unordered
					r.run(t)
					sameGroups(t, groups, r.out.String())
				})
			}
		}
	}
}

// loopOutputs is what the sequential loop prints for 1 to n, item by item.
func loopOutputs(t *testing.T, job string, n int) []string {
	t.Helper()
	var groups []string
	for _, v := range numbers(n) {
		out, _ := execShell(strings.ReplaceAll(job, "{}", v))
		groups = append(groups, out)
	}
	return groups
}

// sameGroups holds that out is the jobs' outputs, each whole, in any order.
func sameGroups(t *testing.T, groups []string, out string) {
	t.Helper()
	for i, want := range groups {
		before, after, found := strings.Cut(out, want)
		if !found {
			t.Fatalf("the output of job %d isn't there in one piece", i+1)
		}
		out = before + after
	}
	if out != "" {
		t.Errorf("left over: %q", out)
	}
}

// TestSpillLimit holds that a run whose output has no room stands still and
// goes on, whichever job must go first, and loses nothing.
func TestSpillLimit(t *testing.T) {
	job := `i={}; test $i -gt 2 || sleep 0.1; yes "line of $i" | head -c 300000`
	groups := loopOutputs(t, job, 8)
	for _, order := range []Order{Ordered, Unordered} {
		for _, tries := range []int{1, 3} {
			t.Run(fmt.Sprintf("order=%d/tries=%d", order, tries), func(t *testing.T) {
				r := newRun(t, numbers(8), job)
				r.cfg.Output.Order, r.cfg.Retry.Tries = order, tries
				r.cfg.Output.Buffer, r.cfg.Output.Spill = 100_000, 0
				r.run(t)
				sameGroups(t, groups, r.out.String())
			})
		}
	}
}

// TestRescue holds that the job whose turn it is gets its next try even if
// every slot is held up by a job whose output finds no room.
func TestRescue(t *testing.T) {
	marker := t.TempDir() + "/tried"
	job := `test {} -gt 1 || { test -e ` + marker + ` || { touch ` + marker + `; exit 1; }; }; yes "line of {}" | head -c 300000`
	r := newRun(t, numbers(6), job)
	r.cfg.Jobs.Slots, r.cfg.Retry.Tries, r.cfg.Retry.Delay = 2, 2, 0
	r.cfg.Output.Buffer, r.cfg.Output.Spill = 1, 0
	sum := r.run(t)
	if sum.Failed != 0 || r.out.b.Len() != 6*300000 {
		t.Errorf("%d failed, %d bytes", sum.Failed, r.out.b.Len())
	}
}

// TestRescueStopped holds that a run which is stopped doesn't stand still for a
// try of the job whose turn it is that will never be.
func TestRescueStopped(t *testing.T) {
	r := newRun(t, numbers(2), `test {} -gt 1 || exit 1; yes "line of {}" | head -c 300000`)
	r.cfg.Jobs.Slots, r.cfg.Retry.Tries, r.cfg.Retry.Delay = 2, 2, 1000*time.Hour
	r.cfg.Output.Buffer, r.cfg.Output.Spill = 100_000, 0
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for running, retrying := 0, 0; running != 1 || retrying != 1; time.Sleep(time.Millisecond) {
			running, retrying = p.sched.look()
		}
		p.Stop()
	}()
	sum, err := p.Run()
	if err != nil || sum.Done != 1 || r.out.b.Len() != 300000 || r.failed.String() != "1\n" {
		t.Errorf("%+v, %v, %d bytes, failed: %q", sum, err, r.out.b.Len(), r.failed.String())
	}
}

// TestBeyondRetried holds that a job which has gone beyond all room lets others
// do so while it waits for its next try.
func TestBeyondRetried(t *testing.T) {
	r := newRun(t, numbers(3), `yes "line of {}" | head -c 300000; test $PMAP_TRY -gt 1`)
	r.cfg.Jobs.Slots, r.cfg.Retry.Tries, r.cfg.Retry.Delay = 1, 2, time.Second
	r.cfg.Output.Order, r.cfg.Output.Hold = Unordered, true
	r.cfg.Output.Buffer, r.cfg.Output.Spill = 1, 0
	if sum := r.run(t); sum.Failed != 0 || r.out.b.Len() != 3*300000 {
		t.Errorf("%d failed, %d bytes", sum.Failed, r.out.b.Len())
	}
}

func TestRetry(t *testing.T) {
	dir := t.TempDir()
	job := `echo {} >>` + dir + `/{}; n=$(wc -l <` + dir + `/{}); echo "try $n of {}"; test $n -ge {}`
	r := newRun(t, numbers(4), job)
	r.cfg.Retry.Tries, r.cfg.Retry.Delay = 3, time.Millisecond
	sum := r.run(t)
	want := "try 1 of 1\ntry 2 of 2\ntry 3 of 3\ntry 3 of 4\n"
	if diff := cmp.Diff(want, r.out.String()); diff != "" {
		t.Error(diff)
	}
	if sum.Failed != 1 || sum.First.Seq != 4 || sum.First.Tries != 3 || r.failed.String() != "4\n" {
		t.Errorf("%+v, failed to: %q", sum, r.failed.String())
	}
}

func TestRetryOn(t *testing.T) {
	r := newRun(t, []string{"1", "75", "0"}, `exit {}`)
	on, _ := ParseStatusSet("75")
	r.cfg.Retry.Tries, r.cfg.Retry.On = 3, &on
	r.run(t)
	if n := len(r.watch.ended); n != 5 {
		t.Errorf("%d tries: %q", n, r.watch.ended)
	}
}

// TestNoRetryOfWhatIsMissing holds that 126 and 127 are tried again only if
// that was asked for.
func TestNoRetryOfWhatIsMissing(t *testing.T) {
	r := newRun(t, []string{"126", "127", "1"}, `exit {}`)
	r.cfg.Retry.Tries = 2
	r.run(t)
	if n := len(r.watch.ended); n != 4 {
		t.Errorf("%d tries: %q", n, r.watch.ended)
	}
}

// testPatience is how long a test waits for a fact before it gives up.
const testPatience = 2 * time.Minute

// unhurried gives a test whose jobs need some time within a limit, and others more,
// a limit for which the machine was quick enough: try says whether it wasn't.
func unhurried(t *testing.T, limit time.Duration, try func(limit time.Duration) (tooSlow bool)) {
	t.Helper()
	for ; try(limit); limit *= 4 {
		if limit > testPatience/4 {
			t.Fatalf("it takes longer than %v", limit)
		}
	}
}

func TestTimeout(t *testing.T) {
	unhurried(t, 100*time.Millisecond, func(limit time.Duration) bool {
		r := newRun(t, []string{"0", "1000", "0"}, `echo before; sleep {}; echo after`)
		r.cfg.Jobs.Timeout.Fixed = limit
		sum := r.run(t)
		if sum.ByStatus["timeout"] > 1 || strings.Count(r.out.String(), "before") < 3 {
			return true
		}
		if diff := cmp.Diff("before\nafter\nbefore\nbefore\nafter\n", r.out.String()); diff != "" {
			t.Error(diff)
		}
		if sum.ByStatus["timeout"] != 1 || sum.First.Status.Code != 124 {
			t.Errorf("%+v", sum)
		}
		return false
	})
}

// TestTimeoutIsNoSuccess holds that 124 as an ok status is for commands that
// exit so themselves.
func TestTimeoutIsNoSuccess(t *testing.T) {
	unhurried(t, 50*time.Millisecond, func(limit time.Duration) bool {
		r := newRun(t, []string{"exit 124", "sleep 1000"}, "sh", "-c", "{}")
		r.cfg.Jobs.Timeout.Fixed = limit
		r.cfg.Retry.OK, _ = ParseStatusSet("0,124")
		sum := r.run(t)
		if sum.ByStatus["timeout"] == 2 {
			return true
		}
		if sum.Failed != 1 || sum.ByStatus["timeout"] != 1 {
			t.Errorf("%+v", sum)
		}
		return false
	})
}

// TestTimeoutStubborn ends a job that ignores TERM and whose child does too.
func TestTimeoutStubborn(t *testing.T) {
	r := newRun(t, []string{"x"}, `trap '' TERM; sleep 61 & sleep 62; echo {}`)
	r.cfg.Jobs.Timeout.Fixed = 50 * time.Millisecond
	r.cfg.Jobs.KillAfter = 50 * time.Millisecond
	sum := r.run(t)
	if sum.ByStatus["timeout"] != 1 {
		t.Errorf("%+v", sum)
	}
}

// TestOutputClosed holds that a reader who goes away ends the run.
func TestOutputClosed(t *testing.T) {
	r := newRun(t, numbers(1000), `echo {}; sleep 0.01`)
	r.cfg.Output.Stdout = writerFunc(func(p []byte) (int, error) { return 0, unix.EPIPE })
	sum := r.run(t)
	if !sum.OutputGone || sum.Done == 1000 {
		t.Errorf("%+v", sum)
	}
}

func TestOutputFull(t *testing.T) {
	r := newRun(t, numbers(1000), `echo {}; sleep 0.01`)
	r.cfg.Output.Stdout = writerFunc(func(p []byte) (int, error) { return 0, unix.ENOSPC })
	p, _ := New(r.cfg)
	if _, err := p.Run(); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Error(err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
