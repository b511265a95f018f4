package template

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"pmap/chunker"
	"pmap/startmode"
)

// TestNoItem holds that a job without an item gets no word for one, in a
// program as in a script, and that none can be named.
func TestNoItem(t *testing.T) {
	for _, c := range []struct {
		words string
		want  string // the last word
	}{
		{"echo {#}", "3"}, {"echo {{}} a{%}", "a2"}, {"wc -l", "-l"}, {"wc -l | cat", "sh"}, {`echo "$1"`, "sh"}, {"echo {#} {%} | cat", "2"},
	} {
		words := strings.Fields(c.words)
		if strings.ContainsAny(c.words, "|$") {
			words = []string{c.words}
		}
		tmpl, err := Compile(Config{Words: words, Packing: Packing{Mode: None}, Environ: os.Environ()})
		if err != nil {
			t.Fatalf("%s: %v", c.words, err)
		}
		var argv startmode.Strings
		if err := tmpl.Render(&argv, Job{Chunk: chunker.Chunk{Seq: 3}, Slot: 2}); err != nil {
			t.Fatalf("%s: %v", c.words, err)
		}
		if got := argv.Slice(); got[len(got)-1] != c.want {
			t.Errorf("%s: %q, want %s at the end", c.words, got, c.want)
		}
	}
	for text, hint := range map[string]string{
		"{}": "write {{}}", "{2}": "write {{2}}", "{.}": "-I @@", "{//}": "-I @@", "{q}": "-I @@", "{1/}": "-I @@", "{-1}": "-I @@",
	} {
		for _, words := range [][]string{{"echo", "a" + text}, {"echo " + text + "; :"}} {
			_, err := Compile(Config{Words: words, Packing: Packing{Mode: None}, Environ: os.Environ()})
			var u *UsageError
			if !errors.As(err, &u) || !strings.Contains(u.Msg, text+" stands for nothing") || !strings.Contains(u.Hint, hint) {
				t.Errorf("%q: %v", words, err)
			}
		}
	}
	_, err := Compile(Config{Words: []string{"echo", "@"}, Replace: "@", Packing: Packing{Mode: None}, Environ: os.Environ()})
	if u, ok := err.(*UsageError); !ok || !strings.Contains(u.Hint, "leave it out") {
		t.Error(err)
	}
}

// TestNamed holds that an item which has to be named isn't appended.
func TestNamed(t *testing.T) {
	for _, words := range [][]string{{"echo", "a"}, {"echo a"}, {"echo a; :"}} {
		_, err := Compile(Config{Words: words, Named: true, Environ: os.Environ()})
		if u, ok := err.(*UsageError); !ok || !strings.Contains(u.Msg, "where does the item go") {
			t.Errorf("%q: %v", words, err)
		}
	}
	for _, words := range [][]string{{"echo", "{}"}, {"echo {/}"}, {`echo "$1"; :`}} {
		if _, err := Compile(Config{Words: slices.Clone(words), Named: true, Environ: os.Environ()}); err != nil {
			t.Errorf("%q: %v", words, err)
		}
	}
}
