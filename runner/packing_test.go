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
	"pmap/runner/template"
	"pmap/startmode"
)

// A narrowStarter refuses argvs of more than that many strings, as a system
// does whose limit is lower than was found out.
type narrowStarter struct {
	startmode.Starter
	strings int
	refused atomic.Int32
}

func (s *narrowStarter) Start(spec *startmode.Spec) (int, error) {
	if spec.Argv.Len() > s.strings {
		s.refused.Add(1)
		return 0, &startmode.StartError{Op: "exec", Path: "narrow", Err: unix.E2BIG}
	}
	return s.Starter.Start(spec)
}

// newPackedRun prepares a run whose jobs get several of the values.
func newPackedRun(t *testing.T, limits chunker.Limits, values []string, words ...string) *testRun {
	t.Helper()
	r := newRun(t, values, words...)
	r.cfg.Template, r.cfg.Limits = packed(t, limits.Items, words...), &limits
	return r
}

func lines(groups ...string) string { return strings.Join(groups, "\n") + "\n" }

func TestPackedJobs(t *testing.T) {
	r := newPackedRun(t, chunker.Limits{Items: 4}, numbers(10), "echo", "#{#}", "{}")
	sum := r.run(t)
	if d := cmp.Diff(lines("#1 1 2 3 4", "#2 5 6 7 8", "#3 9 10"), r.out.String()); d != "" {
		t.Error(d)
	}
	if sum.Done != 3 || sum.Read != 3 || !sum.AtEnd || len(sum.Unfinished) > 0 {
		t.Errorf("%+v", sum)
	}
}

func packed(t *testing.T, most int, words ...string) *template.Template {
	t.Helper()
	tmpl, err := template.Compile(template.Config{Words: words, Environ: os.Environ(), Packing: template.Packing{Mode: template.Repeat, Most: most}})
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// A failure is the whole job's: it is tried again with all its items, and all
// of them are left over.
func TestPackedFailure(t *testing.T) {
	r := newPackedRun(t, chunker.Limits{Items: 2}, numbers(5), `for i in {}; do test "$i" != 3 || exit 7; done; echo {}`)
	r.cfg.Retry.Tries, r.cfg.Retry.Delay = 2, time.Nanosecond
	sum := r.run(t)
	if d := cmp.Diff(lines("1 2", "5"), r.out.String()); d != "" {
		t.Error(d)
	}
	if got := r.failed.String(); got != "3\n4\n" {
		t.Errorf("left over: %q", got)
	}
	if f := sum.First; sum.Failed != 1 || f == nil || f.Seq != 2 || f.Tries != 2 || f.Status.Code != 7 {
		t.Errorf("%+v, first %+v", sum, sum.First)
	}
}

// TestTooLongIsHalved holds that a command which the system refuses for its
// length becomes several, one after the other, under one number and at one
// place in the output.
func TestTooLongIsHalved(t *testing.T) {
	r := newPackedRun(t, chunker.Limits{Items: 8}, numbers(20), `echo "${PMAP_SEQ}:" {}; echo err {} >&2`)
	narrow := &narrowStarter{Starter: r.cfg.Starter, strings: 4 + 3}
	r.cfg.Starter = narrow
	sum := r.run(t)
	want := lines("1: 1 2", "1: 3 4", "1: 5 6", "1: 7 8", "2: 9 10", "2: 11 12", "2: 13 14", "2: 15 16", "3: 17 18", "3: 19 20")
	if d := cmp.Diff(want, r.out.String()); d != "" {
		t.Error(d)
	}
	if n := narrow.refused.Load(); n != 3+3+1 {
		t.Errorf("%d starts were refused", n)
	}
	if sum.Done != 3 || sum.Failed != 0 || r.watch.started != 3 {
		t.Errorf("%+v, %d started", sum, r.watch.started)
	}
}

// The parts go on after one that fails, and the job's status is the first
// one's that isn't success.
func TestHalvesFail(t *testing.T) {
	r := newPackedRun(t, chunker.Limits{Items: 4}, numbers(4), `echo {}; exit "$1"`)
	r.cfg.Starter = &narrowStarter{Starter: r.cfg.Starter, strings: 4 + 1}
	sum := r.run(t)
	if d := cmp.Diff(lines("1", "2", "3", "4"), r.out.String()); d != "" {
		t.Error(d)
	}
	if sum.Failed != 1 || sum.First.Status.Code != 1 {
		t.Errorf("%+v, first %+v", sum, sum.First)
	}
	if got := r.failed.String(); got != "1\n2\n3\n4\n" {
		t.Errorf("left over: %q", got)
	}
}

// What can't be divided fails as a whole: an item alone, items by position,
// and output that goes to one file.
func TestIndivisible(t *testing.T) {
	dir := t.TempDir()
	for name, change := range map[string]func(r *testRun){
		"one item":    func(r *testRun) { r.cfg.Starter = &narrowStarter{Starter: r.cfg.Starter, strings: 1} },
		"by position": func(r *testRun) { r.cfg.Template = packed(t, 2, "echo", "{1}", "{}") },
		"to a file":   func(r *testRun) { r.cfg.Jobs.StdoutTo = word(t, dir+"/{#}") },
	} {
		t.Run(name, func(t *testing.T) {
			r := newPackedRun(t, chunker.Limits{Items: 2}, numbers(2), "echo")
			r.cfg.Starter = &narrowStarter{Starter: r.cfg.Starter, strings: 2}
			change(r)
			sum := r.run(t)
			if sum.Failed != 1 || !sum.CannotRun || sum.First.Status.Code != 126 ||
				!strings.Contains(sum.First.Reason, "argument list too long") {
				t.Errorf("%+v, first %+v", sum, sum.First)
			}
			if got := r.out.String(); got != "" || r.failed.String() != "1\n2\n" {
				t.Errorf("printed %q, left over %q", got, r.failed.String())
			}
		})
	}
}

// Under -x a command that the system refuses ends the run.
func TestWholeEndsTheRun(t *testing.T) {
	r := newPackedRun(t, chunker.Limits{Items: 2, Whole: true}, numbers(6), "echo")
	r.cfg.Jobs.Slots = 1
	r.cfg.Starter = &narrowStarter{Starter: r.cfg.Starter, strings: 2}
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := p.Run()
	if err == nil || !strings.Contains(err.Error(), `job 1, whose first item is "1"`) || !strings.Contains(err.Error(), "argument list too long") {
		t.Errorf("error %v", err)
	}
	if sum.Done != 1 || r.out.String() != "" || r.failed.String() != lines(numbers(6)...) {
		t.Errorf("%+v; printed %q, left over %q", sum, r.out.String(), r.failed.String())
	}
}

// Items that don't fit under -x end the run before their command is started,
// not those before it.
func TestMisfitEndsTheRun(t *testing.T) {
	r := newPackedRun(t, chunker.Limits{Items: 2, Bytes: 5 + 6, Whole: true}, []string{"aa", "bb", "c", "dddd", "ee"}, "echo")
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := p.Run()
	if err == nil || !strings.Contains(err.Error(), `item 4, "dddd", doesn't fit`) {
		t.Errorf("error %v", err)
	}
	if got := r.out.String(); got != "aa bb\n" || r.failed.String() != "c\ndddd\n" {
		t.Errorf("printed %q, left over %q", got, r.failed.String())
	}
	if d := cmp.Diff([]SeqRange{{2, 2}}, sum.Unfinished); d != "" {
		t.Error(d)
	}
}

// An item that -s has no room for fails by itself, though the system would
// take it.
func TestItemBeyondTheUsersLimit(t *testing.T) {
	r := newPackedRun(t, chunker.Limits{Bytes: 10}, []string{"a", "b", "far too long", "c"}, "echo")
	sum := r.run(t)
	if d := cmp.Diff(lines("a b", "c"), r.out.String()); d != "" {
		t.Error(d)
	}
	if want := "the command has 18 bytes, and the limit is 10"; sum.Failed != 1 || sum.First.Reason != want || sum.First.Status.Code != 126 {
		t.Errorf("%+v, first %+v", sum, sum.First)
	}
}

// TestPackedChunksLeaveWhenFull holds that a job starts when its last item has
// come, not when more can be read.
func TestPackedChunksLeaveWhenFull(t *testing.T) {
	started := make(chan struct{}, 4)
	src := &gatedSource{values: numbers(4), gates: map[int]<-chan struct{}{2: started}}
	r := newPackedRun(t, chunker.Limits{Items: 2}, nil, "echo")
	r.cfg.Source = src
	r.watch.onStart = func(*Task) { started <- struct{}{} }
	r.run(t)
	if d := cmp.Diff(lines("1 2", "3 4"), r.out.String()); d != "" {
		t.Error(d)
	}
}

// A gatedSource gives out the value at an index only once its gate lets one
// through.
type gatedSource struct {
	values []string
	next   int
	gates  map[int]<-chan struct{}
}

func (s *gatedSource) Next() (chunker.Item, error) {
	if gate := s.gates[s.next]; gate != nil {
		select {
		case <-gate:
		case <-time.After(testPatience):
			return chunker.Item{}, fmt.Errorf("no job has started before value %d", s.next)
		}
	}
	it, err := chunker.Values(s.values[s.next:]).Next()
	s.next++
	it.Seq = int64(s.next)
	return it, err
}

func (s *gatedSource) Ready() bool { return s.gates[s.next] == nil }
func (s *gatedSource) Interrupt()  {}
