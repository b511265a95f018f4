package template

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pmap/startmode"
)

func TestCompiledScripts(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"bare", "wc <{}", `pmap_item=$1; wc <"$pmap_item"`},
		{"in double quotes", `f "a {}"; g`, `pmap_item=$1; f "a ${pmap_item}"; g`},
		{"in single quotes", `f 'a {}'; g`, `pmap_item=$1; f 'a '"$pmap_item"''; g`},
		{"parameters before the columns", "f {.} {#} {}; g", `pmap_noext=$1; pmap_seq=$2; shift 2; pmap_item=$1; f "$pmap_noext" "$pmap_seq" "$pmap_item"; g`},
		{"the columns alone", "f {.}; g $1", `pmap_noext=$1; shift 1; f "$pmap_noext"; g $1`},
		{"the same twice", "f {} {}; g", `pmap_item=$1; f "$pmap_item" "$pmap_item"; g`},
		{"here-document", "cat <<E\n{} $x\nE", "pmap_item=$1; cat <<E\n${pmap_item} $x\nE"},
		{"quoted here-document", "cat <<'E'\n{} $x `y` \\z\nE\n", "pmap_item=$1; cat <<E\n${pmap_item} \\$x \\`y\\` \\\\z\nE\n"},
		{"quoted here-document without one", "cat <<'E' {}\n$x\nE\n", "pmap_item=$1; cat <<'E' \"$pmap_item\"\n$x\nE\n"},
		{"literal in a quoted here-document", "cat <<'E' {}\n$x {{}}\nE\n", "pmap_item=$1; cat <<'E' \"$pmap_item\"\n$x {}\nE\n"},
		{"command substitution", "x=$(f {}) g", `pmap_item=$1; x=$(f "$pmap_item") g`},
		{"backquotes", "x=`f {}` g", "pmap_item=$1; x=`f \"$pmap_item\"` g"},
		{"a default", "f ${x:-{}}; g", `pmap_item=$1; f ${x:-"$pmap_item"}; g`},
		{"a default in quotes", `f "${x:-{}}"; g`, `pmap_item=$1; f "${x:-${pmap_item}}"; g`},
		{"a pattern", `f "${x%{}}"; g`, `pmap_item=$1; f "${x%"$pmap_item"}"; g`},
		{"case", "case {} in a{}) f;; esac", `pmap_item=$1; case "$pmap_item" in a"$pmap_item") f;; esac`},
		{"integers in arithmetic", "f $(({%}-1)); g", `pmap_slot=$1; shift 1; f $((${pmap_slot}-1)); g`},
		{"an item in arithmetic", "f $((5-{})); g", `pmap_item=$1; f $((5-(${pmap_item}))); g`},
		{"assignment", "x={}; f", `pmap_item=$1; x="$pmap_item"; f`},
		{"comments stay", "f {} # {} {.}\ng", "pmap_item=$1; f \"$pmap_item\" # {} {.}\ng"},
		{"functions", "f() { g {}; }; f", `pmap_item=$1; f() { g "$pmap_item"; }; f`},
		{"literal braces", "f {{}} '{{1}}' {}; g", `pmap_item=$1; f '{}' '{1}' "$pmap_item"; g`},
		{"templates stay", "f '{{.Name}} {{ {} }}' {}; g", `pmap_item=$1; f '{{.Name}} {{ {} }}' "$pmap_item"; g`},
		{"beside a name", `f $x{} "$x{}"; g`, `pmap_item=$1; f $x"$pmap_item" "$x${pmap_item}"; g`},
		{"after a backslash in quotes", `f "\{}"; g`, `pmap_item=$1; f "\\${pmap_item}"; g`},
		{"names that the script has", "pmap_item=1; f {}", `pmap__item=$1; pmap_item=1; f "$pmap__item"`},
		{"columns", "f {1} {1/}; g", `pmap_base1=$1; shift 1; pmap_item1=$1; f "$pmap_item1" "$pmap_base1"; g`},
		{"quoted for another shell", "ssh h rm {q}; g", `pmap_quoted=$1; shift 1; ssh h rm "$pmap_quoted"; g`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustCompile(t, words(tt.script)).Compiled(); got != tt.want {
				t.Errorf("%s\ngot  %s\nwant %s", tt.script, got, tt.want)
			}
		})
	}
}

func TestParametersAreTheColumns(t *testing.T) {
	for _, shell := range oracles(t) {
		tm := mustCompile(t, under(shell, `printf '%s,' {.} {#} $# "$1" "$@"; f() { set -- x; shift; printf %s {}; }; f`))
		if got, want := run(t, tm.Program(), render(t, tm, "a.b")...), "a,42,1,a.b,a.b,a.b"; got != want {
			t.Errorf("%s: got %q, want %q", shell, got, want)
		}
	}
}

func TestLineNumbersStay(t *testing.T) {
	tm := mustCompile(t, under("bash", "echo $LINENO {}\n\necho $LINENO"))
	if got := run(t, tm.Program(), render(t, tm, "x")...); got != "1 x\n3\n" {
		t.Errorf("got %q", got)
	}
}

func TestSyntaxThatTheShellLacks(t *testing.T) {
	tests := []struct{ script, mark string }{
		{"[[ -f {} ]]", "  [[ -f {} ]]\n  ^"},
		{"cat <(f {})", "  cat <(f {})\n      ^"},
		{"f {} &>out", "  f {} &>out\n       ^"},
		{"a=(x {})", "  a=(x {})\n    ^"},
		{"f {1..3} {}", "  f {1..3} {}\n    ^"},
		{"f {a,b} {}", "    ^"},
		{"x=1\n\tf {a,{}}", "  \tf {a,{}}\n  \t  ^"},
		{"f $'a' {}", "    ^"},
		{"f $\"a\" {}", "    ^"},
		{"f ${x//a/b} {}", "^"},
		{"f <<< {}", "    ^"},
		{"(({}+1)); f", "  ^"},
		{"f $[{}+1]", "    ^"},
		{"f \"a$[{}+1]\"", "    ^"},
		{"a[{}]=1; f", "  ^"},
		{"function f { g; }; f {}", "^"},
	}
	for _, tt := range tests {
		got := usage(t, words(tt.script))
		wantAll(t, got, tt.mark, bashHint)
		cfg := under("bash", tt.script)
		mustCompile(t, cfg)
	}
	for _, script := range []string{"f '{1..3}' \"{a,b}\" \\{a,b} {}", "cat <<E\n{1..3} $'a' {}\nE", "f {{.X}} {}", "( (f {}) )", "f {} {a}", "x={a,b} f {}"} {
		mustCompile(t, words(script))
	}
	wantAll(t, usage(t, words("if {}; then")), "cannot parse the script", "^")
	wantAll(t, usage(t, under("bash", "f {1..{}}")), "values are put in", "$(seq 1 {})")
}

func TestLongLinesAreCut(t *testing.T) {
	got := usage(t, words(strings.Repeat("x", 200)+" é {2} "+strings.Repeat("y", 200)))
	for line := range strings.Lines(got) {
		if len(line) > 120 {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
}

// TestCodeIsRefused is the rule that no item becomes code of a shell.
func TestCodeIsRefused(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		hint string
	}{
		{"sh -c", words("sh", "-c", "echo {} >o"), `pmap sh -c 'echo "$1" >o' _ {}`},
		{"in quotes", words("sh", "-c", `echo "{.}" '{/}'`), `pmap sh -c 'echo "${1}" '\'''\''"$2"'\'''\''' _ {.} {/}`},
		{"with options", words("bash", "--norc", "-eo", "pipefail", "-c", "echo {}"), `pmap bash --norc -eo pipefail -c 'echo "$1"' _ {}`},
		{"joined options", words("bash", "-lc", "echo {}"), `"$1"`},
		{"behind env", words("env", "A=b", "bash", "-c", "echo {}"), `pmap env 'A=b' bash -c 'echo "$1"' _ {}`},
		{"behind nice", words("nice", "-n", "5", "sh", "-c", "echo {}"), `"$1"`},
		{"behind timeout", words("timeout", "5", "/bin/sh", "-c", "echo {}"), `"$1"`},
		{"with arguments", words("sh", "-c", "echo {} $1", "_", "x"), `give the item as an argument: sh -c '… "$1" …' _ {}`},
		{"find -exec", words("find", "{}", "-exec", "sh", "-c", "echo {}", ";"), `"$1"`},
		{"quoted for the wrong place", words("sh", "-c", `echo "{q}"`), `"`},
		{"eval", words("eval \"f {}\""), `x={}; eval '… "$x" …'`},
		{"eval of all", words("eval {}"), `x={}`},
		{"eval of what is appended", words("eval f"), ``},
		{"command eval", words("command -p eval f {}"), `x={}`},
		{"trap", words("trap 'rm {}' EXIT; f"), `x={}; trap '… "$x" …'`},
		{"alias", words("alias x='f {}'; x"), ``},
		{"sh -c in a script", words("cd /; env sh -c 'echo {} x'"), `env sh -c 'echo "$1" x' _ {}`},
		{"sh -c in double quotes", words(`sh -c "echo {} x"; f`), `"$1"`},
		{"in a substitution", words(`f $(bash -c 'g {}')`), `bash -c 'g "$1"' _ {}`},
		{"name of a variable", under("bash", "printf -v {} x; f"), ""},
		{"declare", under("bash", "declare {}; f"), ""},
		{"declare with a name", words("local {}=1; f"), ""},
		{"unset", under("bash", "unset a[{}]; f"), ""},
		{"read", words("read {} </dev/null; f"), ""},
		{"test -v", under("bash", "[ -v {} ]; f"), ""},
		{"[[ -v", under("bash", "[[ -v a{} ]]; f"), ""},
		{"a loop's name", words("for {} in a; do f; done"), ""},
		{"a function's name", under("bash", "{}() { f; }"), ""},
		{"a delimiter", words("cat <<{}\nx\n{}"), ""},
		{"after a backslash", words(`f \{}; g`), "{{}}"},
		{"quotes in a quoted expansion", words(`f "${x:-"{}"}"`), "x={}"},
		{"single quotes in a quoted expansion", words(`f "${x:-'{}'}"`), "x={}"},
		{"quotes in an expansion in a document", words("cat <<E\n${x:-\"{}\"}\nE"), "x={}"},
		{"a verbatim document in backquotes", words("f `cat <<'E'\n{}\nE\n`"), "$(…)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantAll(t, usage(t, tt.cfg), tt.hint)
		})
	}
}

func TestCodeIsAllowed(t *testing.T) {
	for _, cfg := range []Config{
		words("sh", "-c", "{}"),
		words("env", "sh", "-c", "{}", "x"),
		words("sh", "-c"),
		words("sh", "-c", "echo $1", "_", "{}"),
		words("sh", "-c", "echo {#} $(({%}-1))"),
		words("bash", "{}"),
		words("bash", "-x", "{}", "-c", "a{}"),
		words("echo", "sh", "-c", "a{}"),
		words("sh -c {}; f"),
		words("sh -c '{}' x; f"),
		words("sh -c 'echo {#}'; f"),
		words("eval 'echo {#}'; f"),
		words("trap - INT; f {}"),
		words("trap 'x' {}; f"),
		words("x={}; eval 'f \"$x\"'"),
		words("ssh host 'rm {q}'; f"),
		words("local x={}; export y={}; f"),
		under("bash", "export {}; readonly x={}; f"),
		under("bash", "read x <<< {}; f"),
	} {
		mustCompile(t, cfg)
	}
}

func TestArithmetic(t *testing.T) {
	pwned := "a[$(echo pwned >&2)]"
	scripts := map[string][]string{
		"sh":   {"echo $(({}+1))", "echo $((2*{}))", "echo $((1{}))", `echo $(("{}"))`, "echo $((${x:-{}}))"},
		"bash": {"(({}+1)); f", "let x={}; f", "a[{}]=1; f", "echo ${x:{}:1}", "[[ {} -eq 1 ]]", "declare -i n; n={}", "for ((i=0;i<{};i++)); do f; done", "a=([{}]=1); f", "echo ${a[{}]}"},
	}
	for shell, list := range scripts {
		for _, script := range list {
			tm := mustCompile(t, under(shell, script))
			for item, good := range map[string]bool{"5": true, "-5": true, "+5": true, "007": true, "": false, "-": false, "5 ": false, "x": false, "5\n": false, "--5": false, pwned: false} {
				var argv startmode.Strings
				err := tm.Render(&argv, newJob(item))
				var je *JobError
				if good != (err == nil) || err != nil && !errors.As(err, &je) {
					t.Errorf("%q for %q: %v", script, item, err)
				}
			}
		}
	}
}

// TestNumbersOfPrintf: ksh evaluates what printf converts to a number.
func TestNumbersOfPrintf(t *testing.T) {
	for format, good := range map[string]bool{
		`'%s\n'`: true, `"%s\n"`: true, `%s`: true, `"<%q> %b\t100%%\n"`: true,
		`'%d\n'`: false, `"%d\n"`: false, `"\%%d"`: false, `"%$x"`: false, `"$(f)"`: false,
		`"{}"`: false, `"%"d`: false, `%\d`: false, `$x`: false,
	} {
		cfg := under("ksh", "printf "+format+" {}; f")
		if good {
			mustCompile(t, cfg)
		} else {
			wantAll(t, usage(t, cfg), "where ksh evaluates arithmetic", "$(({}))")
		}
	}
}

func TestSignsInArithmetic(t *testing.T) {
	for _, shell := range oracles(t) {
		tm := mustCompile(t, under(shell, "echo $((3-{})) $((-{})) $(({}*{}))"))
		if got := run(t, tm.Program(), render(t, tm, "-2")...); got != "5 2 4\n" {
			t.Errorf("%s: got %q", shell, got)
		}
	}
}

func TestShellIsSkipped(t *testing.T) {
	dir := tool(t, "tool", 0o755)
	if err := os.WriteFile(dir+"/headless", []byte("echo\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := "PATH=" + dir + ":" + os.Getenv("PATH")
	tests := []struct {
		script string
		shell  string
		env    []string
		want   []string // nil: a shell runs it
	}{
		{`tool -x "{}" 'a b'{.}`, "sh", nil, []string{"tool", "-x", "i.x", "a bi"}},
		{`tool -x "{}"`, "bash", nil, []string{"tool", "-x", "i.x"}},
		{`tool -x`, "sh", nil, []string{"tool", "-x", "i.x"}},
		{`tool '$x' "{{}}" {}`, "sh", nil, []string{"tool", "$x", "{}", "i.x"}},
		{`tool -x # {.}`, "sh", nil, []string{"tool", "-x", "i.x"}},
		{`"tool" --a=b {}`, "sh", nil, []string{"tool", "--a=b", "i.x"}},
		{`echo "{}"`, "sh", nil, nil},
		{`tool {} >x`, "sh", nil, nil},
		{`A=b tool {}`, "sh", nil, nil},
		{`tool {} *`, "sh", nil, nil},
		{`tool {} ~`, "sh", nil, nil},
		{`tool {} $x`, "sh", nil, nil},
		{`tool {} "$x"`, "sh", nil, nil},
		{`tool {} \a`, "sh", nil, nil},
		{`tool {} &`, "sh", nil, nil},
		{`! tool {}`, "sh", nil, nil},
		{`tool {}; tool`, "sh", nil, nil},
		{`too{}l x`, "sh", nil, nil},
		{`nosuchtool {}`, "sh", nil, nil},
		{`headless {}`, "sh", nil, nil},
		{`tool {}`, "zsh", nil, nil},
		{`tool {}`, "bash -x", nil, nil},
		{`tool {}`, "bash", []string{"BASH_ENV=x"}, nil},
		{`tool {}`, "bash", []string{"BASH_FUNC_tool%%=() { :; }"}, nil},
		{`tool {a,b} {}`, "bash", nil, nil},
	}
	for _, tt := range tests {
		cfg := under(tt.shell, tt.script)
		cfg.Environ = append(tt.env, path)
		if _, err := exec.LookPath(cfg.Shell[0]); err != nil {
			continue
		}
		tm := mustCompile(t, cfg)
		if tm.Shell() != (tt.want == nil) {
			t.Errorf("%s: %s: Shell() = %v", tt.shell, tt.script, tm.Shell())
			continue
		}
		if tt.want != nil {
			if diff := cmp.Diff(tt.want, render(t, tm, "i.x")); diff != "" {
				t.Errorf("%s: %s", tt.script, diff)
			}
		}
	}
}

// TestNestedCode holds that the words of an inner pmap or parallel are known
// for code, wherever they stand, and that its items and options aren't.
func TestNestedCode(t *testing.T) {
	dir := tool(t, "pmap", 0o755)
	for _, name := range []string{"parallel", "sudo", "docker"} {
		writeTool(t, dir, name, 0o755)
	}
	const nested = "inside the command of "
	for _, script := range []string{
		`seq 1 | pmap "echo {}"`, `pmap -j2 'x-{.}'`, `sudo -u me pmap 'echo {}'; :`, `env A=1 nice -n 5 /bin/pmap 'a {}'; :`,
		`find . -exec pmap 'a {}' ';'`, `pmap --shell='sh {}' a`, `command pmap "{}{}"`, `seq 1 | parallel echo {}`,
		`seq 1 | parallel -j2 gzip -{}`, `parallel --tagstring {} echo ::: 1`, `docker exec box parallel {} ::: 1`, `parallel echo`,
		`xargs parallel -a list x{}`,
	} {
		wantAll(t, usage(t, under("sh", script)), nested)
	}
	for _, argv := range [][]string{
		{"pmap", "echo {}"}, {"env", "X=1", "pmap", "echo {}"}, {"timeout", "{}", "pmap", "a-{}"}, {"parallel", "echo"},
		{"nice", "parallel", "{}"}, {"pmap", "--stdin", "{}", "cat {}"},
	} {
		wantAll(t, usage(t, words(argv...)), nested)
	}
	for _, script := range []string{
		`pmap -a {} "gzip {{}}"`, `pmap -a list/{} "gzip {{}}"`, `pmap --arg-file={}.txt echo`, `pmap echo ::: {} x{}`, `pmap {} ::: 1; :`,
		`pmap echo`, `pmap echo {#}-x`, `parallel -a {} echo`, `parallel echo ::: {} x{}`, `cp pmap {}.old; :`, `env cp parallel {}; :`,
		`find . -name parallel -newer {}; :`, `pmap --tagstring 'x {}' echo`, `pmap --journal {}.jsonl echo`, `pmap --wd sub/{} -C '{},' echo`,
	} {
		cfg := under("sh", script)
		cfg.Environ = append(cfg.Environ, "PATH="+dir+":/bin:/usr/bin")
		mustCompile(t, cfg)
	}
}
