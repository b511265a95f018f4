package cmd

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pmap/chunker"
	"pmap/runner/template"
)

type said struct {
	Status   int
	Out, Err string
}

// pmap runs a whole command line inside the test.
func pmap(t *testing.T, environ []string, input string, args ...string) said {
	t.Helper()
	dir := t.TempDir()
	procs := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(procs)
	if err := os.WriteFile(filepath.Join(dir, "in"), []byte(input), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(name string) *os.File {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	in, out, errs := open("in"), open("out"), open("err")
	defer in.Close()
	defer out.Close()
	defer errs.Close()
	status := Main(Process{
		Name: "pmap", Args: args, Environ: append([]string{"PATH=" + os.Getenv("PATH")}, environ...),
		Stdin: int(in.Fd()), Stdout: int(out.Fd()), Stderr: int(errs.Fd()),
	})
	text := func(f *os.File) string {
		f.Seek(0, io.SeekStart)
		b, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return said{status, text(out), text(errs)}
}

func TestMainPrograms(t *testing.T) {
	noCommand := "pmap: no command. To run each line as a shell command: pmap sh -c < FILE; to print the items: pmap echo\n"
	for _, c := range []struct {
		name  string
		input string
		args  []string
		want  said
	}{
		{"lines", "a b\n\nc", []string{"echo"}, said{0, "a b\n\nc\n", ""}},
		{"values leave stdin unread", "x\n", []string{"echo", ":::", "a", "b"}, said{0, "a\nb\n", ""}},
		{"no values", "x\n", []string{"echo", ":::"}, said{0, "", ""}},
		{"NUL", "a\nb\x00c\x00", []string{"-0", "echo", "[{}]"}, said{0, "[a\nb]\n[c]\n", ""}},
		{"delimiter", "a,b\n", []string{"-d", ",", "printf", "%s;"}, said{0, "a;b\n;", ""}},
		{"end string", "a\nEND\nb\n", []string{"-E", "END", "echo"}, said{0, "a\n", ""}},
		{"attached end string", "a\nEND\nb\n", []string{"-eEND", "echo"}, said{0, "a\n", ""}},
		{"skip blank values", "", []string{"--skip-blank", "echo", ":::", "a", " ", "b"}, said{0, "a\nb\n", ""}},
		{"placeholder of one's own", "", []string{"-I@", "echo", "@{}", ":::", "a"}, said{0, "a{}\n", ""}},
		{"tag", "", []string{"--tag", "echo", "x", ":::", "a"}, said{0, "a\tx a\n", ""}},
		{"tag with -I", "", []string{"--tag", "-I@", "echo", "x@", ":::", "a"}, said{0, "a\txa\n", ""}},
		{"commands", "", []string{"-t", "echo", ":::", "a b"}, said{0, "a b\n", "pmap: echo 'a b'\n"}},
		{"no command", "x\n", nil, said{2, "", noCommand}},
		{"values but no command", "x\n", []string{":::", "a"}, said{2, "", noCommand}},
		{"dry run", "a b\nc\n", []string{"--dry-run", "echo", "{}"}, said{0, "echo 'a b'\necho c\n", ""}},
		{"dry run of what would be refused", "", []string{"--dry-run", "echo $(({}))", ":::", "1", "a[$(x)]\nb"},
			said{0, "echo $((1))\n# refused: \"a[$(x)]\\nb\" isn't an integer, and it stands in arithmetic\n", ""}},
		{"a value that isn't wanted", "", []string{"--tag=x", "echo"}, said{2, "", "pmap: --tag takes no value\n"}},
		{"a NUL among lines", "a\x00\n", []string{"echo"}, said{1, "",
			"pmap: standard input: record 1 holds a NUL: did you mean -0?\npmap: stopped: 0 done; not finished: what was not read\n"}},
		{"failures", "", []string{"-j1", "exit {}", ":::", "3", "0", "3"}, said{123, "",
			"pmap: 2 of 3 failed (2 exit 3); first #1, exit 3: exit 3\n"}},
		{"counted", "", []string{"--exit-status=count", "--quiet", "exit {}", ":::", "3", "0", "3"}, said{2, "", ""}},
		{"quiet", "", []string{"--quiet", "exit {}", ":::", "3"}, said{123, "", ""}},
		{"quiet, not found", "", []string{"--quiet", "./no-such-program", ":::", "3"}, said{127, "", ""}},
		{"report of nothing", "", []string{"report", "no-such-journal"}, said{1, "",
			"pmap: cannot open \"no-such-journal\": no such file or directory\n"}},
	} {
		got := pmap(t, nil, c.input, c.args...)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestNestedJobs(t *testing.T) {
	got := pmap(t, []string{"PMAP_JOBS=1"}, "", "echo $PMAP_JOBS {%}", ":::", "a", "b")
	if got.Status != 0 || strings.Contains(got.Out, " 2") {
		t.Errorf("PMAP_JOBS=1 was not the width: %+v", got)
	}
	got = pmap(t, []string{"PMAP_JOBS=1"}, "", "sh", "-c", `echo $PMAP_JOBS`, ":::", "a")
	if got.Out != "1\n" {
		t.Errorf("a share of the share was not passed on: %+v", got)
	}
	got = pmap(t, []string{"PMAP_JOBS=lots"}, "", "true", ":::", "a")
	if want := "pmap: PMAP_JOBS is \"lots\", which is no number of jobs: not used\n"; got.Err != want {
		t.Errorf("%q, want %q", got.Err, want)
	}
}

// Nothing is written before the command line has passed all checks, and
// nothing is run.
func TestUsageErrorsTouchNothing(t *testing.T) {
	dir := t.TempDir()
	left, ran := filepath.Join(dir, "left"), filepath.Join(dir, "ran")
	for _, args := range [][]string{
		{"--failed-to", left, "-0", "-d", ",", "touch", ran},
		{"--failed-to", left, "--no-such", "touch", ran},
		{"--failed-to", left, "touch", ran, "|", "cat"},
		{"--failed-to", left, "-a", left, "touch", ran},
		{"--failed-to", left, "--stdout", "same", "touch", ran},
		{"--failed-to", left, "--tmpdir", filepath.Join(dir, "none"), "touch", ran},
		{"--failed-to", left, "--stdin", "{=x=}", "touch", ran},
		{"--failed-to", left},
	} {
		if err := os.WriteFile(left, []byte("precious\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		got := pmap(t, nil, "a\n", args...)
		kept, err := os.ReadFile(left)
		if got.Status != exitUsage || err != nil || string(kept) != "precious\n" {
			t.Errorf("%q: %+v, the file is now %q", args, got, kept)
		}
		if _, err := os.Stat(ran); err == nil {
			t.Errorf("%q: the command ran", args)
		}
	}
}

func TestMissingInputRunsNothing(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "left")
	if err := os.WriteFile(left, []byte("precious\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := pmap(t, nil, "", "--failed-to", left, "-a", filepath.Join(dir, "none"), "echo")
	kept, _ := os.ReadFile(left)
	if got.Status != exitFailure || got.Out != "" || string(kept) != "precious\n" || !strings.HasPrefix(got.Err, "pmap: cannot open ") {
		t.Errorf("%+v, the file is now %q", got, kept)
	}
}

func TestFailedTo(t *testing.T) {
	left := filepath.Join(t.TempDir(), "left")
	if err := os.WriteFile(left, []byte("what was there before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := pmap(t, nil, "1\x000\x002\x00", "-0", "-j1", "--quiet", "--failed-to", left, "exit {}")
	kept, err := os.ReadFile(left)
	if err != nil || got.Status != exitJobFailed || string(kept) != "1\x002\x00" {
		t.Errorf("%+v, %q, %v", got, kept, err)
	}
}

func TestExplain(t *testing.T) {
	got := pmap(t, nil, "a b\nc\n", "--explain", "-j1", "echo \"<{}>\"\necho")
	for _, want := range []string{
		`"a b"]`, "\nscript:\n", "\nprogram: /", "PMAP_SEQ=1 PMAP_SLOT=1 PMAP_TRY=1 PMAP_PID=", " PMAP_JOBS=",
		"\nstdin: /dev/null\n", "\nstart method: fork (the default for commands)\n",
	} {
		if !strings.Contains(got.Out, want) {
			t.Errorf("%q is missing in\n%s%s", want, got.Out, got.Err)
		}
	}
	got = pmap(t, nil, "", "--explain", "--stdin", "{}.in", "--stdout", "{}.out", "{}/prog", "<&>", ":::", "x")
	want := said{0, "argv: [\"x/prog\",\"<&>\"]\nprogram: looked up for each job\n" + environmentLine(got.Out) +
		"stdin: x.in\nstdout: x.out\nstart method: fork (the default for commands)\n", ""}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := pmap(t, nil, "", "--explain", "echo"); got != (said{0, "no items: nothing would run\n", ""}) {
		t.Errorf("%+v", got)
	}
}

func environmentLine(text string) string {
	_, rest, _ := strings.Cut(text, "environment: ")
	line, _, _ := strings.Cut(rest, "\n")
	return "environment: " + line + "\n"
}

// A stepSource says what has been printed by the time it is asked to wait.
type stepSource struct {
	items   []string
	printed *strings.Builder
	at      []string // what had been printed when the n-th item was asked for
}

func (s *stepSource) Next() (chunker.Item, error) {
	s.at = append(s.at, s.printed.String())
	if len(s.items) == 0 {
		return chunker.Item{}, errors.New("torn")
	}
	item := chunker.Item{Record: chunker.Record(s.items[0])}
	s.items = s.items[1:]
	return item, nil
}
func (s *stepSource) Ready() bool { return false }
func (s *stepSource) Interrupt()  {}

func TestDryRunPrintsBeforeItWaits(t *testing.T) {
	command, err := template.Compile(template.Config{Words: []string{"echo", "{#}", "{}"}, Environ: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	src := &stepSource{items: []string{"a", "b"}, printed: &out}
	p := &plan{tmpl: command, input: &input{stream: src}}
	if err := p.dryRun(newJobList(p), &out); err == nil || err.Error() != "torn" {
		t.Errorf("error %v, want the source's own", err)
	}
	want := []string{"", "echo 1 a\n", "echo 1 a\necho 2 b\n"}
	if d := cmp.Diff(want, src.at); d != "" {
		t.Error(d)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range completionShells {
		if got := pmap(t, nil, "", "completion", shell); got.Status != 0 || !strings.Contains(got.Out, "__complete") || got.Err != "" {
			t.Errorf("%s: status %d, %d bytes, %q", shell, got.Status, len(got.Out), got.Err)
		}
	}
	if got := pmap(t, nil, "", "completion", "csh"); got.Status != exitUsage || !strings.Contains(got.Err, "bash, zsh, fish") {
		t.Errorf("%+v", got)
	}
	if got := pmap(t, nil, "", "__complete", "--exit-status", ""); !strings.HasPrefix(got.Out, "xargs\ncount\nfirst\n") {
		t.Errorf("%+v", got)
	}
	if got := pmap(t, nil, "", "__complete", "--builtin", ""); !strings.Contains(got.Out, "\nmatch\n") {
		t.Errorf("%+v", got)
	}
	if got := pmap(t, nil, "", "__complete", "completion", ""); !strings.HasPrefix(got.Out, "bash\nzsh\nfish\n:4\n") {
		t.Errorf("%+v", got)
	}
	if got := pmap(t, nil, "", "__complete", "--retr"); !strings.Contains(got.Out, "--retry-delay\t") {
		t.Errorf("%+v", got)
	}
}

func TestAbout(t *testing.T) {
	for _, c := range []struct{ args, begins string }{
		{"-h", "Usage: pmap [OPTION]"}, {"--help", "Usage: pmap [OPTION]"}, {"help", "Usage: pmap [OPTION]"}, {"-V", "pmap " + Version},
		{"-k --version", "pmap "},
	} {
		if got := pmap(t, nil, "", strings.Fields(c.args)...); got.Status != 0 || got.Err != "" || !strings.HasPrefix(got.Out, c.begins) {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
}
