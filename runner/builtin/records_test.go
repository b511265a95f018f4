package builtin

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// recordWorkers are the workers whose items are records, with arguments that
// take each of their ways.
var recordWorkers = [][]string{
	{"upper"}, {"lower"},
	{"match", "b"}, {"match", "^b*$"}, {"match", "bb."}, {"match", "(?i)Ab"}, {"match", ""}, {"match", `\n`}, {"match", "b\na"}, {"match", "é"},
	{"replace", "b", "<$0>"}, {"replace", "^", "> "}, {"replace", "b*", "-"}, {"replace", "bb(.)", "$1$1$$"}, {"replace", "$", ";"}, {"replace", "é", ""},
}

// TestBlocksAreTheRecords holds that a worker makes of a block what it makes
// of the records.
func TestBlocksAreTheRecords(t *testing.T) {
	texts := []string{"\n", "a", "abc\n", "abc\nbbc", "\n\n", "a\x00b\nB\xff\n\xc3\xa9b\n", strings.Repeat("xyzb", 100) + "\n" + "b"}
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 2))
		text := make([]byte, 1+r.IntN(200))
		for i := range text {
			text[i] = "aabbbABzZ@[`{\x00\x7f\x80\xe1\xfa\n\n"[r.IntN(20)]
		}
		texts = append(texts, string(text))
	}
	for _, words := range recordWorkers {
		for _, delim := range []string{"\n", "\x00", "b", "B"} {
			f, err := New(words, []byte(delim))
			if err != nil {
				t.Fatal(err)
			}
			blocks := NewBlocks(words, []byte(delim))
			for _, text := range texts {
				var want Result
				for rec := range bytes.SplitSeq(trimByte([]byte(text), delim[0]), []byte(delim)) {
					if f(rec, &want) != 0 {
						t.Fatalf("%q: %q failed", words, rec)
					}
				}
				before := "kept"
				if got := blocks([]byte(before), []byte(text)); string(got) != before+string(want.Out) {
					t.Fatalf("%q, %q, delimiter %q: blocks %q, records %q", words, text, delim, got, want.Out)
				}
			}
		}
	}
	if NewBlocks([]string{"upper"}, []byte("\r\n")) != nil || NewBlocks([]string{"wc"}, []byte("\n")) != nil {
		t.Error("blocks where there can't be any")
	}
}

// everyByte is all bytes, in lines of every length up to 20.
func everyByte() []byte {
	var b []byte
	for n := range 20 {
		for c := range 256 {
			if c != '\n' {
				b = append(b, bytes.Repeat([]byte{byte(c)}, n)...)
			}
			if c%7 == 0 {
				b = append(b, '\n')
			}
		}
	}
	return append(b, '\n')
}

// TestLettersAreTr holds upper and lower against tr in the C locale.
func TestLettersAreTr(t *testing.T) {
	for name, sets := range map[string][]string{"upper": {"a-z", "A-Z"}, "lower": {"A-Z", "a-z"}} {
		cmd := exec.Command("tr", sets...)
		cmd.Env, cmd.Stdin = []string{"LC_ALL=C"}, bytes.NewReader(everyByte())
		want, err := cmd.Output()
		if err != nil {
			t.Skip("no tr: ", err)
		}
		if got := NewBlocks([]string{name}, []byte("\n"))(nil, everyByte()); !bytes.Equal(got, want) {
			t.Errorf("%s differs from tr", name)
		}
	}
}

// TestMatchIsGrep holds match against grep -E, where both read an expression
// the same way.
func TestMatchIsGrep(t *testing.T) {
	text := everyByte()
	text = bytes.ReplaceAll(text, []byte{0}, nil)
	for _, re := range []string{"a", "^a+$", "aab?a", "[0-9]{3}", "x|y", "^$", "ZZ."} {
		cmd := exec.Command("grep", "-aE", re)
		cmd.Env, cmd.Stdin = []string{"LC_ALL=C"}, bytes.NewReader(text)
		want, err := cmd.Output()
		if err != nil {
			t.Skip("no grep: ", err)
		}
		if got := NewBlocks([]string{"match", re}, []byte("\n"))(nil, text); !bytes.Equal(got, want) {
			t.Errorf("match %s differs from grep", re)
		}
	}
}

// TestReplaceIsRegexp holds replace against a plain loop over the lines.
func TestReplaceIsRegexp(t *testing.T) {
	text := everyByte()
	for _, pair := range [][2]string{{"a", "<$0>"}, {"a*", "-"}, {"(a)(a)", "$2${1}b"}, {"^", "> "}, {"x$", ""}} {
		re := regexp.MustCompile(pair[0])
		var want []byte
		for line := range bytes.Lines(text) {
			want = append(append(want, re.ReplaceAll(trimByte(line, '\n'), []byte(pair[1]))...), '\n')
		}
		if got := NewBlocks([]string{"replace", pair[0], pair[1]}, []byte("\n"))(nil, text); !bytes.Equal(got, want) {
			t.Errorf("replace %q differs", pair)
		}
	}
}

// TestRefused holds that each worker says what it takes.
func TestRefused(t *testing.T) {
	for _, words := range [][]string{{"nope"}, {"upper", "x"}, {"match"}, {"match", "("}, {"match", "a", "b"}, {"replace", "a"}, {"replace", "(", "b"}, {"wc", "-l"}, {"sha256sum", "-b"}} {
		if _, err := New(words, []byte("\n")); err == nil {
			t.Errorf("%q is taken", words)
		}
	}
}
