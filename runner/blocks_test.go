package runner

import (
	"bytes"
	"fmt"
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

// blocksOf makes text the run's input, as blocks of about so many bytes.
func (r *testRun) blocksOf(t *testing.T, text string, size int64) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := chunker.OpenFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	blocks, ok := chunker.NewBlocks(in, chunker.Options{Lines: true})
	if !ok {
		t.Fatal("no blocks")
	}
	r.cfg.Source, r.cfg.Blocks = nil, sized{blocks, size}
}

// sized are blocks of one size.
type sized struct {
	*chunker.Blocks
	size int64
}

func (s sized) Next(int64) (chunker.Block, error) { return s.Blocks.Next(s.size) }

// builtinBlocks makes the run one of a built-in worker that reads its input.
func (r *testRun) builtinBlocks(words ...string) {
	r.cfg.Worker = func(cell int) (Worker, error) {
		spec := r.workerSpec(cell)
		spec.Hello.Words = append([]string{"\n"}, words...)
		spec.Hello.Blocks = true
		spec.Files = []int{r.cfg.Blocks.(sized).FD()}
		return StartPooled(&spec)
	}
}

func someLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d %s\n", i+1, strings.Repeat("x", i%37))
	}
	return b.String()
}

// TestBlocksAgree holds blocks of all sizes against the loop over the lines,
// with output that fits the window and that doesn't.
func TestBlocksAgree(t *testing.T) {
	text := someLines(3000)
	long := strings.Repeat("y", 2*windowHalf) + "\n" + text + "the end"
	for _, tc := range []struct {
		words []string
		text  string
		want  string
	}{
		{[]string{"upper"}, text, strings.ToUpper(text)},
		{[]string{"upper"}, long, strings.ToUpper(long) + "\n"},
		{[]string{"match", "nothing"}, text, ""},
		{[]string{"replace", "^line", strings.Repeat("-", 1000)}, text, strings.ReplaceAll(text, "line", strings.Repeat("-", 1000))},
	} {
		for _, size := range []int64{1, 1000, blockMost} {
			for _, order := range []Order{Ordered, Unordered} {
				t.Run(fmt.Sprintf("%s/%d/%d/order=%d", tc.words[0], len(tc.text), size, order), func(t *testing.T) {
					r := newRun(t, nil, "echo")
					r.withTable(t)
					r.blocksOf(t, tc.text, size)
					r.builtinBlocks(tc.words...)
					r.cfg.Output.Order = order
					sum := r.run(t)
					records := int64(strings.Count(strings.TrimSuffix(tc.text, "\n"), "\n") + 1)
					if sum.Done != records || sum.Read != records || sum.Failed != 0 || !sum.AtEnd {
						t.Errorf("%d records: %+v", records, sum)
					}
					want, got := tc.want, r.out.String()
					if order == Unordered {
						want, got = sortedLines(want), sortedLines(got)
					}
					if got != want {
						t.Errorf("%d bytes differ from %d", len(got), len(want))
					}
				})
			}
		}
	}
}

// TestBlocksKilled holds that a worker which is killed costs nothing but time.
func TestBlocksKilled(t *testing.T) {
	text := someLines(50_000)
	for _, size := range []int64{100, 4000} {
		untilKilled(t, 2, func() int {
			r := newRun(t, nil, "echo")
			r.withTable(t)
			r.blocksOf(t, text, size)
			r.builtinBlocks("upper")
			k := r.withKiller(len(text))
			sum := r.run(t)
			got, failed := k.String(), r.failed.String()
			if sum.Done != 50_000 || int64(strings.Count(failed, "\n")) != sum.Failed {
				t.Errorf("%d kills: %+v, %q", k.kills, sum, failed)
			}
			// A record that had a second worker killed has failed, and no other.
			if sum.Failed > int64(k.kills)/2 {
				t.Errorf("%d kills made %d records fail", k.kills, sum.Failed)
			}
			if got != strings.ToUpper(withoutLines(text, failed)) {
				t.Error("what was printed and what failed isn't what was read")
			}
			return k.kills
		})
	}
}

func withoutLines(text, without string) string {
	gone := map[string]bool{}
	for line := range strings.Lines(without) {
		gone[line] = true
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !gone[line] {
			b.WriteString(line)
		}
	}
	return b.String()
}

// TestKillerRecord holds that a record which ends its worker fails alone, under
// its own number.
func TestKillerRecord(t *testing.T) {
	for _, killer := range []string{"line 1 \n", "line 313 " + strings.Repeat("x", 312%37) + "\n", "line 500 " + strings.Repeat("x", 499%37) + "\n"} {
		text := someLines(500)
		r := newRun(t, nil, "echo", "{}")
		r.withTable(t)
		r.blocksOf(t, text, 2000)
		r.cfg.Worker = func(int) (Worker, error) {
			return &fragileReader{blocks: r.cfg.Blocks, killer: killer}, nil
		}
		sum := r.run(t)
		if diff := cmp.Diff(map[string]int64{"worker lost": 1}, sum.ByStatus); diff != "" || sum.Done != 500 {
			t.Errorf("%d done: %s", sum.Done, diff)
		}
		if want := "echo '" + strings.TrimSuffix(killer, "\n") + "'"; sum.First == nil || sum.First.Command != want || r.failed.String() != killer {
			t.Errorf("%q failed: %+v, and the failed record is %q", want, sum.First, r.failed.String())
		}
		if n := int64(strings.Count(text[:strings.Index(text, killer)], "\n")) + 1; sum.First.Seq != n {
			t.Errorf("it is #%d, not #%d", sum.First.Seq, n)
		}
		if r.out.String() != strings.Replace(text, killer, "", 1) {
			t.Error("what was printed isn't the rest")
		}
	}
}

// A fragileReader is a worker of blocks that is lost with a record.
type fragileReader struct {
	blocks BlockSource
	killer string
	tasks  []*Task
}

func (w *fragileReader) Send(tasks []*Task) error { w.tasks = append(w.tasks, tasks...); return nil }
func (w *fragileReader) Room() int                { return 100 }
func (w *fragileReader) Retire()                  {}
func (w *fragileReader) Close() error             { return nil }
func (w *fragileReader) Current() int             { return 0 }

func (w *fragileReader) Step(time.Duration) (answers []Answer, err error) {
	if len(w.tasks) == 0 {
		return nil, unix.ECONNRESET
	}
	t := w.tasks[0]
	k := t.Chunk.Block
	rest, err := w.blocks.Bytes(k.Off+t.answered.Len, k.Len-t.answered.Len)
	if err != nil {
		return nil, err
	}
	if !t.singly {
		if bytes.Contains(rest, []byte(w.killer)) {
			return nil, unix.ECONNRESET
		}
		w.tasks = w.tasks[1:]
		t.Write(stdout, rest)
		return []Answer{{Task: t, Records: k.Records, Len: k.Len}}, nil
	}
	for line := range bytes.Lines(rest) {
		if string(line) == w.killer {
			return answers, unix.ECONNRESET
		}
		t.Write(stdout, line)
		answers = append(answers, Answer{Task: t, Records: 1, Len: int64(len(line))})
	}
	w.tasks = w.tasks[1:]
	return answers, nil
}

// TestBlocksInterrupted holds that a run which is ended names every record that
// it didn't do, and no other.
func TestBlocksInterrupted(t *testing.T) {
	text := someLines(5000)
	r := newRun(t, nil, "echo")
	r.withTable(t)
	r.blocksOf(t, text, 1000)
	r.builtinBlocks("upper")
	stop := &stopper{}
	r.cfg.Output.Stdout = stop
	r.cfg.Jobs.Slots = 1 // or the others could be done before the first is written
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	stop.stop = func() { p.Interrupt(unix.SIGTERM) }
	sum, err := p.Run()
	if err != nil || sum.Signal != unix.SIGTERM {
		t.Fatalf("%+v, %v", sum, err)
	}
	var unfinished int64
	for _, u := range sum.Unfinished {
		unfinished += u.To - u.From + 1
	}
	left := r.failed.String()
	if sum.Done+unfinished != sum.Read || int64(strings.Count(left, "\n")) != unfinished || unfinished == 0 {
		t.Errorf("%+v, %d records were left", sum, strings.Count(left, "\n"))
	}
	read := strings.Join(strings.SplitAfter(text, "\n")[:sum.Read], "")
	if sortedLines(strings.ToLower(stop.String())+left) != sortedLines(read) {
		t.Error("what was printed and what was left isn't what was read")
	}
}

// A stopper is a run's stdout that interrupts it at its first bytes.
type stopper struct {
	safeBuffer
	stop func()
}

func (s *stopper) Write(p []byte) (int, error) {
	s.stop()
	return s.safeBuffer.Write(p)
}

func sortedLines(text string) string {
	lines := slices.Collect(strings.Lines(text))
	slices.Sort(lines)
	return strings.Join(lines, "")
}
