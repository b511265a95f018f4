package main_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// A terminal is a run that leads a session on a pseudoterminal, whose other
// end the test holds. What appears there is the run's out.
type terminal struct {
	*run
	keys    *os.File
	drained chan struct{} // closed once nobody has the terminal open any more
}

// onTerminal starts words as somebody at a terminal would.
func onTerminal(t *testing.T, words ...string) *terminal {
	t.Helper()
	r := prepare(t, words...)
	return r.onTerminal(func(tty *os.File) {
		r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = tty, tty, tty
	})
}

// onTerminal starts a prepared run, with the files that connect gives it, as
// the leader of a session.
func (r *run) onTerminal(connect func(tty *os.File)) *terminal {
	r.t.Helper()
	keys, tty, err := pty.Open()
	if err != nil {
		r.t.Fatal(err)
	}
	pty.Setsize(keys, &pty.Winsize{Rows: 50, Cols: 200})
	keys = nonBlocking(r.t, keys)
	r.t.Cleanup(func() { keys.Close() })
	keepOutput(r.t, tty)
	connect(tty)
	r.cmd.Env = append(r.cmd.Env, "TERM=xterm", "PS1=$ ", "HISTFILE=", "INPUTRC=/dev/null")
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: ttyFD(r.cmd.Stdin, tty)}
	r.begin()
	tty.Close()
	x := &terminal{r, keys, make(chan struct{})}
	go func() {
		defer close(x.drained)
		io.Copy(&r.out, keys) // EIO is its end
	}()
	return x
}

// keepOutput keeps a terminal from dropping what is on its way when a key sends a
// signal. What the signalled say at once could be among that.
func keepOutput(t *testing.T, tty *os.File) {
	t.Helper()
	modes, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err == nil {
		modes.Lflag |= unix.NOFLSH
		err = unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, modes)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// end waits until all that was written has been read, too.
func (x *terminal) end() string {
	x.t.Helper()
	status := x.run.end()
	select {
	case <-x.drained:
	case <-time.After(patience):
		x.t.Fatal("somebody still holds the terminal")
	}
	return status
}

// ends holds how the run ends and what can be read by then. Where it takes long,
// it shows its progress meanwhile.
func (x *terminal) ends(status, shown string) {
	x.t.Helper()
	if got := x.end(); got != status {
		x.t.Errorf("ended with %s, not with %s", got, status)
	}
	x.wrote("screen", screen(x.out.String()), shown)
}

// nonBlocking returns f as a file whose Close doesn't wait for a Read.
func nonBlocking(t *testing.T, f *os.File) *os.File {
	t.Helper()
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), f.Name())
}

// ttyFD is the child's fd that is the terminal: its stdin, or else its stderr.
func ttyFD(stdin any, tty *os.File) int {
	if stdin == any(tty) {
		return 0
	}
	return 2
}

// shell starts an interactive shell with job control.
func shell(t *testing.T) *terminal {
	t.Helper()
	return onTerminal(t, "bash", "--norc", "--noprofile", "-i")
}

func (x *terminal) types(keys string) {
	x.t.Helper()
	if _, err := x.keys.WriteString(keys); err != nil {
		x.t.Fatal(err)
	}
}

// shows waits until something has appeared.
func (x *terminal) shows(part string) {
	x.t.Helper()
	x.until(fmt.Sprintf("%q on the terminal", part), func() bool { return strings.Contains(x.out.String(), part) })
}

// screen is what can be read on a terminal after all that was written to it:
// its lines, without what was erased or written over.
func screen(written string) string {
	var lines []string
	line, col := []byte{}, 0
	for i := 0; i < len(written); i++ {
		switch c := written[i]; {
		case c == '\n':
			lines, line, col = append(lines, string(line)), nil, 0
		case c == '\r':
			col = 0
		case strings.HasPrefix(written[i:], "\x1b[K"):
			line = line[:col]
			i += len("\x1b[K") - 1
		default:
			line = append(line[:col], append([]byte{c}, line[min(col+1, len(line)):]...)...)
			col++
		}
	}
	return strings.Join(append(lines, string(line)), "\n")
}

// state is a process's state, as ps shows it; empty if it is gone.
func state(pid string) string {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return rest[:1]
}

// TestCtrlC types Ctrl-C while pmap runs in the foreground of a shell. The
// jobs, which the terminal doesn't signal, are ended by pmap, and the shell
// learns that pmap died by INT.
func TestCtrlC(t *testing.T) {
	x := shell(t)
	x.types("pmap -j2 'echo $$ > pid.{}; exec sleep 1000' ::: 1 2 3; echo not reached\n")
	pids := []string{x.pidIn("pid.1"), x.pidIn("pid.2")}
	x.presses("\x03", "^C")
	x.shows("pmap: interrupted: 0 of 3 done; not finished: #1-#3\r\n")
	for _, pid := range pids {
		x.gone(pid)
	}
	x.types("echo status=$?; exit 0\n")
	x.shows("status=130\r\n")
	if got := x.end(); got != "0" || strings.Contains(x.out.String(), "\nnot reached") {
		t.Errorf("the shell ended with %s and showed %q", got, x.out.String())
	}
	if !strings.Contains(x.out.String(), "pmap: interrupted: ending 2 jobs; again to kill\r\n") {
		t.Errorf("nothing said that the jobs are being ended: %q", x.out.String())
	}
}

// TestCtrlCTwice: the second one kills what ignores the first.
func TestCtrlCTwice(t *testing.T) {
	x := shell(t)
	x.types("pmap --kill-after 1h '" + `trap "" INT TERM; echo $$ > pid; sleep 1000; : {}` + "' ::: 1\n")
	pid := x.pidIn("pid")
	x.presses("\x03", "^C")
	x.shows("again to kill\r\n")
	x.presses("\x03", "^C")
	x.gone(pid)
	x.types("echo status=$?; exit 0\n")
	x.shows("status=130\r\n")
	x.end()
}

// readsFifo is a job that waits without any child: a shell that has just begun
// to start a program isn't shown as stopped.
const readsFifo = `exec 3<>fifo; echo $$ $PPID > pids; read x <&3; echo {} $x`

// fifo makes what readsFifo reads.
func (r *run) fifo() {
	r.t.Helper()
	if err := unix.Mkfifo(filepath.Join(r.dir, "fifo"), 0o666); err != nil {
		r.t.Fatal(err)
	}
}

// presses types a control key, once more where the terminal has swallowed it: a
// shell that hands its terminal over may do that.
func (x *terminal) presses(key, echo string) {
	x.t.Helper()
	pressed, before := time.Time{}, strings.Count(x.out.String(), echo)
	x.until("the echo "+echo, func() bool {
		if time.Since(pressed) > patience/10 {
			x.types(key)
			pressed = time.Now()
		}
		return strings.Count(x.out.String(), echo) > before
	})
}

// stop types Ctrl-Z and waits until the processes stand still.
func (x *terminal) stop(pids []string) {
	x.t.Helper()
	x.presses("\x1a", "^Z")
	for _, pid := range pids {
		x.until("process "+pid+" to stop", func() bool { return state(pid) == "T" })
	}
}

// TestCtrlZ stops a run and lets it go on: the jobs stop too, and the time
// that they stood still doesn't count for their timeout.
func TestCtrlZ(t *testing.T) {
	const timeout = 10 * time.Second // to stop it and, later, to let it end
	x := shell(t)
	x.fifo()
	x.types("pmap --timeout 10 '" + readsFifo + "' ::: 1\n")
	pids := x.file("pids")
	stopped := time.Now()
	x.stop(pids)
	x.until("a time longer than the timeout", func() bool { return time.Since(stopped) > timeout+timeout/4 })
	x.types("fg\n")
	for _, pid := range pids {
		x.until("process "+pid+" to go on", func() bool { return state(pid) != "T" })
	}
	x.write("fifo", "went on\n")
	x.shows("1 went on\r\n")
	x.types("echo status=$?; exit 0\n")
	x.shows("status=0\r\n")
	x.end()
}

// TestCtrlZThenKilled ends a run that stands still: TERM reaches jobs that are
// stopped.
func TestCtrlZThenKilled(t *testing.T) {
	x := shell(t)
	x.fifo()
	x.types("pmap '" + readsFifo + "' ::: 1\n")
	pids := x.file("pids")
	x.stop(pids)
	x.types("kill %1; bg\n")
	for _, pid := range pids {
		x.gone(pid)
	}
	x.types("exit 0\n")
	x.end()
}

// TestHangUp closes the terminal under a run.
func TestHangUp(t *testing.T) {
	x := onTerminal(t, "pmap", "--kill-after", "0.2", `trap "" HUP; echo $$ > pid; sleep 1000; : {}`, ":::", "1")
	pid := x.pidIn("pid")
	x.keys.Close()
	if got := x.end(); got != "SIGHUP" {
		t.Errorf("ended with %s", got)
	}
	x.gone(pid)
}

// TestHangUpOfShell closes the terminal of a shell in which a run is going on:
// the kernel and the shell both send HUP, and jobs still have their grace.
func TestHangUpOfShell(t *testing.T) {
	x := shell(t)
	x.types("pmap --kill-after 1h '" + `trap "sleep 0.2; echo gracefully > ended; exit" TERM; echo $$ $PPID > pids; while :; do sleep 0.01; done; : {}` + "' ::: 1\n")
	pids := x.file("pids")
	x.keys.Close()
	for _, pid := range pids {
		x.gone(pid)
	}
	x.file("ended")
	x.end()
}

// TestWantsTerminal holds that a job which wants the terminal fails instead of
// standing still, by reading from it and by setting it, and that others go on.
func TestWantsTerminal(t *testing.T) {
	for name, want := range map[string]string{"reads": "read x < /dev/tty", "sets": "stty -echo < /dev/tty"} {
		t.Run(name, func(t *testing.T) {
			x := onTerminal(t, "pmap", "-j2", "case {} in 2) echo asking; "+want+"; echo asked;; *) echo {};; esac", ":::", "1", "2", "3")
			x.ends("123", "1\nasking\n3\n"+
				"pmap: 1 of 3 failed (1 wanted the terminal); first #2, wanted the terminal: use -o, sudo -n, ssh -o BatchMode=yes: "+
				"case 2 in 2) echo asking; "+want+"; echo asked;; *) echo 2;; esac\n")
		})
	}
}

// TestOwnTerminal holds that -o gives the terminal to one job after the other.
func TestOwnTerminal(t *testing.T) {
	x := shell(t)
	x.types("seq 2 | pmap -o 'echo job {} asks; read x; echo job {} got $x; tty -s && echo it is a terminal'; echo status=$?\n")
	x.shows("job 1 asks\r\n")
	x.types("one\n")
	x.shows("job 1 got one\r\nit is a terminal\r\njob 2 asks\r\n")
	x.types("two\n")
	x.shows("job 2 got two\r\nit is a terminal\r\nstatus=0\r\n")
	x.types("exit 0\n")
	x.end()
}

// TestOwnTerminalCtrlC: such a job is in the foreground with pmap.
func TestOwnTerminalCtrlC(t *testing.T) {
	x := shell(t)
	x.types("pmap -o 'echo $$ > pid; read x; echo {} $x' ::: 1 2\n")
	pid := x.pidIn("pid")
	x.presses("\x03", "^C")
	x.gone(pid)
	x.shows("pmap: interrupted: 0 of 2 done; not finished: #1-#2\r\n")
	x.types("echo status=$?; exit 0\n")
	x.shows("status=130\r\n")
	x.end()
}

// TestWithoutTerminal holds that -o says so where there is none.
func TestWithoutTerminal(t *testing.T) {
	r := start(t, "setsid", "-w", "pmap", "-o", "echo", ":::", "1")
	r.ends("2", "", "pmap: -o gives jobs the terminal, and there is none: cannot open \"/dev/tty\": no such device or address\n"+
		"pmap: hint: leave -o out; to give each job a file to read: --stdin {}\n")
}

// waitsForGo is a job that the others wait behind.
const waitsForGo = `case {} in 1) until test -e go; do sleep 0.01; done; esac; echo out {}`

// TestTransientLine holds that a run of more than two seconds shows how far it
// is, and that nothing of it stays.
func TestTransientLine(t *testing.T) {
	begin := time.Now()
	x := onTerminal(t, "pmap", "-j2", waitsForGo, ":::", "1", "2", "3")
	x.shows("[2/3  1 running]  waiting for #1 case 1 in")
	if took := time.Since(begin); took < 2*time.Second {
		t.Errorf("it appeared after %v", took)
	}
	x.shows("2 done behind it")
	x.write("go", "\n")
	if got := x.end(); got != "0" {
		t.Errorf("ended with %s", got)
	}
	x.wrote("screen", screen(x.out.String()), "out 1\nout 2\nout 3\n")
}

// TestTransientLineBesideOutput: the output goes to a file, the line to the
// terminal.
func TestTransientLineBesideOutput(t *testing.T) {
	r := prepare(t, "pmap", "--progress", "-j2", waitsForGo, ":::", "1", "2", "3")
	out, err := os.Create(filepath.Join(r.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	x := r.onTerminal(func(tty *os.File) { r.cmd.Stdout, r.cmd.Stderr = out, tty })
	x.shows("66% |====")
	x.shows("[2/3  1 running]  waiting for #1 ")
	x.write("go", "\n")
	if got := x.end(); got != "0" {
		t.Errorf("ended with %s", got)
	}
	x.wrote("screen", screen(x.out.String()), "")
	b, _ := os.ReadFile(out.Name())
	x.wrote("output", string(b), "out 1\nout 2\nout 3\n")
}

// TestNoTransientLine: where it wasn't wanted, where the output goes into a
// pipe whose reader may show something of its own, where pmap runs in the
// background, and where jobs write to the terminal themselves.
func TestNoTransientLine(t *testing.T) {
	for name, line := range map[string]string{
		"no-progress": "pmap --no-progress '%s' ::: 1 2 3",
		"pipe":        "pmap '%s' ::: 1 2 3 | cat",
		"background":  "pmap '%s' ::: 1 2 3 & wait",
		"ungrouped":   "pmap -u '%s' ::: 1 2 3",
		"dumb":        "TERM=dumb pmap '%s' ::: 1 2 3",
	} {
		t.Run(name, func(t *testing.T) {
			x := shell(t)
			begin := time.Now()
			x.types(fmt.Sprintf(line, waitsForGo) + "\n")
			x.until("a time in which the line would have come", func() bool { return time.Since(begin) > 2500*time.Millisecond })
			x.write("go", "\n")
			x.shows("out 3\r\n")
			x.types("exit 0\n")
			x.end()
			if strings.Contains(x.out.String(), "running]") {
				t.Errorf("it showed: %q", x.out.String())
			}
		})
	}
}

// TestProgressOffTerminal holds that --progress elsewhere leaves short runs
// alone.
func TestProgressOffTerminal(t *testing.T) {
	r := start(t, "pmap", "--progress", "echo", ":::", "1", "2")
	r.ends("0", "1\n2\n", "")
}

// TestStoppedByOthers holds that a job which somebody stops is waited for.
func TestStoppedByOthers(t *testing.T) {
	x := onTerminal(t, "pmap", `echo $$ > pid; until test -e go; do sleep 0.01; done; echo {} went on`, ":::", "1")
	pid, _ := strconv.Atoi(x.pidIn("pid"))
	unix.Kill(pid, unix.SIGSTOP)
	x.until("the job to stop", func() bool { return state(strconv.Itoa(pid)) == "T" })
	x.write("go", "\n")
	unix.Kill(pid, unix.SIGCONT)
	x.ends("0", "1 went on\n")
}

// TestItemsTyped reads items from the terminal: each runs when its line ends.
func TestItemsTyped(t *testing.T) {
	for key, status := range map[string]string{"\x04": "0", "\x03": "SIGINT", "\x1c": "SIGQUIT"} {
		t.Run(status, func(t *testing.T) {
			x := onTerminal(t, "sh", "-c", "ulimit -c 0; exec pmap echo got")
			x.shows("pmap: reading items from the terminal, one a line, up to Ctrl-D; to give them as words: pmap COMMAND ::: ITEM...\r\n")
			x.types("one\n")
			x.shows("got one\r\n")
			x.types(key)
			if got := x.end(); got != status {
				t.Errorf("ended with %s", got)
			}
		})
	}
}

// TestItemsTypedInBackground holds that a run which reads from the terminal in
// the background stands still, and reads on in the foreground.
func TestItemsTypedInBackground(t *testing.T) {
	x := shell(t)
	x.types("sh -c 'echo $$ > pid; exec pmap echo got' & until test -e go; do sleep 0.01; done\n")
	pid := x.pidIn("pid")
	x.shows("up to Ctrl-D")
	x.types(":\n") // which the shell leaves unread for now
	x.until("it to stop", func() bool { return state(pid) == "T" })
	x.write("go", "\n")
	x.types("fg\n")
	x.until("it to go on", func() bool { return state(pid) != "T" })
	x.types("one\n")
	x.shows("got one\r\n")
	x.types("\x04")
	x.gone(pid)
	x.types("exit 0\n")
	x.end()
}

// TestItemsTypedUnderTimeout holds that timeout, which starts its command in a
// group in the background, ends it.
func TestItemsTypedUnderTimeout(t *testing.T) {
	x := onTerminal(t, "sh", "-c", "timeout 1 pmap echo; echo rc=$?")
	x.types("\x04")
	x.shows("rc=124\r\n")
	x.end()
}

// TestRedTags holds that the tags of failed jobs are red on a terminal, and only
// where nobody has asked for no colours.
func TestRedTags(t *testing.T) {
	const command = `pmap --quiet -j1 --unordered --tag 'echo {}; exit {}' ::: 0 1`
	for name, c := range map[string]struct{ line, shown string }{
		"terminal": {"unset NO_COLOR; " + command, "0\t0\r\n\x1b[31m1\x1b[0m\t1\r\n"},
		"no color": {"NO_COLOR=1 " + command, "0\t0\r\n1\t1\r\n"},
		"empty":    {"NO_COLOR= " + command, "0\t0\r\n\x1b[31m1\x1b[0m\t1\r\n"},
		"dumb":     {"TERM=dumb " + command, "0\t0\r\n1\t1\r\n"},
		"pipe":     {"unset NO_COLOR; " + command + " | cat", "0\t0\r\n1\t1\r\n"},
		"never":    {strings.Replace(command, "--tag", "--tag --color never", 1), "0\t0\r\n1\t1\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			x := onTerminal(t, "sh", "-c", c.line)
			x.end()
			if got := x.out.String(); got != c.shown {
				t.Errorf("the terminal got %q, want %q", got, c.shown)
			}
		})
	}
}
