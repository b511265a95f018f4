package chunker

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// fileInput is a regular file with the text, from which some has been read.
func fileInput(t *testing.T, text string, read int) *Input {
	t.Helper()
	name := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(int64(read), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	in := NewInput(int(f.Fd()))
	t.Cleanup(func() { in.Close(); f.Close() })
	return in
}

// pipeInput is a pipe into which the text is written in small pieces.
func pipeInput(t *testing.T, text string, rnd *rand.Rand) *Input {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var pieces []string
	for len(text) > 0 {
		n := min(len(text), 1+rnd.IntN(40000))
		pieces, text = append(pieces, text[:n]), text[n:]
	}
	go func() {
		defer w.Close()
		for _, p := range pieces {
			io.WriteString(w, p)
		}
	}()
	in := NewInput(int(r.Fd()))
	t.Cleanup(func() { in.Close(); r.Close() })
	return in
}

func bytesOf(t *testing.T, b *Share) string {
	t.Helper()
	data := b.Data
	if b.From != nil {
		data = make([]byte, b.Size)
		if err := b.From.readAt(data, b.Off); err != nil {
			t.Fatal(err)
		}
	}
	if int64(len(data)) != b.Size {
		t.Fatalf("a share of %d bytes says %d", len(data), b.Size)
	}
	text := string(b.Header) + string(data)
	b.Release()
	return text
}

func allShares(t *testing.T, s *ShareSource) (shares []string, err error) {
	t.Helper()
	for {
		c, err := s.Next()
		if err == io.EOF {
			return shares, nil
		}
		if err != nil {
			return shares, err
		}
		shares = append(shares, bytesOf(t, c.Share))
	}
}

// plainShares divides text as the options' comments have it.
func plainShares(text string, opt ShareOptions) (shares []string) {
	unit := max(1, opt.Lines)
	ends := []int{}
	n := 0
	for i := 1; i < len(text); i++ {
		from := i - len(opt.RecordEnd)
		if from >= 0 && strings.HasPrefix(text[from:], string(opt.RecordEnd)+string(opt.RecordStart)) {
			if n++; n%unit == 0 {
				ends = append(ends, i)
			}
		}
	}
	ends = append(ends, len(text))
	from, units, last := 0, 0, 0
	for _, end := range ends {
		seen := end
		if end < len(text) {
			seen += len(opt.RecordStart) // of the next one, which has to be seen
		}
		if opt.Records == 0 && last > from && seen-from > opt.Size {
			shares, from = append(shares, text[from:last]), last
		}
		if units++; opt.Records > 0 && units%opt.Records == 0 {
			shares, from = append(shares, text[from:end]), end
		}
		last = end
	}
	if from < len(text) {
		shares = append(shares, text[from:])
	}
	return shares
}

// TestShares divides random texts, read from files and from pipes, and holds
// the shares against a plain division.
func TestShares(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	marks := []struct{ end, start, pattern string }{
		{"\n", "", `(\n)`}, {"\n", ">", `(\n)>`}, {"", ">", `()>`}, {"ab", "", "(ab)"}, {"\x00", "", `(\x00)`},
	}
	for round := range 300 {
		m := marks[rnd.IntN(len(marks))]
		text := randomText(rnd)
		opt := ShareOptions{Size: 1 + rnd.IntN(300), RecordEnd: []byte(m.end), RecordStart: []byte(m.start)}
		switch rnd.IntN(3) {
		case 0:
			opt.Records = 1 + rnd.IntN(5)
		case 1:
			opt.Lines = 1 + rnd.IntN(4)
			if m.start != "" {
				opt.Lines = 1
			}
		}
		if rnd.IntN(5) == 0 {
			opt.Size *= 1000
		}
		want := plainShares(text, opt)
		if rnd.IntN(3) == 0 && m.end != "ab" {
			opt.RecordPattern = regexp.MustCompile(m.pattern)
		}
		read := rnd.IntN(10)
		inputs := map[string]*Input{
			"file": fileInput(t, strings.Repeat("x", read)+text, read),
			"pipe": pipeInput(t, text, rnd),
		}
		for kind, in := range inputs {
			got, err := allShares(t, NewShareSource([]*Input{in}, opt))
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
				t.Fatalf("round %d, %s, %+v:\ngot  %.500q\nwant %.500q\ntext %.500q", round, kind, opt, got, want, text)
			}
		}
	}
}

func randomText(rnd *rand.Rand) string {
	var b strings.Builder
	for range rnd.IntN(3000) {
		switch rnd.IntN(12) {
		case 0:
			b.WriteString("\n")
		case 1:
			b.WriteString("\n>")
		case 2:
			b.WriteString("ab")
		case 3:
			b.WriteByte(0)
		case 4:
			if rnd.IntN(20) == 0 {
				b.WriteString(strings.Repeat("z", rnd.IntN(9000)))
			}
		default:
			b.WriteString("cde"[:1+rnd.IntN(3)])
		}
	}
	return b.String()
}

// TestShareParts holds that a file has as many parts as asked for, of about
// the same size, each of whole records.
func TestShareParts(t *testing.T) {
	text := strings.Repeat("0123456789\n", 10000)
	for parts := 1; parts <= 9; parts++ {
		src := NewShareSource([]*Input{fileInput(t, text, 0)}, ShareOptions{Parts: parts})
		got, err := allShares(t, src)
		if err != nil || len(got) != parts || strings.Join(got, "") != text {
			t.Fatalf("%d parts: %d, %v", parts, len(got), err)
		}
		for _, p := range got {
			if len(p)%11 != 0 || len(p) < len(text)/parts-22 {
				t.Errorf("%d parts: one of %d bytes", parts, len(p))
			}
		}
	}
	few, _ := allShares(t, NewShareSource([]*Input{fileInput(t, "a\nb\n", 0)}, ShareOptions{Parts: 9}))
	if fmt.Sprintf("%q", few) != `["a\n" "b\n"]` {
		t.Errorf("two lines for nine slots: %q", few)
	}
}

func TestShareHeaders(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		header ShareHeader
		text   string
		want   string
	}{
		{ShareHeader{Lines: 1}, "h\na\nb\nc\n", `["h\na\nb\n" "h\nc\n"]`},
		{ShareHeader{Lines: 2}, "h\nH\na\n", `["h\nH\na\n"]`},
		{ShareHeader{Lines: 2}, "h", `the header is to have 2 lines, and line 1 has no end`},
		{ShareHeader{Lines: 1}, "", `[]`},
		{ShareHeader{Lines: 1}, "h\n", `[]`},
		{ShareHeader{Pattern: regexp.MustCompile(`\A(?:(#.*\n)*)`)}, "#1\n#2\na\nb\nc\n", `["#1\n#2\na\nb\n" "#1\n#2\nc\n"]`},
		{ShareHeader{Pattern: regexp.MustCompile(`\A(?:#.*\n)`)}, "a\n", `the header is missing: the beginning doesn't match \A(?:#.*\n)`},
	} {
		for kind, in := range map[string]*Input{"file": fileInput(t, c.text, 0), "pipe": pipeInput(t, c.text, rnd)} {
			for _, opt := range []ShareOptions{{Size: 4, Header: c.header}, {Records: 2, Header: c.header}} {
				shares, err := allShares(t, NewShareSource([]*Input{in}, opt))
				got := fmt.Sprintf("%q", shares)
				if err != nil {
					_, got, _ = strings.Cut(err.Error(), ": ")
				}
				if got != c.want {
					t.Errorf("%s of %q: %s, want %s", kind, c.text, got, c.want)
				}
				in = fileInput(t, c.text, 0)
			}
		}
	}
}

// TestSharesOfSeveralInputs holds that no share has bytes of two, that each has
// its own header, and that what can't be found by its place is read.
func TestSharesOfSeveralInputs(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	inputs := []*Input{fileInput(t, "h\n1\n2\n3", 0), fileInput(t, "", 0), pipeInput(t, "H\n4\n5\n6\n", rnd)}
	got, err := allShares(t, NewShareSource(inputs, ShareOptions{Size: 4, Header: ShareHeader{Lines: 1}}))
	if want := `["h\n1\n2\n" "h\n3" "H\n4\n5\n" "H\n6\n"]`; err != nil || fmt.Sprintf("%q", got) != want {
		t.Errorf("%q, %v", got, err)
	}
}

// TestShareMemory reads much and holds one share at a time: the memory is used
// again.
func TestShareMemory(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	text := strings.Repeat(strings.Repeat("x", 99)+"\n", 200_000)
	s := NewShareSource([]*Input{pipeInput(t, text, rnd)}, ShareOptions{Size: 256 << 10})
	slabs, sum := map[*slab]bool{}, 0
	for {
		c, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		slabs[c.Share.slab] = true
		sum += len(bytesOf(t, c.Share))
	}
	if sum != len(text) || len(slabs) > 2 {
		t.Errorf("%d bytes through %d slabs", sum, len(slabs))
	}
}

// TestLongRecord has a record far longer than the share.
func TestLongRecord(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	long := strings.Repeat("x", 5<<20) + "\n"
	for kind, in := range map[string]*Input{"file": fileInput(t, "a\n"+long+"b\n", 0), "pipe": pipeInput(t, "a\n"+long+"b\n", rnd)} {
		got, err := allShares(t, NewShareSource([]*Input{in}, ShareOptions{Size: 10}))
		if err != nil || len(got) != 3 || got[1] != long {
			t.Errorf("%s: %d shares, %v", kind, len(got), err)
		}
	}
}

// TestShareTimeout holds that what is there goes out in time, by whole records.
func TestShareTimeout(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in := NewInput(int(r.Fd()))
	defer func() { in.Close(); r.Close() }()
	s := NewShareSource([]*Input{in}, ShareOptions{Size: 1000, Timeout: time.Millisecond})
	io.WriteString(w, "a\nb\nunfin")
	if c, err := s.Next(); err != nil || bytesOf(t, c.Share) != "a\nb\n" {
		t.Fatal(err)
	}
	io.WriteString(w, "ished\nrest")
	if c, err := s.Next(); err != nil || bytesOf(t, c.Share) != "unfinished\n" {
		t.Fatal(err)
	}
	w.Close()
	if got, err := allShares(t, s); err != nil || fmt.Sprint(got) != "[rest]" {
		t.Fatal(got, err)
	}
}

// TestShareInterrupt holds that records which were read come out, and nothing
// after them.
func TestShareInterrupt(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	in := NewInput(int(r.Fd()))
	defer func() { in.Close(); r.Close() }()
	s := newShareStream(in, &ShareOptions{Size: 1000})
	io.WriteString(w, "a\nb\nunfinished")
	s.fill()
	in.interrupt()
	if b, err := s.next(); err != nil || bytesOf(t, b) != "a\nb\n" {
		t.Fatal(err)
	}
	if _, err := s.next(); !errors.Is(err, ErrInterrupted) {
		t.Error(err)
	}
}
