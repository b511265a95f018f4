package main_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

var (
	xargsCases = flag.Int("xargs.cases", 500, "how many random command lines to give to pmap xargs and to the real one")
	xargsSeed  = flag.Uint64("xargs.seed", 1, "of the first of them")
)

// xargsJob is the name by which the test binary is a job of xargs: it prints
// what it was given, and ends as its words ask for.
const xargsJob = "./job"

func init() {
	if os.Args[0] == xargsJob {
		os.Exit(beXargsJob())
	}
}

// beXargsJob writes its words, its input and its environment in one piece.
func beXargsJob() int {
	line := []byte("argv")
	for _, word := range os.Args[1:] {
		line = append(append(line, ' '), hex.EncodeToString([]byte(word))...)
		line = append(line, '.')
	}
	stdin, err := io.ReadAll(os.Stdin)
	sum := fnv.New32()
	fmt.Fprintf(sum, "%q", os.Environ())
	line = fmt.Appendf(line, " stdin %x %v environment %x slot %q\n", stdin, err, sum.Sum32(), os.Getenv("SLOT"))
	os.Stdout.Write(line)
	status := 0
	for _, word := range os.Args[1:] {
		if word == "killme" {
			unix.Kill(os.Getpid(), unix.SIGKILL)
		}
		if text, ok := strings.CutPrefix(word, "exit"); ok {
			n, _ := strconv.Atoi(text)
			status = max(status, n)
		}
	}
	return status
}

// An xargsCase is a command line with its input.
type xargsCase struct {
	args    []string // options and command
	input   string
	stdin   string // where the input is a file
	pad     int    // bytes of environment
	ordered bool
}

// An xargsEnd is all that can be seen of a run.
type xargsEnd struct {
	stdout, status string
	says           bool // on stderr
}

// A caseMaker makes random cases.
type caseMaker struct {
	*rand.Rand
	many bool // several processes at a time
}

func (m *caseMaker) oneOf(list ...string) string { return list[m.IntN(len(list))] }

func (m *caseMaker) chance(percent int) bool { return m.IntN(100) < percent }

func newXargsCase(seed uint64) *xargsCase {
	m := &caseMaker{Rand: rand.New(rand.NewPCG(seed, 7))}
	c := &xargsCase{pad: m.IntN(300)}
	m.many = m.chance(15)
	c.ordered = !m.many
	for _, options := range [][]string{m.separators(), m.ends(), m.splits(), m.splits(), m.sizes(), m.jobs()} {
		c.args = append(c.args, options...)
	}
	if m.chance(10) {
		m.Shuffle(len(c.args), func(i, j int) { c.args[i], c.args[j] = c.args[j], c.args[i] })
	}
	c.input = m.text()
	if m.chance(10) && !m.many { // or the jobs would share what they read by chance
		c.args = append(c.args, m.oneOf("-a", "--arg-file", "--arg"), m.oneOf("input", "input", "input", "missing"))
		c.stdin = "the real input\n"
	}
	if m.chance(5) {
		c.args = append(c.args, "--")
	}
	c.args = append(c.args, m.command()...)
	return c
}

func (m *caseMaker) separators() []string {
	switch m.IntN(8) {
	case 0:
		return []string{m.oneOf("-0", "--null", "--nul")}
	case 1:
		return []string{"-d", m.oneOf(",", " ", `\n`, `\t`, `\x2c`, `\054`, "a", `\0`, `\\`, "", "ab", `\q`, `\400`)}
	case 2:
		return []string{m.oneOf("-d", "--delimiter=", "--del=") + m.oneOf(",", `\n`, `\x2C`)}
	}
	return nil
}

func (m *caseMaker) ends() []string {
	if !m.chance(15) {
		return nil
	}
	switch m.IntN(5) {
	case 0:
		return []string{"-E", m.oneOf("_", "end", "", "a b")}
	case 1:
		return []string{"-E" + m.oneOf("_", "end")}
	case 2:
		return []string{m.oneOf("-e", "-e_", "-eend")}
	}
	return []string{m.oneOf("--eof", "--eof=end", "--eo=_", "--eof=")}
}

func (m *caseMaker) splits() []string {
	n := strconv.Itoa(1 + m.IntN(4))
	if m.chance(4) {
		n = m.oneOf("0", "-1", "x", "", " 2", "+3", "2k", "1_0", "99999999999999999999")
	}
	switch m.IntN(16) {
	case 0, 1:
		return []string{"-n", n}
	case 2:
		return []string{m.oneOf("-n", "--max-args=", "--max-a=") + n}
	case 3, 4:
		return []string{"-L", n}
	case 5:
		return []string{m.oneOf("-l", "--max-lines", "-l"+n, "--max-lines="+n)}
	case 6:
		return []string{"-I", m.oneOf("{}", "R", "%%", "a")}
	case 7:
		return []string{m.oneOf("-i", "-iR", "--replace", "--replace=%%", "-I{}", "--repl={}")}
	}
	return nil
}

func (m *caseMaker) sizes() (options []string) {
	if m.chance(35) {
		n := strconv.Itoa(1 + m.IntN(60))
		options = append(options, m.oneOf("-s", "--max-chars=", "--max-c=")+n)
	}
	if m.chance(15) {
		options = append(options, m.oneOf("-x", "--exit", "--exi"))
	}
	return options
}

func (m *caseMaker) jobs() (options []string) {
	if m.many {
		options = append(options, m.oneOf("-P2", "-P3", "--max-procs=4", "-P0"))
	}
	for _, o := range []string{"-r", "-t", "-rt", "-tP1", "-P1", "--no-run-if-empty", "--verbose", "--process-slot-var=SLOT"} {
		if m.chance(4) && !(m.many && strings.HasPrefix(o, "--proc")) {
			options = append(options, o)
		}
	}
	if m.chance(1) {
		options = append(options, m.oneOf("--max", "--nosuch", "-Z", "--null=1", "--ex", "--process-slot-var=a=b", "--e", "--v"))
	}
	return options
}

func (m *caseMaker) command() []string {
	if m.chance(3) {
		return []string{m.oneOf("./nosuch", "nosuch", "/etc/passwd", "/etc/passwd/x", "")}
	}
	if m.chance(2) {
		return nil
	}
	words := []string{xargsJob}
	for range m.IntN(4) {
		words = append(words, m.oneOf("{}", "x{}y{}", "R", "-n", "a b", "", "%%", "%%%", "aa", "{}{}", "--", "longer word here"))
	}
	return words
}

// text makes an input of a few words and what may stand between them.
func (m *caseMaker) text() string {
	var b strings.Builder
	for range m.IntN(14) {
		b.WriteString(m.token())
		b.WriteString(m.oneOf(" ", " ", "  ", "\t", "\n", "\n", "\n", "\n\n", " \n", "\n ", "", ",", "\v", "\r\n", "\f", "\\\n", "\x00"))
	}
	return b.String()
}

func (m *caseMaker) token() string {
	switch m.IntN(24) {
	case 0, 1:
		return m.oneOf(`'a b'`, `"a b"`, `'"'`, `"'"`, `''`, `""`, `a'b c'd`, `"a`+"\t"+`b"c`)
	case 2:
		return m.oneOf(`\ `, `\a`, `\'`, `\"`, `\\`, "\\\t", `a\ b`, `"\"`, `'\'`)
	case 3:
		if m.chance(25) {
			return m.oneOf(`'`, `"`, `'a`, "\"a\nb\"", `\`)
		}
	case 4:
		return strings.Repeat(m.oneOf("l", "xy", "é"), m.IntN(40))
	case 5:
		return m.oneOf("_", "end", "{}", "R", "%%", "-x", "end x")
	case 6:
		if m.chance(40) {
			return m.oneOf("exit1", "exit3", "exit254")
		}
		if m.chance(20) && !m.many {
			return m.oneOf("exit255", "killme", "exit126", "exit127")
		}
	case 7:
		return m.oneOf("\xff\xfe", "ü", "\x01", "\x7f", "\x00", "a\x00b")
	}
	return m.oneOf("a", "b", "bb", "ccc", "abc", "1", "22", "word", "file.txt")
}

// A xargsLab runs cases, in a folder of its own.
type xargsLab struct {
	t   testing.TB
	dir string
	env []string
}

func newXargsLab(t testing.TB) *xargsLab {
	t.Helper()
	l := &xargsLab{t: t, dir: t.TempDir()}
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(l.dir, xargsJob))
	}
	if err == nil {
		err = os.Symlink(filepath.Join(binDir(), "pmap"), filepath.Join(l.dir, "xargs"))
	}
	if err != nil {
		t.Fatal(err)
	}
	l.env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", quickExit}
	return l
}

// realXargs is GNU xargs, without which there is nothing to compare with.
func realXargs(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("xargs")
	if err != nil {
		t.Skip("there is no xargs here to compare with")
	}
	if says, _ := exec.Command(path, "--version").Output(); !bytes.Contains(says, []byte("GNU findutils")) {
		t.Skip("the xargs here isn't GNU's")
	}
	return path
}

func (l *xargsLab) run(program []string, c *xargsCase) xargsEnd {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program[0], append(slices.Clone(program[1:]), c.args...)...)
	cmd.Dir = l.dir
	cmd.Env = append(slices.Clone(l.env), "PAD="+strings.Repeat("p", c.pad))
	cmd.Stdin = strings.NewReader(c.input)
	if c.stdin != "" {
		cmd.Stdin = strings.NewReader(c.stdin)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		l.t.Fatal(err)
	}
	lines := strings.SplitAfter(stdout.String(), "\n")
	if !c.ordered {
		slices.Sort(lines)
	}
	return xargsEnd{strings.Join(lines, ""), cmd.ProcessState.String(), stderr.Len() > 0}
}

// TestXargsDoesAsGNU gives random command lines to pmap xargs and to the real
// one. What each of their jobs was given and the exit statuses must be the
// same.
func TestXargsDoesAsGNU(t *testing.T) {
	real := realXargs(t)
	cases := *xargsCases
	if len(raceFlag) > 0 {
		cases = min(cases, 100) // each takes ten times as long
	}
	const workers = 4
	var group sync.WaitGroup
	for w := range workers {
		l := newXargsLab(t)
		ours := [][]string{{filepath.Join(binDir(), "pmap"), "xargs"}, {filepath.Join(l.dir, "xargs")}}
		group.Go(func() {
			for i := w; i < cases && !t.Failed(); i += workers {
				l.compare(real, ours[i/workers%2], *xargsSeed+uint64(i))
			}
		})
	}
	group.Wait()
}

func (l *xargsLab) compare(real string, ours []string, seed uint64) {
	c := newXargsCase(seed)
	if c.stdin != "" {
		if err := os.WriteFile(filepath.Join(l.dir, "input"), []byte(c.input), 0o666); err != nil {
			l.t.Error(err)
			return
		}
	}
	want, got := l.run([]string{real}, c), l.run(ours, c)
	if want != got {
		l.t.Errorf("case %d: xargs %q with the input %q\nthe real one ended with %s, stderr %v:\n%s%q with %s, stderr %v:\n%s",
			seed, c.args, c.input, want.status, want.says, want.stdout, ours, got.status, got.says, got.stdout)
	}
}

// TestXargsSizes holds where commands are divided for their size, under the
// limits and environments of many a system, and for what the system refuses.
func TestXargsSizes(t *testing.T) {
	real := realXargs(t)
	for _, script := range []string{
		`XARGS --show-limits -r </dev/null 2>&1`,
		`ulimit -s 100; XARGS --show-limits -r </dev/null 2>&1`,
		`ulimit -s unlimited; XARGS --show-limits -r </dev/null 2>&1`,
		`export A=$(yes a | head -c 100000) B=$(yes b | head -c 100000); ulimit -s 1024; XARGS --show-limits -r </dev/null 2>&1`,
		`export A=$(yes a | head -c 120000) B=$(yes b | head -c 120000); ulimit -s 900; echo a | XARGS echo`,
		`XARGS -s 99999999 --show-limits -r </dev/null 2>&1 | tail -n 6`,
		`seq 200000 | XARGS sh -c 'echo $# $0'`,
		`seq 40000 | XARGS -s 4096 sh -c 'echo $# $0' x`,
		`ulimit -s unlimited; seq 1000000 | XARGS -s 6000000 sh -c 'echo $# $0'`,
		`export A=$(yes a | head -c 120000) B=$(yes b | head -c 120000); ulimit -s 960; seq 9000 | XARGS sh -c 'echo $# $0'`,
		`yes a | head -n 300000 | XARGS -s 2000000 sh -c 'echo $#'`,
		`yes abc | head -n 900000 | XARGS -s 2000000 sh -c 'echo $#'`,
		`yes ab | head -n 500000 | XARGS -s 1900000 -n 200000 sh -c 'echo $#'`,
		`yes a | tr -d '\n' | head -c 300000 | XARGS -s 2000000 echo`,
		`(echo x y; yes a | tr -d '\n' | head -c 300000; echo; echo z) | XARGS -s 2000000 echo`,
		`yes a | tr -d '\n' | head -c 131069 | XARGS echo | wc -c`,
		`yes a | tr -d '\n' | head -c 131072 | XARGS echo | wc -c`,
		`(echo x; yes a | tr -d '\n' | head -c 131060; echo; echo y) | XARGS -I{} sh -c 'echo ${#1}' sh {}`,
	} {
		l := newXargsLab(t)
		want := l.shell(strings.ReplaceAll(script, "XARGS", real))
		got := l.shell(strings.ReplaceAll(script, "XARGS", `"`+filepath.Join(l.dir, "xargs")+`"`))
		if want != got {
			t.Errorf("%s\nthe real one ended with %s:\n%.2000s\npmap with %s:\n%.2000s", script, want.status, want.stdout, got.status, got.stdout)
		}
	}
}

// shell runs a script. Only the last command's status counts.
func (l *xargsLab) shell(script string) xargsEnd {
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir, cmd.Env = l.dir, l.env
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		l.t.Fatal(err)
	}
	return xargsEnd{stdout: string(out), status: cmd.ProcessState.String()}
}

// TestXargsMan holds that the page has the options that --help has, and that
// mandoc finds nothing wrong with it.
func TestXargsMan(t *testing.T) {
	const page = "man/pmap-xargs.1"
	source, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	help, err := exec.Command(filepath.Join(binDir(), "pmap"), "xargs", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	usage, _, _ := bytes.Cut(help, []byte("Exit status"))
	inHelp := xargsOptions(`(?m)^ +-.*?(?:  |$)`, `(?:^| )--?([a-zA-Z0-9][\w-]*)`, usage)
	inPage := xargsOptions(`(?m)^\.It .*Fl .*$`, `Fl -?([a-zA-Z0-9][\w-]*)`, source)
	if diff := cmp.Diff(inHelp, inPage); diff != "" || len(inPage) < 35 {
		t.Errorf("--help (-) and the page (+) differ:\n%s", diff)
	}
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip("there is no mandoc here to check the page with")
	}
	if out, err := exec.Command(mandoc, "-T", "lint", "-W", "warning", page).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// xargsOptions finds the options in the lines that match.
func xargsOptions(line, option string, text []byte) (found []string) {
	pattern := regexp.MustCompile(option)
	for _, l := range regexp.MustCompile(line).FindAll(text, -1) {
		for _, m := range pattern.FindAllSubmatch(l, -1) {
			found = append(found, string(m[1]))
		}
	}
	return found
}
