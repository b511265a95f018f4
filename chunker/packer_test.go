package chunker

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// packAll feeds values to the packer. Each chunk is one string: its items,
// separated by spaces.
func packAll(p *Packer, values ...string) (chunks []string, err error) {
	take := func(c Chunk) {
		var words []string
		for _, it := range c.Items {
			words = append(words, string(it.Record))
		}
		chunks = append(chunks, strings.Join(words, " "))
	}
	for i, v := range values {
		c, full, err := p.Add(Item{Seq: int64(i + 1), Record: Record(v)})
		if full {
			take(c)
		}
		if err != nil {
			return chunks, err
		}
	}
	for _, c := range p.Rest() {
		take(c)
	}
	return chunks, nil
}

func TestPacker(t *testing.T) {
	fixed := Cost{Bytes: len("echo") + 1, Words: 1}
	long := strings.Repeat("x", 30)
	for _, c := range []struct {
		name   string
		limits Limits
		values []string
		want   []string
		fault  string
	}{
		{"no limit", Limits{}, []string{"1", "2", "3"}, []string{"1 2 3"}, ""},
		{"nothing", Limits{Items: 3}, nil, nil, ""},
		{"items", Limits{Items: 2}, []string{"1", "2", "3"}, []string{"1 2", "3"}, ""},
		{"items, none left", Limits{Items: 2}, []string{"1", "2", "3", "4"}, []string{"1 2", "3 4"}, ""},
		{"one item", Limits{Items: 1}, []string{"1", "2"}, []string{"1", "2"}, ""},
		{"spread", Limits{Spread: 3}, []string{"1", "2", "3", "4", "5"}, []string{"1", "2 3", "4 5"}, ""},
		{"spread over more than there are", Limits{Spread: 9}, []string{"1", "2"}, []string{"1", "2"}, ""},
		{"bytes", Limits{Bytes: 5 + 4}, []string{"1", "2", "3"}, []string{"1 2", "3"}, ""},
		{"bytes, one less", Limits{Bytes: 5 + 3}, []string{"1", "2", "3"}, []string{"1", "2", "3"}, ""},
		{"exec", Limits{Exec: 5 + 8 + 2*(2+8)}, []string{"1", "2", "3"}, []string{"1 2", "3"}, ""},
		{"exec, one less", Limits{Exec: 5 + 8 + 2*(2+8) - 1}, []string{"1", "2", "3"}, []string{"1", "2", "3"}, ""},
		{"an item alone", Limits{Bytes: 20}, []string{"1", "2", long, "3", "4"}, []string{"1 2", long, "3 4"}, ""},
		{"the first item alone", Limits{Bytes: 20}, []string{long, "3"}, []string{long, "3"}, ""},
		{"the last item alone", Limits{Bytes: 20}, []string{"3", long}, []string{"3", long}, ""},
		{"two alone", Limits{Arg: 20}, []string{long, long, "3"}, []string{long, long, "3"}, ""},
		{"arg", Limits{Arg: 20}, []string{"1", long, "2", "3"}, []string{"1", long, "2 3"}, ""},
		{"arg, exactly", Limits{Arg: 31}, []string{"1", long, "2", "3"}, []string{"1 " + long + " 2 3"}, ""},
		{"items, but the size first", Limits{Items: 3, Bytes: 5 + 4}, []string{"1", "2", "3", "4", "5"}, []string{"1 2", "3 4", "5"}, ""},
		{"whole, all fit", Limits{Items: 2, Bytes: 5 + 4, Whole: true}, []string{"1", "2", "3"}, []string{"1 2", "3"}, ""},
		{"whole", Limits{Items: 3, Bytes: 5 + 4, Whole: true}, []string{"1", "2", "3"}, nil, `item 3, "3", doesn't fit into one command with those before it: it would have 11 bytes, and the limit is 9`},
		{"whole, and no number", Limits{Bytes: 5 + 4, Whole: true}, []string{"1", "2", "3"}, []string{"1 2", "3"}, ""},
		{"whole, an item alone", Limits{Bytes: 20, Whole: true}, []string{"1", long, "2"}, []string{"1"}, `item 2, "` + long + `", doesn't fit into a command: it would have 36 bytes, and the limit is 20`},
		{"whole, arg", Limits{Arg: 20, Whole: true}, []string{long + long}, nil, `item 1, "` + strings.Repeat("x", 40) + `"…, doesn't fit into a command: it would have 61 bytes in one argument, and the limit is 20`},
		{"whole, exec", Limits{Exec: 20, Whole: true}, []string{long}, nil, `item 1, "` + long + `", doesn't fit into a command: it would have 52 bytes with its pointers, and the limit is 20`},
		{"lines", Limits{Lines: 2}, []string{"a", "b", "c"}, []string{"a b", "c"}, ""},
		{"lines that go on", Limits{Lines: 2}, []string{"a ", "b\t", "c", "d", "e"}, []string{"a  b\t c d", "e"}, ""},
		{"blank lines", Limits{Lines: 2}, []string{"", "a", " ", "b", "c"}, []string{" a   b", "c"}, ""},
		{"lines, but the size first", Limits{Lines: 1, Bytes: 5 + 3}, []string{"a ", "b", "c"}, []string{"a ", "b", "c"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := packAll(NewPacker(c.limits, fixed, nil), c.values...)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			var fit *FitError
			if err != nil && !errors.As(err, &fit) || fmt.Sprint(err) != c.fault && (err != nil || c.fault != "") {
				t.Errorf("error %v, want %q", err, c.fault)
			}
		})
	}
}

// What doesn't fit is not lost: those who keep account of it find it in Rest.
func TestPackerKeepsWhatDoesNotFit(t *testing.T) {
	p := NewPacker(Limits{Items: 3, Bytes: 4, Whole: true}, Cost{}, nil)
	if _, err := packAll(p, "1", "2", "3"); err == nil {
		t.Fatal("no error")
	}
	if rest, _ := packAll(p); !slices.Equal(rest, []string{"1 2 3"}) {
		t.Errorf("left: %q", rest)
	}
}

// TestPackerProperties holds that all items come out once and in order, within
// the limits, and that a chunk keeps its own while later ones are
// packed: they share slabs.
func TestPackerProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{
			Items:  rapid.IntRange(0, 40).Draw(t, "items"),
			Bytes:  rapid.IntRange(0, 300).Draw(t, "bytes"),
			Exec:   rapid.IntRange(0, 900).Draw(t, "exec"),
			Arg:    rapid.IntRange(0, 30).Draw(t, "arg"),
			Spread: rapid.IntRange(0, 5).Draw(t, "spread"),
		}
		fixed := Cost{Bytes: rapid.IntRange(0, 20).Draw(t, "fixed"), Words: 2}
		records := rapid.SliceOfN(rapid.StringN(0, 40, -1), 0, 2000).Draw(t, "records")
		p := NewPacker(limits, fixed, nil)
		var chunks []Chunk
		for i, r := range records {
			c, full, err := p.Add(Item{Seq: int64(i + 1), Record: Record(r)})
			if err != nil {
				t.Fatal(err)
			}
			if full {
				chunks = append(chunks, c)
			}
		}
		spread := p.Rest()
		chunks = append(chunks, spread...)
		if len(spread) > max(1, limits.Spread) {
			t.Fatalf("%d chunks at the end", len(spread))
		}
		item := 0
		for i, c := range chunks {
			if c.Seq != int64(i+1) || len(c.Items) == 0 {
				t.Fatalf("chunk %d has number %d and %d items", i+1, c.Seq, len(c.Items))
			}
			bytes, longest := fixed.Bytes, 0
			for _, it := range c.Items {
				if it.Seq != int64(item+1) || string(it.Record) != records[item] {
					t.Fatalf("item %d is %d, %q", item+1, it.Seq, it.Record)
				}
				item++
				bytes += len(it.Record) + 1
				longest = max(longest, len(it.Record)+1)
			}
			exec := bytes + 8*(fixed.Words+len(c.Items))
			over := limits.Bytes > 0 && bytes > limits.Bytes || limits.Exec > 0 && exec > limits.Exec || limits.Arg > 0 && longest > limits.Arg
			if over && len(c.Items) > 1 || limits.Items > 0 && len(c.Items) > limits.Items {
				t.Fatalf("chunk %d is too large: %d items, %d bytes, %d with pointers, %d in one", i+1, len(c.Items), bytes, exec, longest)
			}
			if cap(c.Items) != len(c.Items) {
				t.Fatalf("chunk %d can be appended to", i+1)
			}
		}
		if item != len(records) {
			t.Fatalf("%d of %d items came out", item, len(records))
		}
	})
}

// TestPackerIsTight holds that no chunk ends early: the first item of the next
// would not have fit.
func TestPackerIsTight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 100).Draw(t, "limit")
		records := rapid.SliceOfN(rapid.StringN(0, 20, -1), 1, 200).Draw(t, "records")
		chunks, err := packAll(NewPacker(Limits{Bytes: limit}, Cost{}, nil), records...)
		if err != nil {
			t.Fatal(err)
		}
		item := 0
		for _, c := range chunks {
			size, first := 0, item
			for item < len(records) && (item == first || size+len(records[item])+1 <= limit) {
				size += len(records[item]) + 1
				item++
			}
			if want := strings.Join(records[first:item], " "); c != want {
				t.Fatalf("a chunk is %q, want %q", c, want)
			}
		}
	})
}

// A million items are packed without an allocation for each.
func TestPackerAllocatesBySlab(t *testing.T) {
	record := Record("123456")
	measure := func(it *Item, _ int) Cost {
		return Cost{Bytes: len(it.Record) + 1, Words: 1, Longest: len(it.Record) + 1}
	}
	for name, m := range map[string]Measure{"plain": nil, "measured": measure} {
		p := NewPacker(Limits{Exec: 128 << 10}, Cost{}, m)
		got := testing.AllocsPerRun(5, func() {
			for i := range int64(100_000) {
				if _, _, err := p.Add(Item{Seq: i, Record: record}); err != nil {
					t.Fatal(err)
				}
			}
		})
		if got > 40 {
			t.Errorf("%s: %.0f allocations for 100,000 items", name, got)
		}
	}
}

func BenchmarkPacker(b *testing.B) {
	record := Record("123456")
	p := NewPacker(Limits{Exec: 128 << 10, Arg: 128 << 10}, Cost{}, nil)
	for i := range b.N {
		p.Add(Item{Seq: int64(i), Record: record})
	}
}
