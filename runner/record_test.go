package runner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pmap/chunker"
)

// A ledger is a Recorder under test.
type ledger struct {
	mu      sync.Mutex
	enter   func(*chunker.Chunk) error
	record  func(*Result) error
	entered []int64
	ended   []string // "seq.try ok again"
}

func (l *ledger) Enter(c *chunker.Chunk) error {
	l.entered = append(l.entered, c.Seq)
	if l.enter == nil {
		return nil
	}
	return l.enter(c)
}

func (l *ledger) Record(r *Result, again bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = append(l.ended, fmt.Sprintf("%d.%d %v %v", r.Seq(), r.Try, r.OK, again))
	if l.record == nil {
		return nil
	}
	return l.record(r)
}

// TestRecordedBeforeEmitted holds that a try is recorded before its output goes
// out, each once, and the jobs entered in their order.
func TestRecordedBeforeEmitted(t *testing.T) {
	r := newRun(t, numbers(20), `echo "<{}>"; [ $PMAP_TRY = 2 ]`)
	r.cfg.Retry.Tries = 2
	r.cfg.Output.Order = Unordered
	l := &ledger{record: func(res *Result) error {
		if strings.Contains(r.out.String(), fmt.Sprintf("<%d>", res.Seq())) {
			t.Errorf("job %d was emitted before it was recorded", res.Seq())
		}
		return nil
	}}
	r.cfg.Recorders = []Recorder{l}
	r.run(t)
	if len(l.ended) != 40 || len(l.entered) != 20 {
		t.Errorf("%d tries recorded, %d jobs entered; want 40 and 20", len(l.ended), len(l.entered))
	}
	for i, seq := range l.entered {
		if seq != int64(i+1) {
			t.Fatalf("the jobs were entered as %v", l.entered)
		}
	}
}

// TestRecorderThatFails holds that its error is the run's, whenever it comes.
func TestRecorderThatFails(t *testing.T) {
	full := errors.New("full")
	for name, l := range map[string]*ledger{
		"enter":  {enter: func(*chunker.Chunk) error { return full }},
		"record": {record: func(*Result) error { return full }},
	} {
		r := newRun(t, numbers(1000), "echo", "{}")
		r.cfg.Recorders = []Recorder{l}
		p, err := New(r.cfg)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := p.Run()
		if !errors.Is(err, full) {
			t.Errorf("%s: error %v", name, err)
		}
		if sum.Done >= 1000 || name == "enter" && sum.Done != 0 {
			t.Errorf("%s: %d jobs were done all the same", name, sum.Done)
		}
	}
}

// TestDoneBefore holds that what an earlier run has done isn't run, and that
// what it has kept is printed in its turn, in any order of ends.
func TestDoneBefore(t *testing.T) {
	dir := t.TempDir()
	kept := func(seq int64) string { return filepath.Join(dir, fmt.Sprint(seq)) }
	var want strings.Builder
	for seq := int64(1); seq <= 300; seq++ {
		if seq%3 != 0 {
			if err := os.WriteFile(kept(seq), fmt.Appendf(nil, "kept %d\n", seq), 0o600); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&want, "kept %d\n", seq)
		} else {
			fmt.Fprintf(&want, "%d\n", seq)
		}
	}
	r := newRun(t, numbers(300), "echo", "{}")
	r.cfg.Recorders = []Recorder{&ledger{enter: func(c *chunker.Chunk) error {
		if c.Seq%3 != 0 {
			c.Done = &chunker.Earlier{Files: [2]string{kept(c.Seq)}}
		}
		return nil
	}}}
	if sum := r.run(t); sum.Done != 100 || sum.Before != 200 {
		t.Errorf("%+v", sum)
	}
	if r.out.String() != want.String() {
		t.Errorf("printed %.300q", r.out.String())
	}
}
