package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A run is pmap, or a program around it, under the eyes of a test. Everything
// that it starts inherits a mark in its environment, and is gone when the test
// ends, unless the test says otherwise.
type run struct {
	t        *testing.T
	dir      string // working directory, where jobs leave facts as files
	mark     string
	cmd      *exec.Cmd
	out, err text
	ended    chan struct{} // closed once cmd has been waited for
}

// A text is what a run has written so far.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// prepare makes a run of a command line that has not been started yet. Its
// stdin is empty.
func prepare(t *testing.T, words ...string) *run {
	t.Helper()
	t.Parallel()
	r := &run{t: t, dir: t.TempDir(), ended: make(chan struct{})}
	r.mark = fmt.Sprintf("pmap-test-%d-%d-%s", os.Getpid(), time.Now().UnixNano(), filepath.Base(t.Name()))
	tmp := filepath.Join(r.dir, ".tmp")
	if err := os.Mkdir(tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	if words[0] == "pmap" {
		words[0] = filepath.Join(binDir(), "pmap")
	}
	r.cmd = exec.Command(words[0], words[1:]...)
	r.cmd.Dir = r.dir
	r.cmd.Env = append(os.Environ(), "PMAP_TEST_MARK="+r.mark, "TMPDIR="+tmp, "LC_ALL=C", quickExit,
		"PATH="+binDir()+string(os.PathListSeparator)+os.Getenv("PATH"))
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.err
	r.cmd.WaitDelay = patience
	t.Cleanup(r.cleanUp)
	return r
}

// begin starts what was prepared.
func (r *run) begin() *run {
	r.t.Helper()
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	go func() {
		r.cmd.Wait()
		close(r.ended)
	}()
	return r
}

func start(t *testing.T, words ...string) *run {
	t.Helper()
	return prepare(t, words...).begin()
}

// cleanUp holds that nothing is left, and ends what is.
func (r *run) cleanUp() {
	if r.cmd.Process == nil {
		return
	}
	if r.t.Failed() {
		r.t.Logf("stdout: %.2000q\nstderr: %.4000s", r.out.String(), r.err.String())
		r.cmd.Process.Kill()
	}
	left := waitGone(r.mark)
	for _, line := range left {
		r.t.Errorf("left behind: %s", line)
		pid, _, _ := strings.Cut(line, " ")
		r.kill(pid)
	}
	if names, _ := filepath.Glob(filepath.Join(r.dir, ".tmp", "*")); len(names) > 0 {
		r.t.Errorf("left in TMPDIR: %q", names)
	}
}

func (r *run) kill(pid string) {
	n, err := strconv.Atoi(pid)
	if err != nil || n <= 1 {
		r.t.Fatalf("no pid: %q", pid)
	}
	unix.Kill(n, unix.SIGKILL)
}

func (r *run) pid() int { return r.cmd.Process.Pid }

func (r *run) signal(sig unix.Signal) {
	r.t.Helper()
	if err := unix.Kill(r.pid(), sig); err != nil {
		r.t.Fatalf("%v: %v", sig, err)
	}
}

// until waits for a fact.
func (r *run) until(what string, fact func() bool) {
	r.t.Helper()
	for end := time.Now().Add(patience); !fact(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// file waits until a file isn't empty, and returns its words.
func (r *run) file(name string) []string {
	r.t.Helper()
	var words []string
	r.until("the file "+name, func() bool {
		over := r.over()
		b, _ := os.ReadFile(filepath.Join(r.dir, name))
		words = strings.Fields(string(b))
		there := len(b) > 0 && b[len(b)-1] == '\n'
		if over && !there {
			r.t.Fatalf("it ended without writing the file %s", name)
		}
		return there
	})
	return words
}

// over reports whether it has ended.
func (r *run) over() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// pidIn waits for a file that holds a pid.
func (r *run) pidIn(name string) string {
	r.t.Helper()
	return r.file(name)[0]
}

// write makes a fact that jobs wait for.
func (r *run) write(name, content string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(content), 0o777); err != nil {
		r.t.Fatal(err)
	}
}

// says waits until stderr holds a text.
func (r *run) says(part string) {
	r.t.Helper()
	r.until(fmt.Sprintf("%q on stderr", part), func() bool { return strings.Contains(r.err.String(), part) })
}

// prints waits until stdout is exactly this.
func (r *run) prints(all string) {
	r.t.Helper()
	r.until(fmt.Sprintf("%q on stdout", all), func() bool { return r.out.String() == all })
}

// gone waits until a process has ended.
func (r *run) gone(pid string) {
	r.t.Helper()
	r.until("the end of process "+pid, func() bool { return !alive(pid) })
}

// end waits for the end and returns the status, or the signal's name.
func (r *run) end() string {
	r.t.Helper()
	select {
	case <-r.ended:
	case <-time.After(patience):
		r.t.Fatal("it doesn't end")
	}
	return statusName(r.cmd.ProcessState)
}

func statusName(st *os.ProcessState) string {
	ws := st.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return unix.SignalName(ws.Signal())
	}
	return strconv.Itoa(ws.ExitStatus())
}

// ends holds how the run ends and what it has written by then.
func (r *run) ends(status, stdout, stderr string) {
	r.t.Helper()
	if got := r.end(); got != status {
		r.t.Errorf("ended with %s, not with %s", got, status)
	}
	r.wrote("stdout", r.out.String(), stdout)
	r.wrote("stderr", r.err.String(), stderr)
}

func (r *run) wrote(what, got, want string) {
	r.t.Helper()
	if got != want {
		r.t.Errorf("%s:\n%.2000s\nwanted:\n%.2000s", what, got, want)
	}
}

// numbers is what seq prints.
func numbers(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

// children are the processes whose parent is pid.
func children(pid int) (pids []string) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	return pids
}

// guardian waits until pmap has its guardian, and returns its pid.
func (r *run) guardian() (pid string) {
	r.t.Helper()
	r.until("the guardian", func() bool {
		for _, pid = range children(r.pid()) {
			comm, _ := os.ReadFile("/proc/" + pid + "/comm")
			if strings.HasPrefix(string(comm), "pmap-guardian") {
				return true
			}
		}
		return false
	})
	return pid
}

// feed makes the run's stdin a pipe, which the test writes to.
func (r *run) feed() io.WriteCloser {
	r.t.Helper()
	in, err := r.cmd.StdinPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	return in
}

// processes are those that run the pmap under test, guardians included.
func processes() (found []string) {
	exes, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, path := range exes {
		pid := filepath.Base(filepath.Dir(path))
		if exe, err := os.Readlink(path); err == nil && exe == filepath.Join(binDir(), "pmap") && alive(pid) {
			found = append(found, pid)
		}
	}
	return found
}

// leftProcesses waits for the last of them.
func leftProcesses() error {
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		left := processes()
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(end) {
			return errors.New("left behind: pmap as process " + strings.Join(left, ", "))
		}
	}
}
