package warm

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pmap/startmode"
	"pmap/testdata/kernel"
)

// write makes a file of the test's own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// anyScript runs its first parameter with the others, so that a server can be
// asked many things.
const anyScript = `eval "shift; $1"`

func bash(t *testing.T, file string) *bench {
	t.Helper()
	return serve(t, "bash", Bash([]string{"bash"}, write(t, "lib.sh", file), anyScript), []string{"bash", "-c", anyScript, "bash"})
}

func (b *bench) holds(what, got, want string) {
	b.t.Helper()
	if got != want {
		b.t.Errorf("%s %.2000q, wanted %.2000q", what, got, want)
	}
}

func TestBash(t *testing.T) {
	b := bash(t, "greet() { echo \"$x $1\"; echo \"error $1\" >&2; return 3; }\nx=hello\n")
	for range 3 {
		out, err, ws := b.run(`greet "$1"; s=$?; x=changed; exit $s`, "a 'b' $(c)\n\xff\xfe")
		b.holds("stdout", out, "hello a 'b' $(c)\n\xff\xfe\n")
		b.holds("stderr", err, "error a 'b' $(c)\n\xff\xfe\n")
		if !ws.Exited() || ws.ExitStatus() != 3 {
			t.Errorf("status %x", ws)
		}
	}
	const find = `echo "$PMAP_SEQ $PMAP_TRY $# $0"; compgen -v pmap_; (exec ls /proc/self/fd); read x || echo no stdin`
	out, _, _ := b.run(find, "", "")
	alone := exec.Command("bash", "-c", find, "bash", "", "")
	alone.Env = append(os.Environ(), "PMAP_SEQ=7", "PMAP_TRY=2")
	want, err := alone.Output()
	if err != nil {
		t.Fatal(err)
	}
	b.holds("what an item finds", out, string(want))
}

// TestBashBriefRequests holds that a value comes through whatever the length of
// the request with it, and whatever it ends with.
func TestBashBriefRequests(t *testing.T) {
	b := bash(t, "")
	for length := range 2 * bashBrief {
		for _, last := range []string{" ", "\n", "\\", "'", "é"} {
			value := strings.Repeat("x ", length/2) + last
			out, err, _ := b.run(`printf %s "$1"; printf %s "$PMAP_SEQ" >&2`, value)
			b.holds("the value", out, value)
			b.holds("PMAP_SEQ", err, "7")
		}
	}
}

// TestBashDescriptors holds that what FILE has opened is there for the items.
func TestBashDescriptors(t *testing.T) {
	b := bash(t, "exec {log}>&2 {more}>&2\n")
	if _, complaint, ws := b.run(`echo log >&$log; echo more >&$more`); ws != 0 || complaint != "" {
		t.Errorf("status %x, stderr %q", ws, complaint)
	}
	said, _ := os.ReadFile(b.stderr.Name())
	b.holds("FILE's descriptors", string(said), "log\nmore\n")
}

func TestBashOptions(t *testing.T) {
	b := bash(t, "set -eu -o pipefail\ntrap 'echo error trap' ERR\ntrap 'echo exit trap >&2' EXIT\nshopt -s expand_aliases\nalias hi='echo alias'\nread() { echo mine; }\n")
	out, err, ws := b.run(`hi; read; set -o | grep -E "errexit|pipefail|nounset" | tr -d "\n\t "; false; echo not reached`)
	b.holds("stdout", out, "alias\nmine\nerrexitonnounsetonpipefailonerror trap\n")
	if ws.ExitStatus() != 1 || err != "" {
		t.Errorf("status %x, stderr %q", ws, err)
	}
	if err := b.s.Close(); err != nil {
		t.Fatal(err)
	}
	said, _ := os.ReadFile(b.stderr.Name())
	b.holds("the EXIT trap", string(said), "exit trap\n")
}

// died is the status of a death by sig, as it can be told.
func died(sig unix.WaitStatus) unix.WaitStatus {
	if kernel.TellsEnds() {
		return sig
	}
	return (128 + sig) << 8
}

func TestBashStatuses(t *testing.T) {
	b := bash(t, "")
	for _, c := range []struct {
		script string
		want   unix.WaitStatus
	}{
		{"exit 0", 0}, {"exit 1", 1 << 8}, {"exit 137", 137 << 8}, {"exit 255", 255 << 8},
		{"kill -KILL $BASHPID", 9}, {"kill -HUP $BASHPID; sleep 9", 1}, {"kill -TERM $BASHPID; sleep 9", 15}, {"exit 143", 143 << 8},
		{"exit 130", 130 << 8}, {"exit 141", 141 << 8}, {"kill -INT $BASHPID; sleep 9", died(2)}, {"kill -PIPE $BASHPID; sleep 9", died(13)},
		{"trap 'exit 141' EXIT; false", 141 << 8}, {"exec sh -c 'exit 130'", 130 << 8}, {"exec sh -c 'kill -PIPE $$'", died(13)}, {"exec sh -c 'kill -SEGV $$'", 11}, {"nonexistent 2>/dev/null", 127 << 8},
	} {
		if startmode.IgnoredAtStart(c.want.Signal()) {
			continue // whoever started the tests ignores it, and so do items
		}
		if _, _, ws := b.run(c.script); ws&0xff7f != c.want {
			t.Errorf("%s: status %x, wanted %x", c.script, ws, c.want)
		}
	}
}

// TestManyEnds holds that an item's end is told exactly however many came before.
func TestManyEnds(t *testing.T) {
	b := bash(t, "")
	for range 2*greetingMax + 1 {
		b.run(":")
	}
	_, _, exit := b.run("exit 130")
	_, _, death := b.run("kill -INT $BASHPID; sleep 9")
	if exit != 130<<8 || death&0xff7f != died(2) {
		t.Errorf("statuses %x and %x", exit, death)
	}
}

func dash(t *testing.T, file string) *bench {
	t.Helper()
	return serve(t, "dash", Dash([]string{"dash"}, write(t, "lib.sh", file), anyScript), []string{"dash", "-c", anyScript, "dash"})
}

func TestDash(t *testing.T) {
	b := dash(t, "greet() { printf '%s\\n' \"$x $1\"; echo error >&2; return 3; }\nx=hello\nread() { echo mine; }\ntrap 'echo exit trap >&2' EXIT\n")
	var all []byte
	for c := 1; c < 256; c++ {
		all = append(all, byte(c), byte(c), '\'')
	}
	for range 2 {
		out, err, ws := b.run(`greet "$1"; s=$?; x=changed; exit $s`, string(all))
		b.holds("stdout", out, "hello "+string(all)+"\n")
		b.holds("stderr", err, "error\n")
		if ws != 3<<8 {
			t.Errorf("status %x", ws)
		}
	}
	const find = `echo "$PMAP_SEQ $PMAP_TRY $# $0"; set | grep pmap_; (exec ls /proc/self/fd); command read x || echo no stdin`
	out, _, _ := b.run(find, "", "")
	alone := exec.Command("dash", "-c", find, "dash", "", "")
	alone.Env = append(os.Environ(), "PMAP_SEQ=7", "PMAP_TRY=2")
	want, err := alone.Output()
	if err != nil {
		t.Fatal(err)
	}
	b.holds("what an item finds", out, string(want))
	if err := b.s.Close(); err != nil {
		t.Fatal(err)
	}
	said, _ := os.ReadFile(b.stderr.Name())
	b.holds("the EXIT trap", string(said), "exit trap\n")
}

func TestDashOptions(t *testing.T) {
	b := dash(t, "set -eu\n")
	out, _, ws := b.run(`echo $-; false; echo not reached`)
	if out != "ue\n" || ws != 1<<8 {
		t.Errorf("stdout %q, status %x", out, ws)
	}
}

func TestDashStatuses(t *testing.T) {
	b := dash(t, "")
	for _, c := range []struct {
		script string
		want   unix.WaitStatus
	}{
		{"exit 0", 0}, {"exit 1", 1 << 8}, {"exit 137", 137 << 8}, {"exit 143", 143 << 8},
		{"exec sh -c 'kill -KILL $$'", 9}, {"exec sh -c 'kill -TERM $$'", 15}, {"exec sh -c 'kill -INT $$'", died(2)}, {"exec sh -c 'kill -PIPE $$'", died(13)},
		{"exit 130", 130 << 8}, {"exit 141", 141 << 8},
	} {
		if startmode.IgnoredAtStart(c.want.Signal()) {
			continue // whoever started the tests ignores it, and so do items
		}
		if _, _, ws := b.run(c.script); ws&0xff7f != c.want {
			t.Errorf("%s: status %x, wanted %x", c.script, ws, c.want)
		}
	}
}

func TestDashStartup(t *testing.T) {
	for _, file := range []string{"if then\n", "exit 3\n", "set -e\nfalse\n"} {
		b := newBench(t, "dash", Dash([]string{"dash"}, write(t, "lib.sh", file), anyScript), nil)
		var failed *startmode.PrepareError
		if err := b.prepare(); !errors.As(err, &failed) {
			t.Errorf("%q: error %v", file, err)
		}
	}
}

func TestBashLargeValue(t *testing.T) {
	b := bash(t, "")
	big := strings.Repeat("0123456789abcdef", 1<<16)
	out, _, _ := b.run(`printf %s "$1"`, big)
	if out != big {
		t.Errorf("%d bytes came back of %d", len(out), len(big))
	}
}

// TestBashHolder holds that what a child of an item writes later doesn't get
// into the next item's output.
func TestBashHolder(t *testing.T) {
	b := bash(t, "")
	flag := filepath.Join(t.TempDir(), "flag")
	first := b.start(`(until [ -e "$1" ]; do sleep 0.01; done; echo late) & echo first`, flag)
	var ws unix.WaitStatus
	if _, err := b.s.Wait(first.pid, 0, &ws, nil); err != nil || ws != 0 {
		t.Fatalf("status %x, error %v", ws, err)
	}
	out, _, _ := b.run(`: > "$1"; echo second`, flag)
	b.holds("the second item's stdout", out, "second\n")
	b.holds("the first item's stdout", readAll(first.out), "first\nlate\n")
	readAll(first.err)
}

func TestBashKilled(t *testing.T) {
	b := bash(t, "")
	p := b.start(`echo here; kill -KILL $$; sleep 100`)
	out, _, _, err := b.finish(p)
	if !errors.Is(err, startmode.ErrLost) || out != "here\n" {
		t.Errorf("stdout %q, error %v", out, err)
	}
	gone(t, p.pid)
	if _, err := b.s.Start(&startmode.Spec{}); err != startmode.ErrLost {
		t.Errorf("the next item: error %v", err)
	}
}

// gone waits until nothing of a group is left.
func gone(t *testing.T, group int) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); startmode.GroupAlive(group); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("its group is still alive")
		}
	}
}

func TestBashStartup(t *testing.T) {
	for _, file := range []string{"if then\n", "exit 3\n", "set -e\nfalse\n", "kill -KILL $$\n"} {
		b := newBench(t, "bash", Bash([]string{"bash"}, write(t, "lib.sh", file), anyScript), nil)
		var failed *startmode.PrepareError
		if err := b.prepare(); !errors.As(err, &failed) {
			t.Errorf("%q: error %v", file, err)
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// TestSignalled holds that an item which a signal to its group doesn't end is
// waited for, and ends as it wants to.
func TestSignalled(t *testing.T) {
	for _, b := range []*bench{bash(t, ""), dash(t, "")} {
		flag := filepath.Join(t.TempDir(), "flag")
		p := b.start("trap 'echo caught' TERM; : > \"$1\"; while [ -e \"$1\" ]; do sleep 0.01; done; exit 5", flag)
		for !exists(flag) {
			time.Sleep(time.Millisecond)
		}
		startmode.SignalGroup(p.pid, unix.SIGTERM)
		os.Remove(flag)
		out, _, ws, err := b.finish(p)
		if err != nil || out != "caught\n" || ws != 5<<8 {
			t.Errorf("stdout %q, status %x, error %v", out, ws, err)
		}
	}
}

// TestBrokenScript holds that a script which the shell can't parse ends the
// interpreter before anything runs, and that the shell says why.
func TestBrokenScript(t *testing.T) {
	file := write(t, "lib.sh", "")
	for program, lang := range map[string]Interpreter{
		"bash": Bash([]string{"bash"}, file, "if"),
		"dash": Dash([]string{"dash"}, file, "if"),
	} {
		b := newBench(t, program, lang, nil)
		var failed *startmode.PrepareError
		if err := b.prepare(); !errors.As(err, &failed) {
			t.Errorf("%s: error %v", program, err)
		}
		if said, _ := os.ReadFile(b.stderr.Name()); !strings.Contains(string(said), "yntax error") {
			t.Errorf("%s said %q", program, said)
		}
	}
}
