package template

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// echoed returns what the shells make of text as the arguments of printf.
func echoed(t interface{ Fatalf(string, ...any) }, shell, text string) string {
	cmd := exec.Command(shell, "-c", `printf '%s\0' `+text)
	cmd.Env = environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %q: %v: %s", shell, text, err, out)
	}
	return string(out)
}

func TestQuoteLooks(t *testing.T) {
	for s, want := range map[string]string{
		"":              "''",
		"a":             "a",
		"a/b-c_d.e:f,g": "a/b-c_d.e:f,g",
		"--in=a":        "--in=a",
		"a=b":           "'a=b'",
		"a b":           "'a b'",
		"it's":          `'it'\''s'`,
		"if":            "'if'",
		"~":             "'~'",
		"\xff":          "'\xff'",
	} {
		if got := string(Quote(nil, []byte(s))); got != want {
			t.Errorf("Quote(%q) = %s, want %s", s, got, want)
		}
	}
}

func TestQuoteInShells(t *testing.T) {
	var text, want strings.Builder
	for _, item := range hostile {
		text.Write(append(Quote(nil, []byte(item)), ' '))
		want.WriteString(item + "\x00")
	}
	for _, shell := range oracles(t) {
		if got := echoed(t, shell, text.String()); got != want.String() {
			t.Errorf("%s: got %q, want %q", shell, got, want.String())
		}
	}
}

func TestQuoteAnything(t *testing.T) {
	shells := oracles(t)
	rapid.Check(t, func(t *rapid.T) {
		lists := rapid.SliceOfN(rapid.SliceOf(rapid.ByteRange(1, 255)), 1, 50).Draw(t, "words")
		shell := rapid.SampledFrom(shells).Draw(t, "shell")
		var text, want []byte
		for _, w := range lists {
			text = append(Quote(text, w), ' ')
			want = append(append(want, w...), 0)
		}
		if got := echoed(t, shell, string(text)); got != string(want) {
			t.Fatalf("%s: got %q, want %q", shell, got, want)
		}
	})
}

func FuzzQuote(f *testing.F) {
	for _, item := range hostile {
		f.Add([]byte(item))
	}
	f.Fuzz(func(t *testing.T, item []byte) {
		if bytes.IndexByte(item, 0) >= 0 {
			t.Skip("no argument")
		}
		for _, shell := range []string{"sh", "bash"} {
			if got := echoed(t, shell, string(Quote(nil, item))); got != string(item)+"\x00" {
				t.Errorf("%s: got %q, want %q", shell, got, item)
			}
		}
	})
}
