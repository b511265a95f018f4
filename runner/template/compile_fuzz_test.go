package template

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"pmap/startmode"
)

// FuzzCompile compiles any text. What its shell would read with words in place
// of the placeholders, it reads once compiled, and the lines stay.
func FuzzCompile(f *testing.F) {
	for i, s := range []string{
		"f {} \"{.}\" '{/}' `{//}` $({/.}) $(({#})) ${x:-{}}", "cat <<'E'\n{}\nE", "cat <<-E\n\t{}\n\tE\n", "case {} in {}) ;; esac", "a[{}]=1 b=({} [{}]={})",
		"[[ {} -eq {} && -v {} ]]", "declare -i x={}; x={}", "f() { {}; }; f {} >{} 2>&{}", "{{}} {{2}} {2} {= =}", "eval {}; trap {} EXIT; sh -c 'a{}'", "f @({}|'{}') {a,{}} {1..{}}",
		"for {} in {}; do :; done", "let {}; ((x={})); for ((;{};)); do :; done", "\\{} \"\\{}\" $'\\{}'", "f <<{} <<< {}\n{}", "sh -c", "env", "printf -v {}", "$x{} $[{}]", "coproc {} { {}; }",
		"\"${x:-'{}'}\" \"${x:-\"{}\"}\" ${x/{}/{}} ${x:{}:{}} ${x[{}]}", "exec -a {} {}", "! {} &", "time {}", "x=$(cat <<'E'\n{}\nE\n)", "select x in {}; do :; done", "function {} { :; }", "test -v {} -a 1 -eq {}",
	} {
		f.Add(s, uint8(i))
		f.Add(strings.ReplaceAll(s, "{}", "{x.y}"), uint8(i|64))
	}
	shells := []string{"sh", "bash", "ksh", "zsh"}
	known := tools(f, shells)
	f.Fuzz(func(t *testing.T, src string, n uint8) {
		cfg := under(shells[int(n)%len(shells)], src)
		job := newJob("it's $x")
		if n&64 != 0 {
			cfg.Packing.Columns = Columns{Several: true, Names: columnNames}
			job = newRow("it's $x", "", "b")
		}
		if n&128 != 0 {
			cfg.Packing.Mode = Repeat
		}
		cfg.Mode, cfg.Environ = Script, []string{"PATH=" + known}
		tm, err := Compile(cfg)
		var u *UsageError
		if err != nil {
			if !errors.As(err, &u) {
				t.Fatalf("%q: %v", src, err)
			}
			return
		}
		tm.Display(nil, job)
		var argv startmode.Strings
		var je *JobError
		if err := tm.Render(&argv, job); err != nil && !errors.As(err, &je) {
			t.Fatalf("%q: %v", src, err)
		}
		if shell := cfg.Shell[0]; shell == "sh" || shell == "bash" {
			spans, _ := cfg.Packing.scan(src, "")
			plain := strings.ReplaceAll(masked(src, spans), string(stand), "x")
			if reads(shell, plain) && !reads(shell, tm.Compiled()) {
				t.Errorf("%s reads %q, but not %q", shell, src, tm.Compiled())
			}
		}
		if tm.Shell() && strings.Count(src, "\n") != strings.Count(tm.Compiled(), "\n") {
			t.Errorf("%q became %q: the lines moved", src, tm.Compiled())
		}
	})
}

// tools makes stand-ins for programs and returns their directory.
func tools(f *testing.F, names []string) string {
	dir := f.TempDir()
	for _, name := range names {
		writeTool(f, dir, name, 0o755)
	}
	return dir
}

// reads reports whether the shell finds no error in the script, which it
// doesn't run.
func reads(shell, script string) bool {
	return strings.IndexByte(script, 0) < 0 && exec.Command(shell, "-n", "-c", script).Run() == nil
}
