//go:build linux

package startmode

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"pmap/ipc"
)

// rolePmap is a pmap that runs one job, a shell script, until it is killed. In
// the other cells of its table stand a process of its own group and a
// stranger; a bystander stands in none. It prints the pids of all these when
// the job is in its cell.
func rolePmap() int {
	runtime.LockOSThread()
	table, err := ipc.NewTable(3)
	if err != nil {
		return complain("%v", err)
	}
	guardian := &Guardian{}
	if os.Args[2] == "guarded" {
		if guardian, err = StartGuardian(table, ""); err != nil {
			return complain("%v", err)
		}
	}
	listed, bystander := exec.Command("sleep", "1000"), exec.Command("sleep", "1000")
	if listed.Start() != nil || bystander.Start() != nil {
		return complain("cannot start sleep")
	}
	stranger, _ := strconv.Atoi(os.Args[3])
	atomic.StoreInt32(table.Cell(1), int32(listed.Process.Pid))
	atomic.StoreInt32(table.Cell(2), int32(stranger))
	r, w, err := os.Pipe()
	if err != nil {
		return complain("%v", err)
	}
	job := command("sh", "-c", "sleep 1000 & echo $!; setsid sleep 1000 & echo $!; wait")
	job.Files[1] = int(w.Fd())
	job.Cell = table.Cell(0)
	pid, err := newStarters[os.Args[1]]().Start(job)
	if err != nil {
		return complain("%v", err)
	}
	var grandchild, daemon int
	if _, err := fmt.Fscan(r, &grandchild, &daemon); err != nil {
		return complain("%v", err)
	}
	fmt.Println(guardian.pid, listed.Process.Pid, bystander.Process.Pid, pid, grandchild, daemon)
	io.Copy(io.Discard, os.Stdin) // until the tests are gone
	return 0
}

// A victim is a pmap that runs, and all that belongs to it.
type victim struct {
	pmap, job, grandchild, daemon watch
	guardian                      int
	listed, bystander, stranger   watch
	lock                          string // where a pipe leads that pmap was given
}

// startVictim starts a pmap in a group of its own. Everything ends with the
// test.
func startVictim(t *testing.T, starter, guarded string) victim {
	t.Helper()
	stranger := exec.Command("sleep", "1000")
	stranger.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stranger.Process.Kill(); stranger.Wait() })
	lockR, lockW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer lockR.Close()
	defer lockW.Close()

	cmd := roleCommand("pmap", starter, guarded, strconv.Itoa(stranger.Process.Pid))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.ExtraFiles = []*os.File{nil, nil, nil, nil, lockW}
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	v := victim{lock: linkOf(os.Getpid(), int(lockW.Fd()))}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	pids := numbers(t, out, 6)
	v.guardian = pids[0]
	v.pmap, v.stranger = watchPID(t, cmd.Process.Pid), watchPID(t, stranger.Process.Pid)
	for i, w := range []*watch{&v.listed, &v.bystander, &v.job, &v.grandchild, &v.daemon} {
		*w = watchPID(t, pids[i+1])
		t.Cleanup(func() { unix.PidfdSendSignal(w.fd, unix.SIGKILL, nil, 0) })
	}
	eventually(t, "the daemon has its own session", func() bool {
		return lookUp(v.daemon.pid).session == v.daemon.pid
	})
	return v
}

func TestJobDiesWithPmap(t *testing.T) {
	for name := range newStarters {
		t.Run(name, func(t *testing.T) {
			v := startVictim(t, name, "unguarded")
			unix.Kill(v.pmap.pid, unix.SIGKILL)
			v.pmap.ends(t)
			v.job.ends(t)
		})
	}
}

func TestGuardianEndsTheJobsOfAKilledPmap(t *testing.T) {
	for name := range newStarters {
		t.Run(name, func(t *testing.T) {
			v := startVictim(t, name, "guarded")
			guardian := watchPID(t, v.guardian)
			unix.Kill(v.pmap.pid, unix.SIGKILL)
			for _, w := range []watch{v.pmap, v.job, v.grandchild, v.listed, guardian} {
				w.ends(t)
			}
			for what, w := range map[string]watch{
				"a daemon": v.daemon, "what stands in no cell": v.bystander, "a process of another session": v.stranger,
			} {
				if w.endsWithin(0) {
					t.Errorf("%s was killed", what)
				}
			}
		})
	}
}

func TestGuardianStandsApart(t *testing.T) {
	v := startVictim(t, "clone3", "guarded")
	guardian := watchPID(t, v.guardian)
	ignored := signalSet(unix.SIGTERM)
	eventually(t, "it ignores signals", func() bool {
		have, _ := strconv.ParseUint(statusField(t, guardian.pid, "SigIgn"), 16, 64)
		want, _ := strconv.ParseUint(ignored, 16, 64)
		return have&want == want
	})
	if p := lookUp(guardian.pid); p.session != guardian.pid {
		t.Errorf("it is in session %d", p.session)
	}
	if name := statusField(t, guardian.pid, "Name"); name != guardianName {
		t.Errorf("its name is %q", name)
	}
	for fd := range 3 {
		if to := linkOf(guardian.pid, fd); to != "/dev/null" {
			t.Errorf("its fd %d is %s", fd, to)
		}
	}
	for fd, to := range filesOf(guardian.pid) {
		if to == v.lock || to == linkOf(v.pmap.pid, 1) {
			t.Errorf("it holds pmap's %s as fd %d", to, fd)
		}
	}
	for _, sig := range []unix.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1} {
		unix.Kill(guardian.pid, sig)
	}
	unix.Kill(v.pmap.pid, unix.SIGKILL)
	v.grandchild.ends(t)
	guardian.ends(t)
}

func TestGuardianClose(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	table, err := ipc.NewTable(1)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	g, err := StartGuardian(table, "")
	if err != nil {
		t.Fatal(err)
	}
	guardian := watchPID(t, g.pid)
	job := watchPID(t, sitting(t, NewFork(ForkOptions{}), func(spec *Spec) { spec.Cell = table.Cell(0) }))
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if err := g.Close(); err != nil {
		t.Errorf("again: %v", err)
	}
	if !guardian.endsWithin(0) || unix.Kill(guardian.pid, 0) != unix.ESRCH {
		t.Error("the guardian was not reaped")
	}
	if job.endsWithin(0) {
		t.Error("a job ended with it")
	}
}

// What isn't meant for a guardian is not taken for it: the role is played.
func TestEnterLeavesOthersAlone(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, env := range [][]string{
		nil,
		{guardianEnv + "=3"},
		{guardianEnv + "=3", sessionEnv + "=1"}, // fd 3 is no pipe
		{guardianEnv + "=x", sessionEnv + "=1"},
	} {
		cmd := roleCommand("enter")
		cmd.Env = append(cmd.Env, env...)
		cmd.ExtraFiles = []*os.File{null} // whatever fd 3 is here: make has a pipe there
		err := cmd.Run()
		if cmd.ProcessState.ExitCode() != 7 {
			t.Errorf("%q: %v", env, err)
		}
	}
}
