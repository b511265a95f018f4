//go:build linux && (amd64 || arm64)

package startmode

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"pmap/testdata/leaktest"
)

// A child whose parent is not the pmap that wrote its program ends before it
// execs.
func TestChildNoticesThatPmapIsGone(t *testing.T) {
	if !vforkTried {
		t.Skip("not in use here")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	f := newVforker()
	f.ppid = os.Getppid()
	trace := filepath.Join(t.TempDir(), "trace")
	if pid, err := f.Start(command("touch", trace)); err == nil {
		t.Errorf("process %d was started", pid)
	}
	if _, err := os.Stat(trace); err == nil {
		t.Error("the program has run")
	}
	if err := leaktest.Children(); err != nil {
		t.Error(err)
	}
}

// A signal that comes for the child before its execve ends it as it would end
// the program, and is no failure of the start.
func TestChildIsKilledBeforeItRuns(t *testing.T) {
	if !vforkTried {
		t.Skip("not in use here")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p := newProgram()
	spec := command("true")
	if err := p.write(spec, os.Getpid()); err != nil {
		t.Fatal(err)
	}
	execve := p.steps[p.n-1]
	p.n--
	p.add(step{nr: unix.SYS_PRCTL, a: unix.PR_SET_SECCOMP, b: unix.SECCOMP_MODE_STRICT})
	p.add(execve) // which is not allowed any more
	pid := vfork(p)
	runtime.KeepAlive(spec)
	if p.failed != 0 || pid <= 0 {
		t.Fatalf("pid %d, failed step %#x", pid, p.failed)
	}
	if status := mustWait(t, pid); status.Signal() != unix.SIGKILL {
		t.Errorf("status %#x", status)
	}
}
