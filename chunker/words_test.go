package chunker

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// words reads all words; a word that ends a line gets a newline.
func words(w *Words, limit int) (found []string, err error) {
	for {
		word, err := w.Next(limit)
		if err != nil {
			return found, err
		}
		text := string(word.Bytes)
		if word.EndsLine {
			text += "\n"
		}
		found = append(found, text)
	}
}

func TestWords(t *testing.T) {
	lines, comma := WordOptions{Lines: true}, WordOptions{Delimited: true, Delimiter: ','}
	end := WordOptions{End: []byte("end")}
	tests := []struct {
		name, input string
		opt         WordOptions
		limit       int
		want        []string
		err         error
	}{
		{name: "blanks", input: " a\tb  c\n\n d \n e", want: []string{"a", "b", "c\n", "d", "e"}},
		{name: "quotes", input: `'a b'"c'd" \'e` + "\n", want: []string{"a bc'd", "'e\n"}},
		{name: "escaped newline", input: "a\\\nb\n", want: []string{"a\nb\n"}},
		{name: "escaped blank before a newline", input: "a\\ \nb\n", want: []string{"a ", "b\n"}},
		{name: "empty quotes", input: "'' a \"\"\n''", want: []string{"", "a", "\n"}},
		{name: "backslash at the end", input: `a\`, want: []string{"a"}},
		{name: "unmatched single", input: "a 'b\n'", want: []string{"a"}, err: &QuoteError{'\''}},
		{name: "unmatched double", input: `"b`, err: &QuoteError{'"'}},
		{name: "long", input: "abc abcd", limit: 3, want: []string{"abc"}, err: ErrLongWord},
		{name: "long in quotes", input: `"a b c"`, limit: 4, err: ErrLongWord},
		{name: "lines", input: "  a b \n\n'c  d'\n", opt: lines, want: []string{"a b ", "c  d\n"}},
		{name: "end", input: "a b end c\n", opt: end, want: []string{"a", "b"}},
		{name: "end without a newline", input: "a\nend", opt: end, want: []string{"a\n"}},
		{name: "end cut off in a line", input: "a end", opt: end, want: []string{"a", "end"}},
		{name: "delimiter", input: "a, 'b,,c", opt: comma, want: []string{"a\n", " 'b\n", "\n", "c"}},
		{name: "long and delimited", input: "ab,abc", opt: comma, limit: 2, want: []string{"ab\n"}, err: ErrLongWord},
		{name: "NUL", input: "a\x00b c", want: []string{"a\x00b", "c"}},
	}
	for _, tt := range tests {
		for _, size := range []int{1, 2, 3, 100} {
			limit := max(tt.limit, 1)
			if tt.limit == 0 {
				limit = 100
			}
			warned := 0
			w := newWords(&pieces{input: tt.input, sizes: []int{size}}, "in", 64, tt.opt, func() { warned++ })
			got, err := words(w, limit)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s, reads of %d: -want +got\n%s", tt.name, size, diff)
			}
			want := tt.err
			if want == nil {
				want = io.EOF
			}
			if err.Error() != want.Error() {
				t.Errorf("%s, reads of %d: %v, want %v", tt.name, size, err, want)
			}
			if nul := strings.Contains(tt.input, "\x00"); nul != w.NULs() || nul != (warned == 1) {
				t.Errorf("%s, reads of %d: NULs %v, %d warnings", tt.name, size, w.NULs(), warned)
			}
		}
	}
}

func TestWordsReadErrors(t *testing.T) {
	boom := errors.New("boom")
	got, err := words(newWords(&pieces{input: "a 'b", err: boom}, "the input", 64, WordOptions{}, nil), 10)
	if !slices.Equal(got, []string{"a"}) || !errors.Is(err, boom) || err.Error() != "cannot read the input: boom" {
		t.Errorf("%q, %v", got, err)
	}
	w := newWords(&pieces{input: "a b"}, "in", 64, WordOptions{}, nil)
	if _, err := w.Next(10); err != nil {
		t.Fatal(err)
	}
	w.Interrupt()
	if word, err := w.Next(10); err != ErrInterrupted {
		t.Errorf("%q, %v", word.Bytes, err)
	}
}

// The words don't depend on the sizes of reads and of the buffer.
func FuzzWords(f *testing.F) {
	f.Add("a 'b c'\n\\d \"e\n", []byte{1, 3}, uint8(5), uint8(0))
	f.Add("a,b\x00,,c", []byte{2}, uint8(1), uint8(1))
	f.Add("  x y \n end\n z", []byte{9}, uint8(64), uint8(2))
	f.Fuzz(func(t *testing.T, input string, sizes []byte, buffer, mode uint8) {
		opt := []WordOptions{{}, {Delimited: true, Delimiter: ','}, {Lines: true}, {End: []byte("end")}}[mode%4]
		in := &pieces{input: input}
		for _, n := range sizes {
			in.sizes = append(in.sizes, int(n))
		}
		limit := 1 + int(buffer)*3
		want, wantErr := words(newWords(&pieces{input: input}, "in", 1<<16, opt, nil), limit)
		got, err := words(newWords(in, "in", 1+int(buffer), opt, nil), limit)
		if !slices.Equal(want, got) || err.Error() != wantErr.Error() {
			t.Errorf("%q: %q, %v; in one piece %q, %v", input, got, err, want, wantErr)
		}
	})
}
