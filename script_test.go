package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"pmap/startmode"
)

// patience is how long a test waits for a fact before it gives up. A machine may
// be busy with much else.
const patience = 3 * time.Minute

// quickExit lets a pmap that is built to find races end at once, not after a
// second.
const quickExit = "GORACE=atexit_sleep_ms=0"

var built string // the directory of the pmap under test

// binDir is that directory, for tests.
var binDir = sync.OnceValue(func() string {
	noteSources()
	return built
})

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	name, value, _ := strings.Cut(quickExit, "=")
	os.Setenv(name, value)
	keepInherited()
	endIgnoring()
	dir, err := os.MkdirTemp("", "pmap-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	args := append([]string{"build", "-buildvcs=false", "-o", filepath.Join(dir, "pmap")}, raceFlag...)
	build := exec.Command("go", append(args, ".")...)
	build.Stderr = os.Stderr
	if len(raceFlag) == 0 {
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released
	}
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot build pmap:", err)
		return 1
	}
	built = dir
	code := m.Run()
	if err := leftProcesses(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// noteSources looks at what pmap is built of. The go command remembers what tests
// have looked at, and shows no earlier result once that has changed.
func noteSources() {
	filepath.WalkDir(".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name != "." && strings.HasPrefix(name, "."):
			return filepath.SkipDir
		case slices.Contains([]string{".go", ".s", ".sh", ".py"}, filepath.Ext(name)):
			os.Stat(name)
		}
		return nil
	})
}

// keepInherited keeps the files that the tests were started with, such as a
// jobserver's pipe, from what they start: pmap counts what is open.
func keepInherited() {
	names, _ := filepath.Glob("/dev/fd/[0-9]*")
	for _, name := range names {
		if fd, err := strconv.Atoi(filepath.Base(name)); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}

// endIgnoring gives what the tests start the default of signals that whoever
// started the tests ignores: a shell without job control for what it runs in the
// background, or nohup. pmap would keep ignoring them.
func endIgnoring() {
	for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGHUP, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGCONT} {
		if startmode.IgnoredAtStart(sig) {
			signal.Notify(make(chan os.Signal, 1), sig) // what is caught is reset by exec
		}
	}
}

// TestScripts runs every testdata/script/*.txtar against the built program.
// After each, nothing may be left: no process that carries the script's mark
// in its environment, no file in its temporary folder.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"waitfor": waitFor,
			"gone":    gone,
			"lines":   lines,
		},
	})
}

func setup(env *testscript.Env) error {
	mark := fmt.Sprintf("pmap-test-%d-%d", os.Getpid(), time.Now().UnixNano())
	tmp := filepath.Join(env.WorkDir, ".tmp")
	if err := os.MkdirAll(tmp, 0o777); err != nil {
		return err
	}
	env.Setenv("PMAP_TEST_MARK", mark)
	env.Setenv("TMPDIR", tmp)
	env.Setenv("PATH", binDir()+string(os.PathListSeparator)+os.Getenv("PATH"))
	env.Setenv("LC_ALL", "C")
	env.Vars = append(env.Vars, quickExit)
	env.Setenv("PMAP_NO_CLONE3", os.Getenv("PMAP_NO_CLONE3"))
	env.Defer(func() {
		t := env.T()
		for _, left := range waitGone(mark) {
			t.Log("left behind: " + left)
			t.FailNow()
		}
		if names, _ := filepath.Glob(filepath.Join(tmp, "*")); len(names) > 0 {
			t.Log("left in TMPDIR:", names)
			t.FailNow()
		}
	})
	return nil
}

// condition knows [root], [race] and [unshare]: whether mounts may be made that
// nobody else sees, which a container's root often may not.
func condition(cond string) (bool, error) {
	switch cond {
	case "root":
		return os.Geteuid() == 0, nil
	case "race":
		return len(raceFlag) > 0, nil
	case "unshare":
		return exec.Command("unshare", "-m", "true").Run() == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

// exits STATUS COMMAND…: the command must exit with just that status, or die
// by that signal (SIGINT).
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	if got := ended(ts, err); got != args[0] {
		ts.Fatalf("%s ended with %s, not with %s", args[1], got, args[0])
	}
}

func ended(ts *testscript.TestScript, err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "0"
	case !errors.As(err, &exit):
		ts.Fatalf("%v", err)
	}
	ws := exit.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return unix.SignalName(ws.Signal())
	}
	return strconv.Itoa(ws.ExitStatus())
}

// waitfor FILE…: waits until each exists and isn't empty.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		path := ts.MkAbs(name)
		until(ts, "the file "+name, func() bool {
			st, err := os.Stat(path)
			return err == nil && st.Size() > 0
		})
	}
}

// gone FILE…: each holds pids; waits until none of these processes is there.
func gone(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		for _, pid := range strings.Fields(ts.ReadFile(name)) {
			until(ts, "the end of process "+pid, func() bool { return !alive(pid) })
		}
	}
}

// lines N FILE: the file has N lines.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: lines N FILE")
	}
	if got := strconv.Itoa(strings.Count(ts.ReadFile(args[1]), "\n")); (got == args[0]) == neg {
		ts.Fatalf("%s has %s lines", args[1], got)
	}
}

func until(ts *testscript.TestScript, what string, fact func() bool) {
	for end := time.Now().Add(patience); !fact(); {
		if time.Now().After(end) {
			ts.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// alive reports whether a process is there and isn't a zombie.
func alive(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}

// goneWait is how long processes may take to end after a test: less than what is
// left behind would go on by itself.
const goneWait = 20 * time.Second

// waitGone waits a little for every process that has mark in its environment
// to end, and describes those that don't.
func waitGone(mark string) []string {
	var left []string
	for end := time.Now().Add(goneWait); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if left = marked(mark); len(left) == 0 {
			return nil
		}
	}
	return left
}

func marked(mark string) []string {
	var found []string
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environs {
		pid := filepath.Base(filepath.Dir(path))
		env, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(env, []byte(mark)) || !alive(pid) {
			continue
		}
		cmdline, _ := os.ReadFile("/proc/" + pid + "/cmdline")
		found = append(found, pid+" "+string(bytes.ReplaceAll(cmdline, []byte{0}, []byte{' '})))
	}
	return found
}
