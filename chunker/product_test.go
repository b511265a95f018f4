package chunker

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A faucet is a stream whose records come by themselves up to a point; after
// it, whoever asks for one waits.
type faucet struct {
	values []string
	next   int
	there  int  // values, and then the end, that are there
	waited bool // somebody has had to
	stop   bool
}

func (f *faucet) Next() (Item, error) {
	if f.stop {
		return Item{}, ErrInterrupted
	}
	if f.next >= f.there {
		f.waited = true
		f.there = f.next + 1
	}
	if f.next == len(f.values) {
		return Item{}, io.EOF
	}
	f.next++
	return Item{Seq: int64(f.next), Record: Record(f.values[f.next-1])}, nil
}

func (f *faucet) Ready() bool { return f.next < f.there }
func (f *faucet) Interrupt()  { f.stop = true }

// A rig is streams put together from faucets.
type rig struct {
	stream  Stream
	faucets []*faucet
	want    []string // the items, blanks between their columns
}

func texts(items [][]string) (out []string) {
	for _, it := range items {
		out = append(out, strings.Join(it, " "))
	}
	return out
}

// drawRig makes a product of groups of linked streams, of which some items are
// selected.
func drawRig(t *rapid.T) *rig {
	r := &rig{}
	var groups []Named
	items := [][]string{nil}
	for g := range rapid.IntRange(1, 3).Draw(t, "groups") {
		n := rapid.IntRange(0, 4).Draw(t, "records")
		var streams []Named
		rows := make([][]string, n)
		for s := range rapid.IntRange(1, 2).Draw(t, "linked") {
			f := &faucet{there: rapid.IntRange(0, 5).Draw(t, "there")}
			for i := range n {
				f.values = append(f.values, fmt.Sprint(string(rune('a'+g)), s, i))
				rows[i] = append(rows[i], f.values[i])
			}
			r.faucets = append(r.faucets, f)
			streams = append(streams, Named{f, "f"})
		}
		groups = append(groups, Named{Link(streams), "g"})
		var more [][]string
		for _, it := range items {
			for _, row := range rows {
				more = append(more, slices.Concat(it, row))
			}
		}
		items = more
	}
	sel := Selection{
		Skip: rapid.Int64Range(0, 3).Draw(t, "skip"), Head: rapid.Int64Range(-1, 6).Draw(t, "head"),
		Parts: rapid.Int64Range(1, 3).Draw(t, "parts"),
	}
	sel.Part = rapid.Int64Range(1, sel.Parts).Draw(t, "part")
	r.stream = Select(Product(groups, nil), sel)
	items = items[min(int(sel.Skip), len(items)):]
	if sel.Head >= 0 {
		items = items[:min(int(sel.Head), len(items))]
	}
	for i, it := range texts(items) {
		if int64(i)%sel.Parts == sel.Part-1 {
			r.want = append(r.want, it)
		}
	}
	if got := sel.Of(int64(len(items)) + sel.Skip); got != int64(len(r.want)) && len(items) > 0 {
		t.Fatalf("%+v of %d items: %d, want %d", sel, len(items), got, len(r.want))
	}
	return r
}

// TestStreams holds that nothing is lost, nothing comes twice and the order is
// that of loops in each other; and that after Ready nobody has to wait.
func TestStreams(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRig(t)
		var got []string
		for {
			ready := r.stream.Ready()
			for _, f := range r.faucets {
				f.waited = false
			}
			it, err := r.stream.Next()
			for _, f := range r.faucets {
				if ready && f.waited {
					t.Fatal("Next waited although it was ready")
				}
			}
			if err != nil {
				if _, again := r.stream.Next(); err != io.EOF || again != err {
					t.Fatalf("the end is %v, then %v", err, again)
				}
				break
			}
			got = append(got, string(it.Text()))
		}
		if !slices.Equal(got, r.want) {
			t.Fatalf("got %q\nwant %q", got, r.want)
		}
	})
}

// A first stream may be endless, and the second is read no sooner than needed.
func TestProductIsLazy(t *testing.T) {
	first, second := &faucet{values: []string{"a", "b"}}, &faucet{values: []string{"1", "2", "3"}}
	p := Product([]Named{{first, "first"}, {second, "second"}}, nil)
	for i, want := range []string{"a 1", "a 2", "a 3", "b 1"} {
		it, err := p.Next()
		if string(it.Text()) != want || err != nil {
			t.Fatalf("item %d is %q, %v", i+1, it.Text(), err)
		}
		if n := max(1, i-1); first.next != n || second.next != min(i+1, 3) {
			t.Errorf("after item %d: %d of the first and %d of the second have been read", i+1, first.next, second.next)
		}
	}
}

func TestProductOfNothing(t *testing.T) {
	for _, empty := range []int{0, 1, 2} {
		var streams []Named
		for i := range 3 {
			f := &faucet{values: []string{"x"}}
			if i == empty {
				f.values = nil
			}
			streams = append(streams, Named{f, fmt.Sprint("s", i)})
		}
		var said []string
		p := Product(streams, func(text string) { said = append(said, text) })
		if _, err := p.Next(); err != io.EOF {
			t.Errorf("%d is empty: %v", empty, err)
		}
		if len(said) != 1 || !strings.HasPrefix(said[0], fmt.Sprintf("s%d is empty", empty)) {
			t.Errorf("%d is empty: said %q", empty, said)
		}
	}
}

func TestLinkOfUneven(t *testing.T) {
	for short := range 3 {
		var streams []Named
		for i := range 3 {
			f := &faucet{values: []string{"x", "y"}}
			if i == short {
				f.values = f.values[:1]
			}
			streams = append(streams, Named{f, fmt.Sprint("s", i)})
		}
		got, err := drain(t, Link(streams))
		if len(got) != 1 || err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("s%d ends after record 1, and s", short)) {
			t.Errorf("%d is short: %q, %v", short, got, err)
		}
	}
}

func TestShuffle(t *testing.T) {
	order := func(seed uint64) (all []string) {
		s := Shuffle(&faucet{values: strings.Fields("1 2 3 4 5 6 7 8 9")}, seed)
		for {
			it, err := s.Next()
			if err != nil {
				return all
			}
			all = append(all, string(it.Record))
		}
	}
	if !slices.Equal(order(1), order(1)) || slices.Equal(order(1), order(2)) || !slices.IsSorted(slices.Sorted(slices.Values(order(1)))) {
		t.Errorf("%q %q", order(1), order(2))
	}
	if got := slices.Sorted(slices.Values(order(3))); strings.Join(got, " ") != "1 2 3 4 5 6 7 8 9" {
		t.Errorf("%q", got)
	}
}

// What is interrupted returns, and what was read by then is not lost.
func TestInterruptedStreams(t *testing.T) {
	a, b := &faucet{values: []string{"1", "2"}}, &faucet{values: []string{"x"}}
	p := Product([]Named{{a, "a"}, {b, "b"}}, nil)
	if _, err := p.Next(); err != nil {
		t.Fatal(err)
	}
	p.Interrupt()
	if _, err := p.Next(); err != ErrInterrupted {
		t.Errorf("product: %v", err)
	}
	l := Link([]Named{{a, "a"}, {b, "b"}})
	if _, err := l.Next(); err != ErrInterrupted {
		t.Errorf("link: %v", err)
	}
}

// Rows are made without an allocation for each.
func TestColumnsAllocateBySlab(t *testing.T) {
	text := strings.Repeat("12345\t678\tname\n", 10_000)
	got := testing.AllocsPerRun(3, func() {
		c := NewColumns(Named{newSource(&pieces{input: text}, maxBlock, Options{}), "f"}, ColumnOptions{Cut: cutAtByte('\t'), Trim: TrimLeft | TrimRight})
		for n := 0; ; n++ {
			it, err := c.Next()
			if err != nil {
				if n != 10_000 {
					t.Errorf("%d rows, %v", n, err)
				}
				return
			}
			if it.Count() != 3 {
				t.Fatalf("%d columns", it.Count())
			}
		}
	})
	if got > 100 {
		t.Errorf("%.0f allocations for 10,000 rows", got)
	}
}
