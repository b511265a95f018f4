package template

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pmap/chunker"
	"pmap/startmode"
)

// jobOf is a job of several items.
func jobOf(items ...string) Job {
	job := Job{Chunk: chunker.Chunk{Seq: 7}, Slot: 2}
	for i, s := range items {
		job.Chunk.Items = append(job.Chunk.Items, chunker.Item{Seq: int64(i + 1), Record: chunker.Record(s)})
	}
	return job
}

func compilePacked(p Packing, words ...string) (*Template, error) {
	return Compile(Config{Words: words, Environ: os.Environ(), Packing: p})
}

func TestPackedWords(t *testing.T) {
	ab := []string{"d/a.x", "b c"}
	for _, c := range []struct {
		packing Packing
		words   string
		items   []string
		want    []string
	}{
		{Packing{Mode: Repeat}, "echo", ab, []string{"echo", "d/a.x", "b c"}},
		{Packing{Mode: Repeat}, "echo {} end", ab, []string{"echo", "d/a.x", "b c", "end"}},
		{Packing{Mode: Repeat}, "echo --in={} {}", ab, []string{"echo", "--in=d/a.x", "--in=b c", "d/a.x", "b c"}},
		{Packing{Mode: Repeat}, "echo {}={/.}", ab, []string{"echo", "d/a.x=a", "b c=b c"}},
		{Packing{Mode: Repeat}, "echo {#} {%}", ab, []string{"echo", "7", "2"}},
		{Packing{Mode: Repeat}, "echo {#}-{}", ab, []string{"echo", "7-d/a.x", "7-b c"}},
		{Packing{Mode: Repeat}, "echo {2} {1/}", ab, []string{"echo", "b c", "a.x"}},
		{Packing{Mode: Repeat}, "echo {2}={}", ab, []string{"echo", "b c=d/a.x", "b c=b c"}},
		{Packing{Mode: Repeat}, "echo {q}", ab, []string{"echo", "d/a.x", "'b c'"}},
		{Packing{Mode: Repeat}, "echo {{}}", ab, []string{"echo", "{}", "d/a.x", "b c"}},
		{Packing{Mode: Repeat, Most: 3, Pad: true}, "echo {} [{}] {3}", ab, []string{"echo", "d/a.x", "b c", "", "[d/a.x]", "[b c]", "[]", ""}},
		{Packing{Mode: Splice}, "echo", ab, []string{"echo", "d/a.x", "b c"}},
		{Packing{Mode: Splice}, "echo --in={}; {}", ab, []string{"echo", "--in=d/a.x", "b c;", "d/a.x", "b c"}},
		{Packing{Mode: Splice}, "echo {}+{/}", ab, []string{"echo", "d/a.x", "b c+a.x", "b c"}},
		{Packing{Mode: Splice}, "echo <{}>", ab[:1], []string{"echo", "<d/a.x>"}},
		{Packing{Mode: Splice}, "echo {2} {#}{}", ab, []string{"echo", "b c", "7d/a.x", "b c"}},
	} {
		tmpl, err := compilePacked(c.packing, strings.Fields(c.words)...)
		if err != nil {
			t.Errorf("%s: %v", c.words, err)
			continue
		}
		var argv startmode.Strings
		if err := tmpl.Render(&argv, jobOf(c.items...)); err != nil {
			t.Errorf("%s: %v", c.words, err)
		}
		if d := cmp.Diff(c.want, argv.Slice()); d != "" {
			t.Errorf("%s: %s", c.words, d)
		}
		want := string(quoteAll(c.want))
		if got := string(tmpl.Display(nil, jobOf(c.items...))); got != want {
			t.Errorf("%s: displayed as %s, want %s", c.words, got, want)
		}
	}
}

func quoteAll(words []string) (dst []byte) {
	for i, w := range words {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = Quote(dst, []byte(w))
	}
	return dst
}

func TestPackedTag(t *testing.T) {
	for text, want := range map[string]string{"{}": "a b", "<{}>": "<a> <b>", "{1}": "a", "x{2}y": "xby", "{#}": "7"} {
		w, err := Packing{Mode: Repeat}.CompileWord(text, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := string(w.Append(nil, jobOf("a", "b"))); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestPackedRefusals(t *testing.T) {
	three := Packing{Mode: Repeat, Most: 3}
	for words, want := range map[string]string{
		"{} x":                       "several items can't be the program",
		"echo {4}":                   "{4} is beyond the items: a job has 3",
		`echo "{}"; :`:               "can't stand in quotes",
		`echo '{}'; :`:               "can't stand in quotes",
		`echo x{}; :`:                "has to be a word by itself",
		`echo {}{}; :`:               "has to be a word by itself",
		`x={}; echo $x`:              "has to be a word by itself",
		`cat > {}; :`:                "has to be a word by itself",
		"cat <<E\n{}\nE\n":           "has to be a word by itself",
		`echo $(({})); :`:            "has to be a word by itself",
		`echo {.}; :`:                "a script takes only {}",
		`f() { echo {}; }; f`:        "can't be named inside a function",
		`set -- x; echo {}`:          "set would change what {}",
		`shift; echo {}`:             "shift would change what {}",
		`test {}; :`:                 "test would understand several values",
		`[ {} ]; :`:                  "[ would understand several values",
		`printf {}; :`:               "printf would understand several values",
		`unset {}; :`:                "",
		`test -e`:                    "test would understand several values",
		`command {}; :`:              "several values can't be the program",
		`echo a; {}`:                 "several values can't be the program",
		`export {}; :`:               "",
		`sh -c "echo {}"; :`:         "",
		`f() { shift; }; f x; cd {}`: "-",
		`set -e; rm {}`:              "-",
		`printf '%s\n' {}; :`:        "-",
	} {
		list := []string{words}
		if !strings.ContainsAny(words, ";'\"") && !strings.Contains(words, "\n") && words != "test -e" {
			list = strings.Fields(words)
		}
		_, err := compilePacked(three, list...)
		switch u, ok := err.(*UsageError); {
		case want == "-":
			if err != nil {
				t.Errorf("%s: refused: %v", words, err)
			}
		case !ok || !strings.Contains(u.Msg, want):
			t.Errorf("%s: %v, want %q", words, err, want)
		case want != "" && u.Hint == "":
			t.Errorf("%s: no hint", words)
		}
	}
}

func TestPackedJobErrors(t *testing.T) {
	tmpl, err := compilePacked(Packing{Mode: Repeat, Most: 3}, "echo", "{2}")
	if err != nil {
		t.Fatal(err)
	}
	var argv startmode.Strings
	for items, want := range map[string]string{
		"a":         "{2} is missing: the job has 1 of the items",
		"a,b":       "",
		"a,b\x00,c": "item 2 holds a NUL",
	} {
		err := tmpl.Render(&argv, jobOf(strings.Split(items, ",")...))
		if want == "" && err == nil {
			continue
		}
		if _, ok := err.(*JobError); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", items, err, want)
		}
	}
}

// anyItems draws items that a shell could take for something else.
func anyItems(t *rapid.T) []string {
	special := []string{"", "-n", "a b", "$(echo no)", "`no`", "'", `"`, "\\", "*", "\n", "~", "é", "\xff", "{}", "a;b", "$1"}
	return rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(special), rapid.StringMatching(`[ -~]{0,8}`)), 1, 12).Draw(t, "items")
}

// TestPackedScripts holds what a script of several items prints, and what its
// display does, against the items themselves.
func TestPackedScripts(t *testing.T) {
	for _, script := range []string{
		`printf '%s\0' {}; :`,
		`printf '%s\0'`,
		`for f in {}; do printf '%s\0' "$f"; done`,
		`(printf '%s\0' {}) | cat`,
		`f() { shift; printf '%s\0' "$@"; }; f no {}`,
		`x=$(printf '%s' no {} >/dev/null); set -e; printf '%s\0' {}`,
		`printf '%s\0' "$@"`,
	} {
		tmpl, err := compilePacked(Packing{Mode: Repeat}, script)
		if err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(t *rapid.T) {
			items := anyItems(t)
			var argv startmode.Strings
			if err := tmpl.Render(&argv, jobOf(items...)); err != nil {
				t.Fatal(err)
			}
			want := strings.Join(items, "\x00") + "\x00"
			words := argv.Slice()
			prints(t, want, tmpl.Program(), words[1:]...)
			if !strings.Contains(script, "$@") {
				prints(t, want, "/bin/sh", "-c", string(tmpl.Display(nil, jobOf(items...))))
			}
		})
	}
}

func prints(t *rapid.T, want, program string, args ...string) {
	out, err := exec.Command(program, args...).Output()
	if err != nil || string(out) != want {
		t.Fatalf("%s %q: %v, printed %q, want %q", program, args, err, out, want)
	}
}

// TestPackedCost holds what the packer is told of a command's size against the
// argv that comes out.
func TestPackedCost(t *testing.T) {
	commands := [][]string{
		{"echo"}, {"echo", "{}", "end"}, {"echo", "--in={}", "{/}={.}"}, {"echo", "{q}", "{//}"}, {"echo", "{1}", "{3.}"},
		{"echo {}; echo more"}, {"echo {2}; echo {}"},
	}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SampledFrom(commands).Draw(t, "words")
		mode := rapid.SampledFrom([]PackMode{Repeat, Splice}).Draw(t, "mode")
		tmpl, err := compilePacked(Packing{Mode: mode, Pad: true, Most: 3}, words...)
		if err != nil {
			t.Fatal(err)
		}
		items := anyItems(t)
		for len(items) < 3 {
			items = append(items, "x")
		}
		job := jobOf(items...)
		cost := tmpl.Fixed()
		measure := tmpl.measure()
		for i := range job.Chunk.Items {
			c := chunker.Cost{Bytes: len(items[i]) + 1, Words: 1}
			if measure != nil {
				c = measure(&job.Chunk.Items[i], i)
			}
			cost.Bytes += c.Bytes
			cost.Words += c.Words
		}
		var argv startmode.Strings
		if err := tmpl.Render(&argv, job); err != nil {
			t.Fatal(err)
		}
		if cost.Bytes != argv.Bytes() || cost.Words != argv.Len() {
			t.Fatalf("%q, %q: %d bytes in %d words, and the packer thinks %d in %d", words, items, argv.Bytes(), argv.Len(), cost.Bytes, cost.Words)
		}
	})
}

// Items are laid out without an allocation for each.
func TestPackedRenderAllocatesNothing(t *testing.T) {
	job := jobOf(slices.Repeat([]string{"123456"}, 5000)...)
	for _, words := range [][]string{{"echo"}, {"echo", "--in={}"}} {
		tmpl, err := compilePacked(Packing{Mode: Repeat}, words...)
		if err != nil {
			t.Fatal(err)
		}
		var argv startmode.Strings
		render := func() {
			if err := tmpl.Render(&argv, job); err != nil {
				t.Fatal(err)
			}
		}
		render()
		if n := testing.AllocsPerRun(10, render); n > 5 {
			t.Errorf("%q: %.0f allocations for %d items", words, n, len(job.Chunk.Items))
		}
	}
}
