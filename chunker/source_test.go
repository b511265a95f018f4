package chunker

import (
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pieces is a feed that hands out its input in reads of the given sizes, over
// and over, and whatever fits once they are used up.
type pieces struct {
	input   string
	sizes   []int
	reads   int
	err     error // after the input; nil is io.EOF
	stopped bool
}

func (p *pieces) read(b []byte) (int, error) {
	if p.stopped {
		return 0, ErrInterrupted
	}
	if p.input == "" {
		if p.err != nil {
			return 0, p.err
		}
		return 0, io.EOF
	}
	size := len(b)
	if len(p.sizes) > 0 {
		size = min(size, max(1, p.sizes[p.reads%len(p.sizes)]))
	}
	p.reads++
	n := copy(b[:size], p.input)
	p.input = p.input[n:]
	return n, nil
}

func (p *pieces) interrupt()        { p.stopped = true }
func (p *pieces) interrupted() bool { return p.stopped }

// drain reads a source to its end.
func drain(t testing.TB, s interface{ Next() (Item, error) }) ([]string, error) {
	t.Helper()
	var records []string
	for {
		it, err := s.Next()
		if err != nil {
			if _, again := s.Next(); again != err {
				t.Errorf("after the error %v came %v", err, again)
			}
			return records, err
		}
		records = append(records, string(it.Record))
		if it.Seq != int64(len(records)) {
			t.Fatalf("record %d has Seq %d", len(records), it.Seq)
		}
	}
}

func TestRecords(t *testing.T) {
	tests := []struct {
		name, input, delim string
		skip               bool
		want               []string
	}{
		{name: "empty"},
		{name: "one", input: "a\n", want: []string{"a"}},
		{name: "no last delimiter", input: "a\nb", want: []string{"a", "b"}},
		{name: "empty record", input: "a\n\n", want: []string{"a", ""}},
		{name: "only a delimiter", input: "\n", want: []string{""}},
		{name: "spaces stay", input: " a b \n", want: []string{" a b "}},
		{name: "bytes stay", input: "\xff\xfe\r\t\n'\"$(x)\n", want: []string{"\xff\xfe\r\t", "'\"$(x)"}},
		{name: "NUL", input: "a\nb\x00c\x00", delim: "\x00", want: []string{"a\nb", "c"}},
		{name: "letter", input: "axbxx", delim: "x", want: []string{"a", "b", ""}},
		{name: "high byte", input: "a\xffb", delim: "\xff", want: []string{"a", "b"}},
		{name: "CR LF", input: "a\r\nb\rc\nd\r\n\r\n", delim: "\r\n", want: []string{"a", "b\rc\nd", ""}},
		{name: "overlap is leftmost", input: "xaaay", delim: "aa", want: []string{"x", "ay"}},
		{name: "repeating prefix", input: "aabaaabz", delim: "aab", want: []string{"", "a", "z"}},
		{name: "unfinished delimiter", input: "a--b-", delim: "--", want: []string{"a", "b-"}},
		{name: "skip blank", input: "\n a\n \t\r\n\n\v\f\nb\n ", skip: true, want: []string{" a", "b"}},
		{name: "all blank", input: "\n \n\n", skip: true},
	}
	for _, tt := range tests {
		for _, size := range []int{1, 2, 3, 1 << 20} {
			in := &pieces{input: tt.input, sizes: []int{size}}
			s := newSource(in, maxBlock, Options{Delimiter: []byte(tt.delim), SkipBlank: tt.skip})
			got, err := drain(t, s)
			if err != io.EOF {
				t.Errorf("%s, reads of %d: %v", tt.name, size, err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("%s, reads of %d: -want +got\n%s", tt.name, size, d)
			}
		}
	}
}

func TestReadError(t *testing.T) {
	boom := errors.New("boom")
	s := newSource(&pieces{input: "a\nb", err: boom}, maxBlock, Options{Name: "the input"})
	got, err := drain(t, s)
	if d := cmp.Diff([]string{"a"}, got); d != "" {
		t.Errorf("records: -want +got\n%s", d)
	}
	if !errors.Is(err, boom) || err.Error() != "cannot read the input: boom" {
		t.Errorf("error %v", err)
	}
}

func TestNUL(t *testing.T) {
	tests := []struct {
		input string
		want  []string
		err   string
	}{
		{"a\nb\x00c\nd\n", []string{"a"}, "in: record 2 holds a NUL: did you mean -0?"},
		{"a\x00", nil, "in: record 1 holds a NUL: did you mean -0?"},
		{"a\n\nb\x00c\x00", []string{"a", ""}, "in: record 3 holds a NUL: did you mean -0?"},
		{"\x00\n", nil, "in: record 1 holds a NUL: did you mean -0?"},
	}
	for _, tt := range tests {
		for _, size := range []int{1, 2, 1 << 20} {
			s := newSource(&pieces{input: tt.input, sizes: []int{size}}, maxBlock, Options{Lines: true, Name: "in"})
			got, err := drain(t, s)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("%q: -want +got\n%s", tt.input, d)
			}
			if err.Error() != tt.err {
				t.Errorf("%q: error %q, want %q", tt.input, err, tt.err)
			}
		}
	}
}

// A NUL is found far from where the search began, after the tail has moved.
func TestNULAfterMove(t *testing.T) {
	input := strings.Repeat("0123456789\n", 20000) + strings.Repeat("x", 300000) + "\x00\n"
	s := newSource(&pieces{input: input, sizes: []int{5000}}, maxBlock, Options{Lines: true, Name: "in"})
	got, err := drain(t, s)
	if len(got) != 20000 || err.Error() != "in: record 20001 holds a NUL: did you mean -0?" {
		t.Errorf("%d records, then %v", len(got), err)
	}
}

func TestNULWithoutLines(t *testing.T) {
	got, err := drain(t, newSource(&pieces{input: "a\x00b\n"}, maxBlock, Options{}))
	if d := cmp.Diff([]string{"a\x00b"}, got); d != "" || err != io.EOF {
		t.Errorf("%v: -want +got\n%s", err, d)
	}
}

func TestCarriageReturnNotice(t *testing.T) {
	var notices []string
	opt := Options{Lines: true, Name: "in", Notice: func(s string) { notices = append(notices, s) }}
	got, err := drain(t, newSource(&pieces{input: "a\nb\r\nc\r\nd\re\n"}, maxBlock, opt))
	if d := cmp.Diff([]string{"a", "b\r", "c\r", "d\re"}, got); d != "" || err != io.EOF {
		t.Errorf("%v: -want +got\n%s", err, d)
	}
	want := []string{`in: record 2 ends in a carriage return, which is kept; for lines that end in CR LF use -d '\r\n'`}
	if d := cmp.Diff(want, notices); d != "" {
		t.Errorf("notices: -want +got\n%s", d)
	}
}

func TestReady(t *testing.T) {
	in := &pieces{input: "a\nb\nc", sizes: []int{3, 2}}
	s := newSource(in, maxBlock, Options{})
	var got []bool
	for {
		got = append(got, s.Ready())
		if _, err := s.Next(); err != nil {
			break
		}
	}
	// "a" needs a read, "b" another one for its end, "c" one that meets the
	// end of the input, which is known then.
	if d := cmp.Diff([]bool{false, false, false, true}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestReadyLooksPastBlanks(t *testing.T) {
	s := newSource(&pieces{input: "a\n\n \nb\n", sizes: []int{5, 2}}, maxBlock, Options{SkipBlank: true})
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	if s.Ready() {
		t.Error("only blank records are there, but Ready is true")
	}
	if it, err := s.Next(); err != nil || string(it.Record) != "b" || it.Seq != 2 {
		t.Errorf("%d %q, %v", it.Seq, it.Record, err)
	}
}

func TestInterruptKeepsWhatIsComplete(t *testing.T) {
	s := newSource(&pieces{input: "a\nb\nc\nunfinished"}, maxBlock, Options{})
	if it, err := s.Next(); err != nil || string(it.Record) != "a" {
		t.Fatalf("%q, %v", it.Record, err)
	}
	s.Interrupt()
	if !s.Ready() {
		t.Error("interrupted, but not ready")
	}
	var got []string
	var err error
	for {
		var it Item
		if it, err = s.Next(); err != nil {
			break
		}
		got = append(got, string(it.Record))
	}
	if d := cmp.Diff([]string{"b", "c"}, got); d != "" || err != ErrInterrupted {
		t.Errorf("%v: -want +got\n%s", err, d)
	}
	if _, err := s.Next(); err != ErrInterrupted {
		t.Errorf("then %v", err)
	}
}

// An input that has been read to its end stays at its end.
func TestInterruptAfterTheEnd(t *testing.T) {
	s := newSource(&pieces{input: "a"}, maxBlock, Options{})
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	s.Interrupt()
	if _, err := s.Next(); err != io.EOF {
		t.Errorf("%v, want io.EOF", err)
	}
}

// What has been handed out is never written again.
func TestRecordsStay(t *testing.T) {
	var b strings.Builder
	rng := rand.New(rand.NewPCG(1, 2))
	for b.Len() < 3<<20 {
		b.WriteString(strings.Repeat(string(rune('a'+rng.IntN(26))), rng.IntN(300)))
		if rng.IntN(1000) == 0 {
			b.WriteString(strings.Repeat("long", 50000))
		}
		b.WriteByte('\n')
	}
	s := newSource(&pieces{input: b.String(), sizes: []int{7, 100000, 3000, 64 << 10}}, maxBlock, Options{})
	var kept []Record
	for {
		it, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, it.Record)
	}
	for i, want := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		if string(kept[i]) != want {
			t.Fatalf("record %d changed: %.40q, want %.40q", i+1, kept[i], want)
		}
	}
}

// Whoever appends to a record gets a copy.
func TestRecordsAreCapped(t *testing.T) {
	s := newSource(&pieces{input: "a\nb\n"}, maxBlock, Options{})
	first, _ := s.Next()
	_ = append(first.Record, "XYZ"...)
	if second, err := s.Next(); err != nil || string(second.Record) != "b" {
		t.Errorf("%q, %v", second.Record, err)
	}
}

// The records and their delimiters are the input, whatever the sizes of reads
// and blocks.
func FuzzRecords(f *testing.F) {
	f.Add("a\nb\n\nc", "\n", []byte{1, 2, 3}, 1)
	f.Add("xaaayaab", "aa", []byte{1}, 3)
	f.Add("\r\n\r\r\n", "\r\n", []byte{1, 9}, 4)
	f.Add(strings.Repeat("ab--", 500), "--", []byte{255, 3, 200}, 64)
	f.Add("", "x", []byte{}, 9)
	f.Fuzz(func(t *testing.T, input, delim string, sizes []byte, block int) {
		if delim == "" {
			delim = "\n"
		}
		in := &pieces{input: input}
		for _, n := range sizes {
			in.sizes = append(in.sizes, int(n))
		}
		block = 1 + block&0x1ff
		s := newSource(in, maxBlock, Options{Delimiter: []byte(delim)})
		s.split = newSplitter([]byte(delim), block, 4*block, false)
		got, err := drain(t, s)
		if err != io.EOF {
			t.Fatal(err)
		}
		want := strings.Split(input, delim)
		if want[len(want)-1] == "" {
			want = want[:len(want)-1]
		}
		if !slices.Equal(want, got) {
			t.Errorf("want %q\ngot  %q", want, got)
		}
	})
}

func TestValues(t *testing.T) {
	s := Values([]string{"a", "", "b\nc"})
	s.Interrupt()
	if !s.Ready() {
		t.Error("not ready")
	}
	got, err := drain(t, s)
	if d := cmp.Diff([]string{"a", "", "b\nc"}, got); d != "" || err != io.EOF {
		t.Errorf("%v: -want +got\n%s", err, d)
	}
}
