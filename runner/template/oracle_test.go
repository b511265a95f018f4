package template

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"pmap/chunker"
	"pmap/startmode"
)

// hostile are items that break naive quoting, each in its own way.
var hostile = []string{
	"", " ", "a", "a b", "  two  blanks  ", "it's", `say "hi"`, "$(echo pwned)", "`echo pwned`", "${HOME}", "$HOME", `\`, `\\`, `a\`,
	`\n\t\0`, "-n", "-rf", "--", "*", "?", "[a-z]*", "~", "~root", "a\nb", "\n", "a\n", "\n\n", "x;y", "x&", "x|y", "<x>y", "(x)", "{}", "{a,b}",
	"{1..3}", "#x", "a#", "!", "!!", "a=b", "=x", "%s", "%d\\n", "\xff\xfe", "\x80\x81\x82\x88", "\x01\x02", "\t\ttab", "EOF", "EOF\nx", "\tEOF",
	"it's \"both\" $x `y`", "if", "done", "esac", "}", "${x:-y}", "'", `"`, "''", `'"'"'`, "é", "日本", "a/b.c/d.e", "/", "//", ".", "..", "a.", ".a", "dir/.x",
	"a[$(echo pwned >&2)]", "1", "-5", "+7", "08", "99", "@", "a@b", "a:b", "a,b", "^x", "x\r", "\r\n",
}

// newJob is the job that an item alone makes.
func newJob(item string) Job {
	return Job{
		Slot:  3,
		Chunk: chunker.Chunk{Seq: 42, Items: []chunker.Item{{Seq: 42, Record: chunker.Record(item)}}},
	}
}

// A maker writes a random script and knows what it prints for an item. Its
// choices come from a list of bytes, so that a fuzzer can steer them.
type maker struct {
	choices []byte
	item    string   // or its first column
	columns []string // nil: the item is the only one
	shell   string
	numeric bool // the item is used in arithmetic
	docs    int
}

func (m *maker) pick(n int) int {
	if len(m.choices) == 0 {
		return 0
	}
	c := int(m.choices[0])
	m.choices = m.choices[1:]
	return c % n
}

// placeholder returns a random placeholder and its value, found the slow way.
func (m *maker) placeholder() (src, value string) {
	if m.columns != nil {
		return m.column()
	}
	dir, last := "", m.item
	if i := strings.LastIndex(m.item, "/"); i >= 0 {
		dir, last = m.item[:i+1], m.item[i+1:]
	}
	stem := last
	if i := strings.LastIndex(last, "."); i >= 0 {
		stem = last[:i]
	}
	switch m.pick(8) {
	case 1:
		return "{.}", dir + stem
	case 2:
		return "{/}", last
	case 3:
		return "{/.}", stem
	case 4:
		return "{#}", "42"
	case 5:
		return "{%}", "3"
	case 6:
		return "{1}", m.item
	}
	return "{}", m.item
}

// columnNames are those of the columns that a maker has, at most.
var columnNames = []string{"one", "the second", "x.y"}

// column returns a placeholder of a column, and its value found the slow way.
func (m *maker) column() (src, value string) {
	n := m.pick(len(m.columns))
	value = m.columns[n]
	src = []string{strconv.Itoa(n + 1), strconv.Itoa(n - len(m.columns)), columnNames[n]}[m.pick(3)]
	dir, last := "", value
	if i := strings.LastIndex(value, "/"); i >= 0 {
		dir, last = value[:i+1], value[i+1:]
	}
	stem, root := last, last
	if i := strings.LastIndex(last, "."); i >= 0 {
		stem, root = last[:i], last[:strings.Index(last, ".")]
	}
	switch m.pick(8) {
	case 1:
		return "{" + src + ".}", dir + stem
	case 2:
		return "{" + src + "/}", last
	case 3:
		return "{" + src + "/.}", stem
	case 4:
		return "{" + src + ":}", dir + root
	case 5:
		return "{" + src + "/:}", root
	case 6:
		return "{" + src + "^b}", strings.TrimSuffix(value, "b")
	case 7:
		return "{" + src + "/^);}", strings.TrimSuffix(last, ");")
	}
	return "{" + src + "}", value
}

// whole is a placeholder of the item, or of its first column.
func (m *maker) whole() string {
	if m.columns != nil {
		return "{1}"
	}
	return "{}"
}

// count is how many columns there are.
func (m *maker) count() string { return strconv.Itoa(max(1, len(m.columns))) }

// part returns a part of a word and what it becomes.
func (m *maker) part(depth int) (src, value string) {
	p, v := m.placeholder()
	last := 10
	if depth > 0 {
		last = 18
	}
	switch m.pick(last) {
	case 1:
		return `"` + p + `"`, v
	case 2:
		return `'` + p + `'`, v
	case 3:
		return `"a ` + p + ` \$b"`, "a " + v + " $b"
	case 4:
		return `'x "` + p + `\'`, `x "` + v + `\`
	case 5:
		return "lit" + p + "-", "lit" + v + "-"
	case 6:
		return "{{}}" + p, "{}" + v
	case 7:
		return `"\` + p + `"`, `\` + v
	case 8:
		return `'{{1}}\` + p + `'`, `{1}\` + v
	case 9:
		return p, v
	case 17:
		return `"$(printf %s ` + p + `)"`, strings.TrimRight(v, "\n")
	case 10:
		return "\"`printf %s " + p + "`\"", strings.TrimRight(v, "\n")
	case 11:
		return "\"${unset:-" + p + "}\"", v
	case 12:
		return "${unset:-" + p + "}", v
	case 13:
		return `"${name}` + p + `"`, "N" + v
	case 14:
		return `$name` + p, "N" + v
	case 15:
		return `"$name` + p + `$name"`, "N" + v + "N"
	case 16:
		src, value = m.word(depth - 1)
		return `"$(printf '%s.' ` + src + `)"`, value + "."
	default:
		return p, v
	}
}

// word returns a word and its value.
func (m *maker) word(depth int) (src, value string) {
	for range 1 + m.pick(3) {
		s, v := m.part(depth)
		src, value = src+s, value+v
	}
	return src, value
}

// document returns a here-document's body and what it becomes.
func (m *maker) document(quoted bool) (src, value string) {
	for range 1 + m.pick(3) {
		p, v := m.placeholder()
		switch m.pick(6) {
		case 5:
			if quoted {
				src, value = src+"<"+p+">\n", value+"<"+v+">\n"
			} else {
				src, value = src+"<${unset:-"+p+"}$(printf %s. "+p+")`printf %s. '"+p+"'`>\n", value+"<"+v+v+"."+v+".>\n"
			}
		case 1:
			src, value = src+"it's \""+p+"\"\n", value+"it's \""+v+"\"\n"
		case 2:
			if quoted {
				src, value = src+"$name `x` \\ "+p+"\\\n", value+"$name `x` \\ "+v+"\\\n"
			} else {
				src, value = src+"$name "+p+" \\$x\n", value+"N "+v+" $x\n"
			}
		case 3:
			src, value = src+"\\"+p+"\n", value+"\\"+v+"\n"
		case 4:
			src, value = src+"{{}} "+p+p+"\n", value+"{} "+v+v+"\n"
		default:
			src, value = src+p+"\n", value+v+"\n"
		}
	}
	return src, value
}

// statement returns a command and what it prints.
func (m *maker) statement() (src, out string) {
	w, v := m.word(2)
	show := `printf '%s\0' `
	last := 17
	if m.shell == "bash" {
		last = 25
	}
	choice := m.pick(last)
	if choice > 16 {
		return m.bash(choice)
	}
	switch choice {
	case 16:
		p, pv := m.placeholder()
		if m.columns != nil { // %{name} is curl's
			p, pv = m.whole(), m.item
		}
		return "x=A" + p + "; " + show + `"${x#A}" "${x%` + p + `}" ${x%"` + p + `"} ${x%'` + p + `'} ${x%` + p + `}`, pv + strings.Repeat("\x00A", 4) + "\x00"
	case 1:
		return "x=" + w + "; " + show + `"$x"`, v + "\x00"
	case 2:
		d, text := m.document(false)
		return "cat <<EOF\n" + d + "EOF", text
	case 3:
		d, text := m.document(true)
		return "cat <<'EOF'\n" + d + "EOF", text
	case 4:
		d, text := m.document(true)
		return "cat <<-\\E_F\n\t" + strings.ReplaceAll(strings.TrimSuffix(d, "\n"), "\n", "\n\t") + "\n\tE_F", text
	case 5:
		return "case " + w + " in " + w + ") " + show + w + ";; *) echo no;; esac", v + "\x00"
	case 6:
		return "f() { " + show + w + "; }; (set -- other; f another)", v + "\x00"
	case 7:
		return "for x in " + w + " b; do " + show + `"$x"; done`, v + "\x00b\x00"
	case 8:
		return "{ " + show + w + "; } | cat", v + "\x00"
	case 9:
		return "(" + show + w + ") # it's {} and {.}", v + "\x00"
	case 10:
		return "if [ " + w + " = " + w + " ]; then " + show + w + "; fi", v + "\x00"
	case 11:
		return show + "$(({#}+{%} * 2))", "48\x00"
	case 12:
		m.numeric = true
		return show + "$((1 - " + m.whole() + "))", m.difference()
	case 13:
		return "# don't {}\n" + show + "\"$1\" $#", m.item + "\x00" + m.count() + "\x00"
	case 14:
		return show + w + " \\\n  " + w, v + "\x00" + v + "\x00"
	case 15:
		return "x=" + w + " y=b sh -c 'printf %s\\\\0 \"$x\"'", v + "\x00"
	}
	return show + w, v + "\x00"
}

// bash returns a command that only bash knows, and what it prints.
func (m *maker) bash(choice int) (src, out string) {
	w, v := m.word(2)
	p, pv := m.placeholder()
	show := `printf '%s\0' `
	switch choice {
	case 17:
		return "[[ " + w + " == " + w + " && x" + w + " == ?" + w + " && ! y" + p + " == x* ]] && " + show + w, v + "\x00"
	case 18:
		return show + "$'a\\n" + p + "\\x41'", "a\n" + pv + "A\x00"
	case 19:
		return "x=A" + p + "B; " + show + `"${x/` + p + `B/z}" "${x/#A/` + p + `}"`, "Az\x00" + pv + pv + "B\x00"
	case 20:
		return "a=(" + w + " x" + w + "); " + show + `"${a[@]}"`, v + "\x00x" + v + "\x00"
	case 21:
		return "cat <<< " + w, v + "\n"
	case 22:
		return "case $name" + w + " in *" + w + "*) " + show + p + ";; esac", pv + "\x00"
	case 23:
		w := m.whole()
		return "[[ " + w + " -eq " + w + " ]] && declare -i k=1 && a=(0 1) && " + show + `"${a[{%}-2]}" $(({#}))`, m.ifNumber("1\x0042\x00")
	}
	return "cat <(" + show + w + ")", v + "\x00"
}

// ifNumber is out for the items that may stand in arithmetic.
func (m *maker) ifNumber(out string) string {
	m.numeric = true
	return out
}

// difference is 1 - item, for the items that are small decimal numbers.
func (m *maker) difference() string {
	var n int
	if _, err := fmt.Sscanf(m.item, "%d", &n); err != nil {
		return ""
	}
	return fmt.Sprintf("%d\x00", 1-n)
}

// script returns a script and what it prints.
func (m *maker) script() (src, out string) {
	src = "name=N\n"
	for range 1 + m.pick(3) {
		s, o := m.statement()
		src, out = src+s+"\n", out+o
	}
	return src, out
}

// environ is what the oracle's shells are run under.
func environ() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=/nowhere"}
}

// run returns what a program prints; its errors count as output.
func run(t *testing.T, path string, argv ...string) string {
	t.Helper()
	cmd := exec.Command(path)
	cmd.Args, cmd.Env = argv, environ()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatalf("cannot run %q: %v", argv, err)
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		fmt.Fprintf(&out, "exit %d", code)
	}
	return out.String()
}

// verify runs one script for one item, by its argv and by its display.
func verify(t *testing.T, shell string, choices []byte, item string) {
	t.Helper()
	verifyJob(t, &maker{choices: choices, item: item, shell: shell}, newJob(item), Packing{})
}

// verifyColumns is verify for an item of several columns.
func verifyColumns(t *testing.T, shell string, choices []byte, columns ...string) {
	t.Helper()
	p := Packing{Columns: Columns{Several: true, Count: len(columns), Names: columnNames[:len(columns)]}}
	verifyJob(t, &maker{choices: choices, item: columns[0], columns: columns, shell: shell}, newRow(columns...), p)
}

// newRow is the job that an item of several columns makes.
func newRow(columns ...string) Job {
	job := newJob("")
	row := &chunker.Row{}
	for _, c := range columns {
		row.Columns = append(row.Columns, []byte(c))
	}
	job.Chunk.Items[0].Row = row
	return job
}

func verifyJob(t *testing.T, m *maker, job Job, p Packing) {
	t.Helper()
	args := m.columns
	if args == nil {
		args = []string{m.item}
	}
	if all := strings.Join(args, ""); strings.IndexByte(all, 0) >= 0 || len(all) > 1000 {
		t.Skip("no argument")
	}
	src, want := m.script()
	tm, err := Compile(Config{Words: []string{src}, Mode: Script, Shell: []string{m.shell}, Environ: environ(), Packing: p})
	if err != nil {
		t.Fatalf("cannot compile %q: %v", src, err)
	}
	var argv startmode.Strings
	if err := tm.Render(&argv, job); err != nil {
		if _, ok := err.(*JobError); ok && m.numeric && !isInteger([]byte(m.item)) {
			return
		}
		t.Fatalf("cannot render %q for %q: %v", src, args, err)
	}
	if m.numeric && (len(m.item) > 9 || strings.HasPrefix(strings.TrimLeft(m.item, "+-"), "0")) {
		return // too large, or octal
	}
	if got := run(t, tm.Program(), argv.Slice()...); got != want {
		t.Fatalf("%s: item %q\nscript   %s\ncompiled %s\ngot  %q\nwant %q", m.shell, args, src, tm.Compiled(), got, want)
	}
	display := string(tm.Display(nil, job))
	if got := run(t, tm.Program(), append([]string{m.shell, "-c", display, m.shell}, args...)...); got != want {
		t.Fatalf("%s: item %q\nscript  %s\ndisplay %s\ngot  %q\nwant %q", m.shell, args, src, display, got, want)
	}
}

// oracles are the shells at hand.
func oracles(t testing.TB) (shells []string) {
	for _, name := range []string{"sh", "bash", "ksh", "zsh"} {
		if _, err := exec.LookPath(name); err == nil {
			shells = append(shells, name)
		} else {
			t.Logf("no %s here", name)
		}
	}
	return shells
}

func TestScriptsInShells(t *testing.T) {
	for _, shell := range oracles(t) {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(1, uint64(len(shell))))
			rounds := 3
			if shell == "zsh" || shell == "ksh" || testing.Short() {
				rounds = 1
			}
			for range rounds {
				for _, item := range hostile {
					choices := make([]byte, 64)
					for i := range choices {
						choices[i] = byte(rng.Uint32())
					}
					verify(t, shell, choices, item)
				}
			}
		})
	}
}

// A column is as safe as an item, whatever names it.
func TestColumnsInShells(t *testing.T) {
	for _, shell := range oracles(t) {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(2, uint64(len(shell))))
			for i, item := range hostile {
				choices := make([]byte, 64)
				for k := range choices {
					choices[k] = byte(rng.Uint32())
				}
				other := hostile[(i+7)%len(hostile)]
				verifyColumns(t, shell, choices, item, other)
				verifyColumns(t, shell, choices, other, "a.b/c.d.b", item)
			}
		})
	}
}

// {} of several columns is a word each where it is a word, and a text anywhere
// else.
func TestColumnsTogether(t *testing.T) {
	p := Packing{Columns: Columns{Several: true, Count: 3}}
	for _, shell := range oracles(t) {
		for i, a := range hostile {
			b := hostile[(i+11)%len(hostile)]
			src := "printf '%s\\0' {} \"{}\" x{} '{}' \"$@\"; x={}; printf '%s\\0' \"$x\" $#"
			tm, err := Compile(Config{Words: []string{src}, Mode: Script, Shell: []string{shell}, Environ: environ(), Packing: p})
			if err != nil {
				t.Fatal(err)
			}
			job := newRow(a, b, "last")
			text := a + " " + b + " last"
			want := strings.Join([]string{a, b, "last", text, "x" + text, text, a, b, "last", text, "3", ""}, "\x00")
			var argv startmode.Strings
			if err := tm.Render(&argv, job); err != nil {
				t.Fatal(err)
			}
			if got := run(t, tm.Program(), argv.Slice()...); got != want {
				t.Errorf("%s: %q %q: got %q, want %q", shell, a, b, got, want)
			}
			display := string(tm.Display(nil, job))
			if got := run(t, tm.Program(), shell, "-c", display, shell, a, b, "last"); got != want {
				t.Errorf("%s: %q %q: displayed as %s: got %q, want %q", shell, a, b, display, got, want)
			}
			if shell == "zsh" || shell == "ksh" || testing.Short() {
				break
			}
		}
	}
}

func FuzzColumns(f *testing.F) {
	for i, item := range hostile {
		f.Add(i%2 == 0, []byte{byte(i), byte(i / 2), byte(i * 7), byte(i * 3), 1, 2, 3, byte(i)}, item, hostile[i/2])
	}
	f.Fuzz(func(t *testing.T, bash bool, choices []byte, a, b string) {
		shell := "sh"
		if bash {
			shell = "bash"
		}
		verifyColumns(t, shell, choices, a, b)
	})
}

func FuzzScripts(f *testing.F) {
	for i, item := range hostile {
		f.Add(i%2 == 0, []byte{byte(i), byte(i / 2), byte(i * 7), byte(i * 3), 1, 2, 3, byte(i)}, item)
	}
	f.Fuzz(func(t *testing.T, bash bool, choices []byte, item string) {
		shell := "sh"
		if bash {
			shell = "bash"
		}
		verify(t, shell, choices, item)
	})
}
