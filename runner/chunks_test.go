package runner

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"pmap/chunker"
)

// someFiles are names of n files, of which those of the given numbers aren't
// there.
func someFiles(t *testing.T, n int, missing ...int) []string {
	t.Helper()
	dir := t.TempDir()
	var names []string
	for i := range n {
		names = append(names, filepath.Join(dir, fmt.Sprint(i+1)))
		os.WriteFile(names[i], []byte("a b\n"), 0o600)
	}
	for _, i := range missing {
		os.Remove(names[i-1])
	}
	return names
}

func countedFiles(names []string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString("1 2 4 " + name + "\n")
	}
	return b.String()
}

// TestChunksHalt holds that nothing begins after the item that stops a run,
// however many are there to be sent.
func TestChunksHalt(t *testing.T) {
	names := someFiles(t, 100, 4)
	for _, when := range []HaltWhen{HaltSoon, HaltNow} {
		r := newRun(t, names, "echo")
		r.withTable(t)
		r.builtin("wc")
		r.cfg.Jobs.Slots = 1
		r.cfg.Halt = Halt{When: when, Count: 1}
		sum := r.run(t)
		if diff := cmp.Diff(countedFiles(names[:3]), r.out.String()); diff != "" || sum.Done != 4 || !sum.Halted {
			t.Errorf("%d done: %s", sum.Done, diff)
		}
		if got := strings.Count(r.failed.String(), "\n"); int64(got) != sum.Read-3 {
			t.Errorf("%d of %d records were left", got, sum.Read)
		}
	}
}

// fifo makes a file that holds up who opens it until opened is called.
func fifo(t *testing.T) (name string, open func()) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	return name, func() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		f.WriteString("a b\n")
		f.Close()
	}
}

// TestChunksTimeout holds that an item which takes too long costs no other one
// anything. On a busy machine any may take too long.
func TestChunksTimeout(t *testing.T) {
	names := someFiles(t, 50)
	names[20], _ = fifo(t)
	for _, size := range []int{0, 10} {
		r := newRun(t, names, "echo")
		r.withTable(t)
		r.builtin("wc")
		r.cfg.Jobs.Timeout.Fixed = 300 * time.Millisecond
		r.cfg.Chunking.Size = size
		sum := r.run(t)
		failed := strings.Split(strings.TrimSuffix(r.failed.String(), "\n"), "\n")
		if !slices.Contains(failed, names[20]) || sum.ByStatus["timeout"] != int64(len(failed)) || sum.Done != 50 {
			t.Errorf("%+v: %q", sum, failed)
		}
		done := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(failed, name) })
		if diff := cmp.Diff(countedFiles(done), r.out.String()); diff != "" {
			t.Error(diff)
		}
	}
}

// TestChunksFull holds that output which finds no room, in memory or on disk,
// holds the run up and loses nothing: its first job ends last.
func TestChunksFull(t *testing.T) {
	names := someFiles(t, 3000)
	want := countedFiles(names[1:])
	var open func()
	names[0], open = fifo(t)
	for _, size := range []int{0, 1, 50} {
		r := newRun(t, names, "echo")
		r.withTable(t)
		r.builtin("wc")
		r.cfg.Chunking.Size = size
		r.cfg.Output.Buffer, r.cfg.Output.Spill = 1000, 1000
		p, err := New(r.cfg)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for !p.out.stalled.Load() {
				time.Sleep(time.Millisecond)
			}
			open()
		}()
		sum, err := p.Run()
		_, rest, _ := strings.Cut(r.out.String(), "\n")
		if err != nil || sum.Done != 3000 || rest != want {
			t.Errorf("%+v, %v, the same bytes: %v", sum, err, rest == want)
		}
	}
}

// TestChunksKilledWhileStdoutHangs holds that what a worker has been sent is
// accounted for when the run is killed.
func TestChunksKilledWhileStdoutHangs(t *testing.T) {
	r := newRun(t, numbers(500), "echo")
	r.withTable(t)
	r.builtin("upper")
	r.cfg.Chunking.Size = 50
	sum, left := r.killWhileStdoutHangs(t)
	var unfinished int64
	for _, u := range sum.Unfinished {
		unfinished += u.To - u.From + 1
	}
	if n := int64(strings.Count(left, "\n")); sum.Done+unfinished != sum.Read || n != unfinished {
		t.Errorf("%+v: %d records were left", sum, n)
	}
}

// A slowWorker doesn't get beyond its first task before it is closed.
type slowWorker struct {
	closed int
	quick  bool // it does, and at once
	tasks  []*Task
	over   bool
}

func (w *slowWorker) Send(tasks []*Task) error {
	w.tasks = append(w.tasks, tasks...)
	return nil
}

func (w *slowWorker) Room() int { return chunkMost }

func (w *slowWorker) Step(d time.Duration) (answers []Answer, err error) {
	if w.over {
		return nil, io.EOF
	}
	if !w.quick {
		time.Sleep(d)
		return nil, nil
	}
	for _, t := range w.tasks {
		answers = append(answers, Answer{Task: t, Status: Status{Kind: Exited}, Took: 1})
	}
	w.tasks = nil
	return answers, nil
}

// Current is the second task as soon as the worker has been closed: it may go on
// until KILL has reached it.
func (w *slowWorker) Current() int { return w.closed }

func (w *slowWorker) Retire() { w.over = true }

func (w *slowWorker) Close() error {
	w.closed++
	return nil
}

// TestOverdueTask holds that the task which took too long is the one that has
// timed out, however far its worker gets until it is dead, and that the worker is
// ended once: its pid may be somebody else's then.
func TestOverdueTask(t *testing.T) {
	var workers []*slowWorker
	r := newRun(t, numbers(2), "echo", "{}")
	r.cfg.Jobs.Slots, r.cfg.Chunking.Size, r.cfg.Jobs.Timeout.Fixed = 1, 2, 10*time.Millisecond
	r.cfg.Worker = func(int) (Worker, error) {
		w := &slowWorker{quick: len(workers) > 0}
		workers = append(workers, w)
		return w, nil
	}
	r.run(t)
	if got := r.failed.String(); got != "1\n" || len(workers) != 2 || workers[0].closed != 1 {
		t.Errorf("failed: %q; %d workers, the first closed %d times", got, len(workers), workers[0].closed)
	}
}

// A spentWorker ends with its first task, or, from the last of the crashes on,
// once before it has begun any.
type spentWorker struct {
	slowWorker
	current int
}

func (w *spentWorker) Step(time.Duration) ([]Answer, error) { return nil, io.EOF }
func (w *spentWorker) Current() int                         { return w.current }

// TestBarrenInARow holds that workers which are lost with an item that they have
// begun are none that do nothing.
func TestBarrenInARow(t *testing.T) {
	const crashes = barrenMax + 5
	made := 0
	r := newRun(t, numbers(crashes+1), "echo", "{}")
	r.cfg.Jobs.Slots, r.cfg.Chunking.Size = 1, 1
	r.cfg.Worker = func(int) (Worker, error) {
		made++
		switch {
		case made <= crashes:
			return &spentWorker{}, nil
		case made == crashes+1:
			return &spentWorker{current: -1}, nil
		}
		return &slowWorker{quick: true}, nil
	}
	if sum := r.run(t); sum.Done != crashes+1 || sum.Failed != crashes {
		t.Errorf("%+v", sum)
	}
}

// A fastWorker begins its second task as soon as anybody has looked at how long
// it has been at its first.
type fastWorker struct {
	slowWorker
	looks int // since the last Step
}

func (w *fastWorker) Step(d time.Duration) ([]Answer, error) {
	w.looks = 0
	return w.slowWorker.Step(d)
}

func (w *fastWorker) Current() int {
	w.looks++
	return min(1, w.looks-1)
}

// TestOverdueTaskEnds holds that the task which took too long is the one that has
// timed out, also where its worker has just begun the next.
func TestOverdueTaskEnds(t *testing.T) {
	made := 0
	r := newRun(t, numbers(2), "echo", "{}")
	r.cfg.Jobs.Slots, r.cfg.Chunking.Size, r.cfg.Jobs.Timeout.Fixed = 1, 2, 10*time.Millisecond
	r.cfg.Worker = func(int) (Worker, error) {
		if made++; made == 1 {
			return &fastWorker{}, nil
		}
		return &slowWorker{quick: true}, nil
	}
	if r.run(t); r.failed.String() != "1\n" {
		t.Errorf("failed: %q", r.failed.String())
	}
}

// A watchedSequence tells when a task's output may go out.
type watchedSequence struct {
	sequence
	ending func()
}

func (q watchedSequence) end(t *Task) {
	q.ending()
	q.sequence.end(t)
}

// TestBlockLeavesFlight holds that a block which has all of its answers is not
// among those that a killed run gives up, though its output hangs.
func TestBlockLeavesFlight(t *testing.T) {
	r := newRun(t, nil, "echo", "{}")
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := newSlot(p, 1)
	e := &chunkEngine{slot: s, flight: &s.flight, chunks: []chunk{{left: 1, tasks: 1}}}
	ended := false
	p.seq = watchedSequence{p.seq, func() { ended = s.flight.size() == 0 }}
	task := &Task{Chunk: chunker.Chunk{Seq: 1, Block: &chunker.Block{First: 1, Len: 8, Records: 4}}, final: true}
	p.arm(task, 1, time.Now())
	p.seq.begin(task)
	s.flight.add(task)
	p.sched.running = 1
	for range 2 {
		e.answered(&Answer{Task: task, Records: 2, Len: 4})
	}
	if !ended || p.tally.succeeded != 4 || p.sched.running != 0 {
		t.Errorf("ended: %v, %d succeeded, %d running", ended, p.tally.succeeded, p.sched.running)
	}
}
