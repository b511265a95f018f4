package chunker

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// both reads the same bytes by a Source and by Blocks of a size: the records,
// the error and the notices of each.
func both(t *testing.T, text []byte, opt Options, size int64) (a, b []string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return throughSource(t, name, opt), throughBlocks(t, name, opt, size)
}

func openInput(t *testing.T, name string) *Input {
	t.Helper()
	in, err := OpenFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in
}

func throughSource(t *testing.T, name string, opt Options) (said []string) {
	opt.Notice = func(text string) { said = append(said, "notice "+text) }
	src := NewSource(openInput(t, name), opt)
	var records []string
	for {
		it, err := src.Next()
		if err != nil {
			return append(append(records, said...), err.Error())
		}
		records = append(records, string(it.Record))
	}
}

func throughBlocks(t *testing.T, name string, opt Options, size int64) (said []string) {
	opt.Notice = func(text string) { said = append(said, "notice "+text) }
	b, ok := NewBlocks(openInput(t, name), opt)
	if !ok {
		t.Fatal("no blocks")
	}
	defer b.Close()
	var records []string
	for {
		blk, err := b.Next(size)
		if err != nil {
			return append(append(records, said...), err.Error())
		}
		p, err := b.Bytes(blk.Off, blk.Len)
		if err != nil {
			t.Fatal(err)
		}
		if blk.First != int64(len(records))+1 {
			t.Fatalf("a block of record %d came after %d records", blk.First, len(records))
		}
		got := strings.Split(strings.TrimSuffix(string(p), string(b.delim)), string(b.delim))
		if int64(len(got)) != blk.Records {
			t.Fatalf("%+v: has %d records", blk, len(got))
		}
		if first := int64(len(got[0])); blk.Len > max(size, first+scanSize) {
			t.Fatalf("%+v: is longer than %d", blk, size)
		}
		records = append(records, got...)
	}
}

// TestBlocksAreTheSource holds blocks against what a Source makes of the same
// file: the same records, and the same to say of them.
func TestBlocksAreTheSource(t *testing.T) {
	texts := []string{
		"a\n", "a", "\n", "\n\n", "a\nb", "a\r\nb\n", "a\nb\r", "a\rb\nc\r\n", "a\n\x00\nb\n", "\x00", "a\nb\x00",
		strings.Repeat("x", 300) + "\n" + "y\n",
		strings.Repeat("long", scanSize) + "\nshort\n" + strings.Repeat("z", 3*scanSize),
		strings.Repeat("x", scanSize-1) + "\r\nnext\n",
	}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		text := make([]byte, 1+r.IntN(400))
		for i := range text {
			text[i] = "aaaaaaaaaaaaab\n\n\n\n\r\r\x00"[r.IntN(21-int(seed%2))]
		}
		texts = append(texts, string(text))
	}
	for _, text := range texts {
		for _, opt := range []Options{{Lines: true}, {Delimiter: []byte{0}}, {Delimiter: []byte("b")}} {
			for _, size := range []int64{1, 7, 64, 1 << 20} {
				want, got := both(t, []byte(text), opt, size)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%.60q, size %d: -source +blocks:\n%s", text, size, diff)
				}
			}
		}
	}
}

// TestBlocksOffset holds that blocks begin where the file is read, and leave
// its offset where reading would have.
func TestBlocksOffset(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "in")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteString("head\na\nb\n")
	f.Seek(5, io.SeekStart)
	b, ok := NewBlocks(NewInput(int(f.Fd())), Options{Lines: true})
	if !ok {
		t.Fatal("no blocks")
	}
	blk, err := b.Next(2)
	if err != nil || blk != (Block{Off: 5, Len: 2, First: 1, Records: 1}) {
		t.Errorf("%+v, %v", blk, err)
	}
	b.Interrupt()
	if _, err := b.Next(2); !errors.Is(err, ErrInterrupted) {
		t.Errorf("after an interrupt: %v", err)
	}
	b.Close()
	if rest, _ := io.ReadAll(f); !bytes.Equal(rest, []byte("b\n")) {
		t.Errorf("what is left to be read is %q", rest)
	}
}

// TestBlocksRefused holds what must be read by a Source.
func TestBlocksRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), "in")
	os.WriteFile(name, []byte("a\n"), 0o600)
	for _, opt := range []Options{{Delimiter: []byte("\r\n")}, {SkipBlank: true}} {
		if _, ok := NewBlocks(openInput(t, name), opt); ok {
			t.Errorf("%+v: blocks", opt)
		}
	}
	os.Truncate(name, 0)
	if _, ok := NewBlocks(openInput(t, name), Options{}); ok {
		t.Error("blocks of a file without a size")
	}
}
