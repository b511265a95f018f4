//go:build linux

package startmode

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pmap/testdata/leaktest"
)

// The test binary plays the commands that the tests start, and the pmap that
// is killed: one whose argv[0] begins so is the role that follows.
const roleMark = "startmode-role:"

// patience is how long a test waits for a fact before it gives up.
const patience = 2 * time.Minute

// quickExit keeps the race detector from waiting a second at the end of each
// role for races still to happen.
const quickExit = "GORACE=atexit_sleep_ms=0"

// roles are what the test binary can play. They exit with what they return.
var roles = map[string]func() int{
	"args":    roleArgs,
	"files":   roleFiles,
	"state":   roleState,
	"refused": roleRefused,
	"pmap":    rolePmap,
	"enter":   func() int { return 7 },
}

func TestMain(m *testing.M) {
	Enter()
	if name, ok := strings.CutPrefix(os.Args[0], roleMark); ok {
		os.Exit(roles[name]())
	}
	os.Exit(leaktest.Run(m))
}

// newStarters makes each start method by name.
var newStarters = map[string]func() Starter{
	"ForkExec": func() Starter { return NewFork(ForkOptions{NoClone3: true}) },
	"clone3":   func() Starter { return NewFork(ForkOptions{}) },
}

// eachStarter runs test once per start method, each on a thread of its own.
func eachStarter(t *testing.T, test func(t *testing.T, s Starter)) {
	for name, newStarter := range newStarters {
		t.Run(name, func(t *testing.T) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			test(t, newStarter())
		})
	}
}

func list(words ...string) *Strings {
	s := new(Strings)
	for _, w := range words {
		s.AppendString(w)
	}
	return s
}

// command is a Spec that runs a program from PATH with pmap's own fds.
func command(words ...string) *Spec {
	path, err := exec.LookPath(words[0])
	if err != nil {
		path = words[0]
	}
	return &Spec{
		Path:  MakePath(path),
		Argv:  list(words...),
		Env:   list("PATH="+os.Getenv("PATH"), "LC_ALL=C"),
		Files: [3]int{0, 1, 2},
		Group: true,
	}
}

// role is a Spec by which the test binary plays a part.
func role(name string, args ...string) *Spec {
	spec := command(thisProgram())
	spec.Argv = list(append([]string{roleMark + name}, args...)...)
	return spec
}

func thisProgram() string {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return path
}

// roleCommand is the same for os/exec.
func roleCommand(name string, args ...string) *exec.Cmd {
	return &exec.Cmd{
		Path: thisProgram(),
		Args: append([]string{roleMark + name}, args...),
		Env:  []string{"PATH=" + os.Getenv("PATH"), quickExit},
	}
}

// underShell is cmd, started by a shell that has run setup before.
func underShell(setup string, cmd *exec.Cmd) *exec.Cmd {
	script := setup + `; exec -a "$0" "$@"`
	words := append([]string{"bash", "-c", script, cmd.Args[0], cmd.Path}, cmd.Args[1:]...)
	shell := exec.Command(words[0], words[1:]...)
	shell.Env = cmd.Env
	return shell
}

// mustStart starts spec.
func mustStart(t *testing.T, s Starter, spec *Spec) int {
	t.Helper()
	pid, err := s.Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// mustWait reaps the process.
func mustWait(t *testing.T, pid int) unix.WaitStatus {
	t.Helper()
	var status unix.WaitStatus
	if got, err := Wait(pid, 0, &status, nil); err != nil || got != pid {
		t.Fatalf("wait for %d: %d, %v", pid, got, err)
	}
	return status
}

// sitting starts a process that does nothing until the test is over, so that
// it can be looked at from outside. adjust may change its Spec.
func sitting(t *testing.T, s Starter, adjust func(*Spec)) int {
	t.Helper()
	spec := command("sleep", "1000")
	adjust(spec)
	pid := mustStart(t, s, spec)
	t.Cleanup(func() {
		unix.Kill(pid, unix.SIGKILL)
		mustWait(t, pid)
	})
	eventually(t, "the program runs", func() bool { return running(pid) })
	return pid
}

// running reports whether the process is through with its execve. The parent
// goes on earlier, as soon as the child has left its memory; fds with CLOEXEC
// may still be open then.
func running(pid int) bool {
	cmdline, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return len(cmdline) > 0
}

func openFile(t *testing.T, name string, flags int) int {
	t.Helper()
	fd, err := unix.Open(name, flags|unix.O_CLOEXEC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// output runs spec and returns what it writes to fds 1 and 2, and how it ends.
func output(t *testing.T, s Starter, spec *Spec) (string, unix.WaitStatus) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	spec.Files[1], spec.Files[2] = int(w.Fd()), int(w.Fd())
	pid, err := s.Start(spec)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), mustWait(t, pid)
}

// succeed fails the test if cmd does, with what it had to say.
func succeed(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, stderr.Bytes())
	}
	return string(out)
}

// statusField is a line of /proc/PID/status, its value.
func statusField(t testing.TB, pid int, name string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	return fieldOf(string(text), name)
}

func fieldOf(status, name string) string {
	for line := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// signalSet is a set of signals as /proc/PID/status writes it.
func signalSet(sigs ...unix.Signal) string {
	var set uint64
	for _, sig := range sigs {
		set |= 1 << (sig - 1)
	}
	return fmt.Sprintf("%016x", set)
}

// ignoredByTests is what every job ignores because whoever started the tests
// did.
func ignoredByTests() (sigs []unix.Signal) {
	for sig := unix.Signal(1); sig <= 64; sig++ {
		if IgnoredAtStart(sig) {
			sigs = append(sigs, sig)
		}
	}
	return sigs
}

// lookUp finds a process in the process table.
func lookUp(pid int) (found process) {
	eachProcess(func(p process) {
		if p.pid == pid {
			found = p
		}
	})
	return found
}

// A watch tells when a process, not necessarily a child, has ended.
type watch struct{ pid, fd int }

// watchPID is made while the process is known to exist.
func watchPID(t *testing.T, pid int) watch {
	t.Helper()
	fd, err := OpenPIDFD(pid)
	if err != nil {
		t.Fatalf("pidfd of %d: %v", pid, err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return watch{pid, fd}
}

// ends waits until the process has ended.
func (w watch) ends(t *testing.T) {
	t.Helper()
	if !w.endsWithin(patience) {
		t.Errorf("process %d is still there: %+v %s", w.pid, lookUp(w.pid), statusField(t, w.pid, "Name"))
	}
}

func (w watch) endsWithin(d time.Duration) bool {
	set := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(set, int(d/time.Millisecond))
		if err != unix.EINTR {
			return n > 0
		}
	}
}

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// complain is how a role reports what is wrong.
func complain(format string, args ...any) int {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	return 1
}

// roleArgs writes its arguments and its environment, each with a NUL.
func roleArgs() int {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, word := range os.Args {
		out.WriteString(word)
		out.WriteByte(0)
	}
	environ, err := os.ReadFile("/proc/self/environ")
	if err != nil {
		return complain("%v", err)
	}
	out.Write(environ)
	return 0
}

// numbers reads n of them.
func numbers(t *testing.T, r io.Reader, n int) []int {
	t.Helper()
	out := make([]int, n)
	for i := range out {
		if _, err := fmt.Fscan(r, &out[i]); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// script writes an executable file.
func script(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
