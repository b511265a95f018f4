package template

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pmap/chunker"
	"pmap/startmode"
)

func TestOneWordOrSeveral(t *testing.T) {
	tests := []struct {
		name  string
		words []string
		mode  Mode
		shell bool
	}{
		{"several words are executed as they are", []string{"echo", "$HOME", "a;b"}, Auto, false},
		{"one plain word is a program", []string{"echo"}, Auto, false},
		{"braces make no script", []string{"{}"}, Auto, false},
		{"a blank makes a script", []string{"echo {}"}, Auto, true},
		{"a tab makes a script", []string{"echo\t{}"}, Auto, true},
		{"a newline makes a script", []string{"echo\n{}\n"}, Auto, true},
		{"a pipe makes a script", []string{"echo|cat<{}"}, Auto, true},
		{"a semicolon makes a script", []string{"true;cat<{}"}, Auto, true},
		{"a dollar makes a script", []string{"$1"}, Auto, true},
		{"a quote makes a script", []string{"echo''\"{}\""}, Auto, true},
		{"forced to be a script", []string{"true"}, Script, true},
		{"forced to be words", []string{"echo"}, Argv, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := words(tt.words...)
			cfg.Mode = tt.mode
			if got := mustCompile(t, cfg).Shell(); got != tt.shell {
				t.Errorf("Shell() = %v, want %v", got, tt.shell)
			}
		})
	}
}

func TestScriptBytes(t *testing.T) {
	for _, c := range " \t\n|&;<>()$`\\\"'" {
		if !looksLikeScript("a"+string(c)+"b", nil) {
			t.Errorf("%q makes no script", c)
		}
	}
	for _, s := range []string{"{a,b}", "*", "[a]", "a=b", "~", "{.}", "!", "#", "%", "?"} {
		if looksLikeScript(s, nil) {
			t.Errorf("%q makes a script", s)
		}
	}
	if spans, _ := (&scope{replace: "a b"}).scan("a b c"); looksLikeScript("a b", spans[:1]) {
		t.Error("a blank inside the placeholder makes a script")
	}
}

func TestForcedScriptIsOneWord(t *testing.T) {
	cfg := words("wc", "-l", "a b", "|", "cat")
	cfg.Mode = Script
	wantAll(t, usage(t, cfg), "one word", `pmap --shell "wc -l 'a b' | cat"`)
}

func TestAppending(t *testing.T) {
	tests := []struct {
		name  string
		words []string
		want  []string
	}{
		{"to words", []string{"echo", "a"}, []string{"echo", "a", "ITEM"}},
		{"no -- is put in", []string{"rm"}, []string{"rm", "ITEM"}},
		{"nothing where one stands", []string{"echo", "x{}y"}, []string{"echo", "xITEMy"}},
		{"nothing where {#} stands", []string{"echo", "{#}"}, []string{"echo", "42"}},
		{"nothing where {%} stands", []string{"echo", "{%}"}, []string{"echo", "3"}},
		{"a literal is no placeholder", []string{"echo", "{{}}"}, []string{"echo", "{}", "ITEM"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, render(t, mustCompile(t, words(tt.words...)), "ITEM")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAppendingToScripts(t *testing.T) {
	tests := []struct{ script, want string }{
		{"cat >out", `pmap_item=$1; cat "$pmap_item" >out`},
		{"cat>out", `pmap_item=$1; cat "$pmap_item">out`},
		{">out cat 2>&1", `pmap_item=$1; >out cat "$pmap_item" 2>&1`},
		{"A=b cat $x", `pmap_item=$1; A=b cat $x "$pmap_item"`},
		{"cat $x # {}", `pmap_item=$1; cat $x "$pmap_item" # {}`},
		{"cat $0", `pmap_item=$1; cat $0 "$pmap_item"`},
		{"# {}\ncat $x", "pmap_item=$1; # {}\ncat $x \"$pmap_item\""},
	}
	for _, tt := range tests {
		if got := mustCompile(t, words(tt.script)).Compiled(); got != tt.want {
			t.Errorf("%q\ngot  %s\nwant %s", tt.script, got, tt.want)
		}
	}
	for _, script := range []string{`cat "$1" >o`, `cat "$@" >o`, `cat $* >o`, `cat ${1%x} >o`, `for x; do cat "$x"; done`} {
		if got := mustCompile(t, words(script)).Compiled(); got != script {
			t.Errorf("%q names its parameters, got %q", script, got)
		}
	}
	for _, script := range []string{"a; b", "a | b", "a && b", "! a b", "a b &", "x=1 y=2", "if a; then b; fi", "(a b)", "{ a; }", " ", "# a"} {
		wantAll(t, usage(t, words(script)), "where does the item go? write {}")
	}
	for _, script := range []string{"x={}; echo hi", "echo hi >{}", "cat <<E\n{}\nE", "echo {#} >o"} {
		tm := mustCompile(t, words(script))
		if strings.Contains(tm.Compiled(), `hi "$pmap_item"`) || strings.HasSuffix(tm.Compiled(), `item"`) && !strings.HasSuffix(script, "{}") {
			t.Errorf("%q has a placeholder, and the item was appended: %s", script, tm.Compiled())
		}
	}
}

func TestPlacedElsewhere(t *testing.T) {
	for _, cfg := range []Config{words("cat", "-n"), words("cat -n >o"), words("a; b")} {
		cfg.Placed = true
		if cfg.Words[0] == "cat" {
			if diff := cmp.Diff(cfg.Words, render(t, mustCompile(t, cfg), "ITEM")); diff != "" {
				t.Error(diff)
			}
		} else if got := mustCompile(t, cfg).Compiled(); got != cfg.Words[0] {
			t.Errorf("%q became %q", cfg.Words[0], got)
		}
	}
}

func TestOperatorsAmongWords(t *testing.T) {
	for _, op := range []string{"|", "||", "&&", ">", ">>", "2>", "2>&1", "&>"} {
		got := usage(t, words("grep", "a b", op, "wc"))
		wantAll(t, got, `pmap "grep 'a b' `+op+` wc"`, `pmap --no-shell grep 'a b' '`+op+`' wc`)
		mustCompile(t, words("grep", op, "x"))
		mustCompile(t, words("grep", "x", "-e", op, "x"))
		cfg := words("grep", "x", op, "y")
		cfg.Mode = Argv
		mustCompile(t, cfg)
	}
	for _, op := range []string{";", "<", "&", "+"} {
		mustCompile(t, words("find", "{}", "-exec", "ls", "{}", op))
	}
}

func TestNoCommand(t *testing.T) {
	want := "no command. To run each line as a shell command: pmap sh -c < FILE; to print the items: pmap echo"
	if got := usage(t, Config{}); strings.TrimSpace(got) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestProgramLookup(t *testing.T) {
	dir := tool(t, "tool", 0o755)
	plain := tool(t, "plain", 0o644)
	t.Chdir(dir)
	environ := []string{"PATH=" + plain}
	tests := []struct {
		name   string
		words  []string
		mode   Mode
		status int
		hint   string
	}{
		{"missing", []string{"nosuch", "x"}, Auto, 127, "export -f nosuch"},
		{"empty", []string{"", "x"}, Auto, 127, ""},
		{"with spaces", []string{"wc -l", "x"}, Auto, 127, "holds spaces; as words of their own: pmap wc -l x"},
		{"with spaces, forced", []string{"wc -l"}, Argv, 127, "holds spaces; as a script: pmap 'wc -l'"},
		{"a script and a word", []string{"sleep 0; echo", "{}"}, Auto, 127, "pmap 'sleep 0; echo {}'"},
		{"a script and a constant", []string{"a|tr a", "b"}, Auto, 127, "pmap 'a|tr a b {}'"},
		{"builtin", []string{"cd"}, Auto, 127, "shell builtin: pmap --shell 'cd {}'"},
		{"builtin with a place", []string{"umask", "{}"}, Auto, 127, "shell builtin: pmap --shell 'umask {}'"},
		{"in the directory", []string{"tool", "x"}, Auto, 127, "the file ./tool exists: pmap ./tool x"},
		{"not executable", []string{"plain"}, Auto, 126, ""},
		{"a directory", []string{dir}, Auto, 126, ""},
		{"missing path", []string{"./nosuch"}, Auto, 127, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Compile(Config{Words: tt.words, Mode: tt.mode, Environ: environ})
			var pe *ProgramError
			if !errors.As(err, &pe) {
				t.Fatalf("got error %v, want a program error", err)
			}
			if pe.Status != tt.status {
				t.Errorf("status %d, want %d", pe.Status, tt.status)
			}
			wantAll(t, pe.Hint, tt.hint)
		})
	}
}

func TestLookPath(t *testing.T) {
	dir := tool(t, "tool", 0o755)
	for _, environ := range [][]string{{"PATH=/nowhere:" + dir}, {"PATH=x", "PATH=" + dir}} {
		if got, err := LookPath("tool", environ); got != filepath.Join(dir, "tool") || err != nil {
			t.Errorf("LookPath under %q = %q, %v", environ, got, err)
		}
	}
	t.Chdir(dir)
	if got, err := LookPath("tool", []string{"PATH=:/bin"}); got != "./tool" || err != nil {
		t.Errorf("an empty entry is the current directory: got %q, %v", got, err)
	}
	if _, err := LookPath("sh", nil); err != nil {
		t.Errorf("without PATH: %v", err)
	}
}

func TestProgramWithPlaceholder(t *testing.T) {
	tm := mustCompile(t, words("{}", "x"))
	if tm.Program() != "" {
		t.Errorf("Program() = %q, want none", tm.Program())
	}
	if diff := cmp.Diff([]string{"nosuch", "x"}, render(t, tm, "nosuch")); diff != "" {
		t.Error(diff)
	}
}

func TestShellIsLookedUp(t *testing.T) {
	cfg := under("nosuchshell", "echo {}; x")
	cfg.Environ = []string{"PATH=/usr/bin:/bin"} // not what the user may not look into
	_, err := Compile(cfg)
	var pe *ProgramError
	if !errors.As(err, &pe) || pe.Status != 127 {
		t.Errorf("got %v, want a program error with 127", err)
	}
}

func TestExportedFunction(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	function := `BASH_FUNC_greet%%=() { printf 'hi <%s>' "$@"; }`
	cfg := words("greet", "a b", "{}")
	cfg.Environ = append(cfg.Environ, function)
	tm := mustCompile(t, cfg)
	if tm.Program() != bash || !tm.Shell() {
		t.Errorf("run by %q, shell %v", tm.Program(), tm.Shell())
	}
	cmd := exec.Command(bash)
	cmd.Args, cmd.Env = render(t, tm, "$(x) 'y"), cfg.Environ
	out, err := cmd.Output()
	if want := "hi <a b>hi <$(x) 'y>"; string(out) != want || err != nil {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
	if got := string(tm.Display(nil, newJob("x"))); got != "greet 'a b' x" {
		t.Errorf("displayed as %q", got)
	}
	script := cfg
	script.Words = []string{"greet {} | cat"}
	wantAll(t, usage(t, script), "greet is a function of bash", bashHint)
}

func TestSource(t *testing.T) {
	for want, cfg := range map[string]Config{
		"gzip -9 {}":              words("gzip", "-9", "{}"),
		"echo 'a b' {.} \"it's\"": words("echo", "a b", "{.}", "it's"),
		"'wc -l < {}'":            words("wc -l < {}"),
	} {
		if got := mustCompile(t, cfg).Source(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestReplacementString(t *testing.T) {
	cfg := words("echo", "@@", "{}", "{.}", "{{}}", "{=", "x@@y", "{2}")
	cfg.Replace = "@@"
	want := []string{"echo", "I", "{}", "{.}", "{{}}", "{=", "xIy", "{2}"}
	if diff := cmp.Diff(want, render(t, mustCompile(t, cfg), "I")); diff != "" {
		t.Error(diff)
	}
	cfg = words("printf '%s %s' '{}' @@ >o")
	cfg.Replace = "@@"
	if got, want := mustCompile(t, cfg).Compiled(), `pmap_item=$1; printf '%s %s' '{}' "$pmap_item" >o`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	cfg = words(`echo "$X" >o`)
	cfg.Replace = "X"
	wantAll(t, usage(t, cfg), "right after a $")
}

func TestItemWithNUL(t *testing.T) {
	for _, cfg := range []Config{words("echo"), words("echo {} >o")} {
		var argv startmode.Strings
		var je *JobError
		if err := mustCompile(t, cfg).Render(&argv, newJob("a\x00b")); !errors.As(err, &je) {
			t.Errorf("got %v, want a job error", err)
		}
	}
	if _, err := Compile(words("echo", "a\x00b")); err == nil {
		t.Error("a word with a NUL was taken")
	}
}

func TestForeignShell(t *testing.T) {
	dir := tool(t, "fish", 0o755)
	writeTool(t, dir, "yash", 0o755)
	cfg := under("fish", "echo $argv[1] | cat")
	cfg.Environ = []string{"PATH=" + dir}
	want := []string{"fish", "-c", "echo $argv[1] | cat", "ITEM"}
	if diff := cmp.Diff(want, render(t, mustCompile(t, cfg), "ITEM")); diff != "" {
		t.Error(diff)
	}
	cfg.Shell[0] = "yash"
	want = []string{"yash", "-c", "echo $argv[1] | cat", "yash", "ITEM"}
	if diff := cmp.Diff(want, render(t, mustCompile(t, cfg), "ITEM")); diff != "" {
		t.Error(diff)
	}
	cfg.Words = []string{"echo {} | cat"}
	wantAll(t, usage(t, cfg), "yash takes the item as an argument only", "  echo {} | cat\n       ^")
}

func TestShellOptions(t *testing.T) {
	cfg := under("bash -eo pipefail", "false {} | cat; echo no")
	got := render(t, mustCompile(t, cfg), "x")
	want := []string{"bash", "-eo", "pipefail", "-c", `pmap_item=$1; false "$pmap_item" | cat; echo no`, "bash", "x"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRenderAllocatesNothing(t *testing.T) {
	configs := map[string]Config{
		"argv":   words("echo", "a{.}b", "{/}", "{//}", "{#}", "{%}", "{q}", "{/.}"),
		"script": words("cat < {} > {.}.$(({%}+{#})) '{//}'"),
	}
	job := Job{Slot: 12, Chunk: chunker.Chunk{Seq: 123456, Items: []chunker.Item{{Record: []byte("dir/it's a file.txt")}}}}
	for name, cfg := range configs {
		tm := mustCompile(t, cfg)
		var argv startmode.Strings
		n := testing.AllocsPerRun(100, func() {
			if err := tm.Render(&argv, job); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations per job, want none", name, n)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	tm, err := Compile(words("gzip", "-9", "{}"))
	if err != nil {
		b.Fatal(err)
	}
	var argv startmode.Strings
	job := newJob("some/file.txt")
	b.ReportAllocs()
	for b.Loop() {
		if err := tm.Render(&argv, job); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompileArgv(b *testing.B) {
	cfg := words("gzip", "-9", "{}")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(cfg); err != nil {
			b.Fatal(err)
		}
	}
}
