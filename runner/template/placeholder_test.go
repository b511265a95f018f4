package template

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// expand returns the word's value for an item.
func expand(t *testing.T, word, item string) string {
	t.Helper()
	w, err := CompileWord(word, "")
	if err != nil {
		t.Fatalf("cannot compile %q: %v", word, err)
	}
	return string(w.Append(nil, newJob(item)))
}

func TestBraces(t *testing.T) {
	tests := []struct{ word, want string }{
		{"{}", "V"},
		{"a{}b{}c", "aVbVc"},
		{"{1}", "V"},
		{"{{}}", "{}"},
		{"{{1}}", "{1}"},
		{"{{12}}", "{12}"},
		{"{{.Name}} {}", "{{.Name}} V"},
		{"{{ x {} }}", "{{ x {} }}"},
		{"{{.}}{{#}}{{q}}", "{{.}}{{#}}{{q}}"},
		{"{{ {}", "{{ V"},
		{"{{\n{}}}", "{{\nV}}"},
		{"${}", "${}"},
		{"${1}", "${1}"},
		{"${#}", "${#}"},
		{"${{ {} }}", "${{ {} }}"},
		{"${x:-{}}", "${x:-V}"},
		{"%{url}", "%{url}"},
		{"%{q}", "%{q}"},
		{"{q}", "V"},
		{"%{}", "%V"},
		{"{ }", "{ }"},
		{"{a,b}", "{a,b}"},
		{"{1..3}", "{1..3}"},
		{"{0}", "{0}"},
		{"{01}", "{01}"},
		{"{", "{"},
		{"{{", "{{"},
		{"}{", "}{"},
		{"{x}", "{x}"},
		{"", ""},
		{"plain", "plain"},
	}
	for _, tt := range tests {
		if got := expand(t, tt.word, "V"); got != tt.want {
			t.Errorf("%q became %q, want %q", tt.word, got, tt.want)
		}
	}
}

func TestRefusedBraces(t *testing.T) {
	for word, hint := range map[string]string{
		"a{2}b":                  "for a literal {2} write {{2}}",
		"{99999999999999999999}": "write {{99999999999999999999}}",
		"{2.}":                   "choose another placeholder: -I @@",
		"{= $_ =}":               "choose another placeholder: -I @@",
	} {
		_, err := CompileWord(word, "")
		u, ok := err.(*UsageError)
		if !ok {
			t.Errorf("%q: got %v, want a usage error", word, err)
			continue
		}
		wantAll(t, u.Hint, hint)
	}
}

func TestValues(t *testing.T) {
	forms := []string{"{}", "{.}", "{/}", "{//}", "{/.}"}
	tests := []struct {
		item string
		want []string
	}{
		{"a/b.tar.gz", []string{"a/b.tar.gz", "a/b.tar", "b.tar.gz", "a", "b.tar"}},
		{"f", []string{"f", "f", "f", ".", "f"}},
		{"a.b/c", []string{"a.b/c", "a.b/c", "c", "a.b", "c"}},
		{".profile", []string{".profile", "", ".profile", ".", ""}},
		{"d/.x", []string{"d/.x", "d/", ".x", "d", ""}},
		{"/f", []string{"/f", "/f", "f", "/", "f"}},
		{"a/", []string{"a/", "a/", "", ".", ""}},
		{"a/b/", []string{"a/b/", "a/b/", "", "a", ""}},
		{"a//b", []string{"a//b", "a//b", "b", "a", "b"}},
		{"/", []string{"/", "/", "", "/", ""}},
		{"//", []string{"//", "//", "", "/", ""}},
		{"", []string{"", "", "", ".", ""}},
		{"a.", []string{"a.", "a", "a.", ".", "a"}},
		{"x\ny.z/u\nv.w", []string{"x\ny.z/u\nv.w", "x\ny.z/u\nv", "u\nv.w", "x\ny.z", "u\nv"}},
	}
	for _, tt := range tests {
		var got []string
		for _, f := range forms {
			got = append(got, expand(t, f, tt.item))
			if column := strings.Replace(f, "{", "{1", 1); expand(t, column, tt.item) != expand(t, f, tt.item) {
				t.Errorf("%s isn't %s", column, f)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q: %s", tt.item, diff)
		}
	}
	if got := expand(t, "{#} {%}", "x"); got != "42 3" {
		t.Errorf("number and slot are %q", got)
	}
	if got := expand(t, "{q}", "it's"); got != `'it'\''s'` {
		t.Errorf("quoted: %s", got)
	}
}

// TestValuesAsGNUParallel compares with the program that the placeholders
// come from. Its expressions take a newline for the end of the text.
func TestValuesAsGNUParallel(t *testing.T) {
	parallel, err := exec.LookPath("parallel")
	if err != nil {
		t.Skip("no GNU parallel")
	}
	template := []string{"{}", "{.}", "{/}", "{//}", "{/.}", "{#}", "{1}", "{1.}", "{1/}", "{1//}", "{1/.}"}
	args := append([]string{"--will-cite", "-k", "-j1", "printf", `%s\\0`}, template...)
	args = append(args, ":::")
	var want bytes.Buffer
	seq := int64(0)
	for _, item := range append([]string{"a/b/", "/x/y.z", "a//b", "a.b.c/d.e.f", "..", "x/..", "./x", "a.b/"}, hostile...) {
		if strings.Contains(item, "\n") || item == "" {
			continue
		}
		seq++
		args = append(args, item)
		for _, s := range template {
			w, err := CompileWord(s, "")
			if err != nil {
				t.Fatal(err)
			}
			job := newJob(item)
			job.Chunk.Seq = seq
			want.Write(append(w.Append(nil, job), 0))
		}
	}
	cmd := exec.Command(parallel, args...)
	cmd.Env = append(environ(), "HOME="+t.TempDir(), "SHELL=/bin/sh")
	got, err := cmd.Output()
	if err != nil {
		t.Skipf("cannot run GNU parallel: %v", err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("GNU parallel differs:\n%s", cmp.Diff(strings.Split(string(got), "\x00"), strings.Split(want.String(), "\x00")))
	}
}

func TestConstantWord(t *testing.T) {
	for s, want := range map[string]bool{"": true, "a": true, "{{}}": true, "{}": false, "a{#}": false} {
		w, err := CompileWord(s, "")
		if err != nil {
			t.Fatal(err)
		}
		if w.Constant() != want {
			t.Errorf("%q: Constant() = %v, want %v", s, !want, want)
		}
	}
	w, err := CompileWord("{} @", "@")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(w.Append([]byte(">"), newJob("x"))); got != ">{} x" {
		t.Errorf("got %q", got)
	}
}
